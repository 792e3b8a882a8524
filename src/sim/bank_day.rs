//! A day of made-up banks: what their customers order and pay, what the banks text about it and which phone hears it, with
//! everything that goes wrong on such a day. The same seed gives the same day.
//!
//! Each step says what must become of it ([`Fate`]): the day is a script and its own oracle. Names, accounts and banks are
//! fictional; the shapes are those that Korean banks use.

mod banks;
mod books;
mod script;

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::time::UnixMs;

pub use banks::{Bank, banks};
pub use script::script;

/// What the day is like.
#[derive(Clone, Debug)]
pub struct DayPlan {
    /// Another seed, another day.
    pub seed: u64,
    /// When it begins.
    pub start: UnixMs,
    /// How long it lasts: the steps are spread over it, however short it is.
    pub length: Duration,
    /// About how many deposits come.
    pub deposits: usize,
    /// The zone that the banks' clocks show.
    pub time_zone: TimeZone,
    /// What there was on the days before it: numbers and amounts go on from there, so that no two days share one.
    pub before: Counts,
}

/// How much there was of what is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages.
    pub messages: u64,
    /// Orders.
    pub orders: u64,
}

impl Counts {
    /// What there is after the steps of a day.
    #[must_use]
    pub fn after(mut self, steps: &[Step]) -> Self {
        for step in steps {
            match step.what {
                Event::Order(_) => self.orders += 1,
                Event::Sms(_) => self.messages += 1,
                Event::FallsSilent(_) => {}
            }
        }
        self
    }
}

/// A receiving handset of the shop, by its place in [`LINES`].
pub type Line = usize;

/// The numbers of the shop's handsets.
pub const LINES: [&str; 3] = ["01011112222", "01033334444", "01055556666"];

/// The handset that falls silent half-way: what its bank texts after that is never heard.
pub const FALLS_SILENT: Line = 2;

/// A step of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: UnixMs,
    /// What happens.
    pub what: Event,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A customer orders, or an order changes.
    Order(SimOrder),
    /// A bank, or somebody who pretends to be one, texts a handset.
    Sms(SimSms),
    /// A handset hears nothing from now on.
    FallsSilent(Line),
}

/// An order as the shop's wallet tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimOrder {
    /// Its id.
    pub order_id: String,
    /// Who ordered.
    pub user_id: String,
    /// Won.
    pub amount: i64,
    /// In whose name the customer pays.
    pub depositor: String,
    /// When the customer ordered.
    pub created_at: UnixMs,
    /// Until when the payment was expected, where the shop says so.
    pub expires_at: Option<UnixMs>,
}

/// An SMS on its way to a handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimSms {
    /// Counts the messages, from one day to the next.
    pub number: u64,
    /// The handset.
    pub line: Line,
    /// The number that it says it is from.
    pub sender: String,
    /// The text.
    pub text: String,
    /// What must become of it.
    pub fate: Fate,
}

/// What must become of an SMS once the day is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is paired with this order.
    Matched(String),
    /// It is paired with this order, which came long after it: people have a look.
    Early(String),
    /// It is paired with this order, whose time had run out: people have a look.
    Late(String),
    /// One of two equal deposits of two equal orders: which is whose cannot be known, so that people decide, also where only one
    /// of the two was heard.
    Twin,
    /// A deposit that nobody ordered.
    Unmatched,
    /// A deposit whose balance does not follow: somebody forged it, or the message before it was lost on its way. It is held back.
    Broken,
    /// A withdrawal.
    Ignored,
    /// Its sender is on no whitelist.
    Rejected,
    /// It looks like money and no template reads it.
    Unparsed,
    /// Its handset is silent: it never comes.
    NeverHeard,
}

#[cfg(test)]
mod tests;
