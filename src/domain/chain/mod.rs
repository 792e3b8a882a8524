//! The balance chain: where a bank's texts carry the balance after each movement, every one of them proves the one before it.
//! A link that does not follow means that a message is missing, or that the text is forged (ADR-010).
//!
//! Pure: [`judge`] takes where an account stands and the links of its next minute, and says of each link whether it follows.

mod judge;
mod words;

use serde::{Deserialize, Serialize};

use super::time::UnixMs;

pub use judge::judge;
pub use words::{Told, sentence};

/// Links of one minute that are put in order together, at most: a minute with more of them is judged in pieces.
pub const MINUTE_LINKS_MAX: usize = 256;

/// So many links follow a break before what they follow from counts as the account's balance, and what stood before the
/// break is let go.
pub const BRANCH_LINKS: u8 = 8;

crate::text_enum! {
    /// What the chain says of a link.
    pub enum Verdict {
        /// The account's first balance: there is nothing to compare it with.
        First = "first",
        /// It follows from a balance before it.
        Sound = "sound",
        /// It states no balance, and texts of its template on this account never did before.
        NoBalance = "no_balance",
        /// Its balance follows from none before it.
        Broken = "broken",
        /// It states no balance, although texts of its template on this account do.
        BalanceAbsent = "balance_absent",
        /// It was one of the last two, and a person took it as it stands.
        Accepted = "accepted",
    }
}

impl Verdict {
    /// Whether a person has to look: nothing that is so is matched on its own.
    #[must_use]
    pub const fn is_break(self) -> bool {
        matches!(self, Self::Broken | Self::BalanceAbsent)
    }
}

/// A movement on an account, as its text tells it. Amounts in minor units of the account's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The message.
    pub sms_id: i64,
    /// When it was received: the order within a minute, where the balances give none.
    pub received_at: UnixMs,
    /// What moved: below zero for a withdrawal.
    pub moved: i64,
    /// The balance after it, where the text says.
    pub balance: Option<i64>,
    /// The template that read it.
    pub template_id: i64,
    /// A person took it as it stands.
    pub accepted: bool,
}

impl Link {
    /// The balance that it must have come upon; none where it states none, or where no number is that large.
    #[must_use]
    pub fn before(&self) -> Option<i64> {
        self.balance?.checked_sub(self.moved)
    }
}

/// A balance, and the message that it is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The message.
    pub sms_id: i64,
    /// What it moved.
    pub moved: i64,
    /// The balance after it.
    pub balance: i64,
}

/// What the latest links say, as long as nothing has proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// The balance as stated, or worked out over a link without one.
    pub at: Point,
    /// How many links have followed since the break; none where there was no break, only links without a balance.
    pub followers: Option<u8>,
}

/// Where an account stands after some link: all that the verdict on the next one depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// The last sound balance.
    pub sound: Option<Point>,
    /// A later one that is not proved.
    pub tip: Option<Tip>,
    /// The templates whose texts carried a balance, in their order.
    pub carriers: Vec<i64>,
}

impl Stand {
    /// The balance that the next link is held against first.
    #[must_use]
    pub fn latest(&self) -> Option<Point> {
        self.tip.map(|tip| tip.at).or(self.sound)
    }
}

/// A link with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The message.
    pub sms_id: i64,
    /// The verdict.
    pub verdict: Verdict,
    /// The balance that it was held against: the one it follows from, else the latest.
    pub previous: Option<Point>,
    /// An earlier message that states the same movement and the same balance.
    pub repeats: Option<i64>,
    /// Where the account stands after it.
    pub stand: Stand,
}

#[cfg(test)]
mod tests;
