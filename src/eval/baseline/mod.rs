//! Matchers written from the behaviour of known systems, to decide the same days as ours.
//!
//! Each is a pure choice: a deposit and the orders that are open, oldest first; the order that it credits, or none. They are
//! told what our own parser read, each message once: they are spared forged senders, repeated deliveries and unreadable
//! texts, so that only the choice is compared. What they choose is credited at once, as those systems do.

mod amount_in_window;
mod field_rules;
mod first_fit;
mod newest_pending;
mod unique_amount;

#[cfg(test)]
mod tests;

use crate::domain::money::Money;
use crate::domain::time::UnixMs;

/// What happens to a baseline.
#[derive(Clone, Debug)]
pub enum Event {
    /// An order is placed, or changed.
    Order(Wanted),
    /// An order is no longer to be paid.
    Closed(String),
    /// A deposit is heard of.
    Deposit {
        /// Its message's place in the day.
        message: usize,
        /// What was read.
        facts: Facts,
    },
}

/// An order that waits for its deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its id.
    pub order_id: String,
    /// What is to be paid.
    pub money: Money,
    /// The name that was announced.
    pub name: String,
    /// The code that was announced.
    pub reference: Option<String>,
    /// When it was placed.
    pub created_at: UnixMs,
    /// Until when it is payable.
    pub expires_at: UnixMs,
}

/// A deposit as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What was paid.
    pub money: Money,
    /// When, by the text.
    pub at: UnixMs,
    /// Who paid, as the text has it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A way to choose an order for a deposit.
#[derive(Clone, Copy, Debug)]
pub struct Baseline {
    /// What the table calls it.
    pub name: &'static str,
    /// How it chooses, for people.
    pub rule: &'static str,
    /// The place of the order that is credited, of those that are open, oldest first.
    choose: fn(&Facts, &[Wanted]) -> Option<usize>,
}

/// All of them.
pub const BASELINES: [Baseline; 5] = [
    Baseline {
        name: "unique amount",
        rule: "the one payable order of exactly this amount",
        choose: unique_amount::choose,
    },
    Baseline {
        name: "first fit",
        rule: "the oldest order of this amount whose name stands in the text",
        choose: first_fit::choose,
    },
    Baseline { name: "newest pending", rule: "the newest order of this amount", choose: newest_pending::choose },
    Baseline {
        name: "amount in a window",
        rule: "the first order of this amount that was placed in the 30 minutes before",
        choose: amount_in_window::choose,
    },
    Baseline {
        name: "field rules",
        rule: "rules in their order, amounts within 1 %, days within three; the first hit",
        choose: field_rules::choose,
    },
];

impl Baseline {
    /// What it credits on a day: messages and orders, in the order of time. A deposit that nothing fits waits, and is tried
    /// again with every order that comes.
    #[must_use]
    pub fn credits<'a>(&self, events: impl Iterator<Item = &'a Event>) -> Vec<(usize, String)> {
        let mut open: Vec<Wanted> = Vec::new();
        let mut waiting: Vec<(usize, &Facts)> = Vec::new();
        let mut credits = Vec::new();
        let mut credited: Vec<String> = Vec::new();
        for event in events {
            match event {
                Event::Closed(order_id) => open.retain(|order| order.order_id != *order_id),
                Event::Order(order) if credited.contains(&order.order_id) => {}
                Event::Order(order) => {
                    open.retain(|known| known.order_id != order.order_id);
                    open.push(order.clone());
                    open.sort_by_key(|order| order.created_at);
                }
                Event::Deposit { message, facts } => waiting.push((*message, facts)),
            }
            waiting.retain(|(message, facts)| {
                let Some(place) = (self.choose)(facts, &open) else { return true };
                let order = open.remove(place);
                credited.push(order.order_id.clone());
                credits.push((*message, order.order_id));
                false
            });
        }
        credits
    }
}
