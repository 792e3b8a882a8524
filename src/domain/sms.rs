//! An sms: its states, its review, and what is shown of it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text_enum::UnknownWord;

crate::text_enum! {
    /// Where an sms stands in the pipeline.
    pub enum SmsState {
        /// Stored; the whitelist has not been asked yet.
        Received = "received",
        /// From a device that is not trusted yet.
        Held = "held",
        /// Undecodable, encrypted without a key, or too large; the raw text is kept.
        Quarantined = "quarantined",
        /// Its sender is not on the phone whitelist.
        Rejected = "rejected",
        /// Its sender is on the whitelist; waits for the parser.
        Accepted = "accepted",
        /// No deposit: a withdrawal, or not a bank's text.
        Ignored = "ignored",
        /// A bank's text that no template reads for certain.
        Unparsed = "unparsed",
        /// A deposit was read; waits for the matcher.
        Parsed = "parsed",
        /// Paired with exactly one order.
        Matched = "matched",
        /// Several pairs are possible.
        Ambiguous = "ambiguous",
        /// No order fits; waits for one.
        Unmatched = "unmatched",
        /// The wallet has credited the order.
        Settled = "settled",
    }
}

impl SmsState {
    /// Whether an sms in this state may be written into `next`: the table of all transitions there are (INV-S5). To stay is
    /// always allowed: a row changes in other ways, too.
    ///
    /// - `received`: the whitelist lets it in or not; what has no text cannot be read; its device loses its trust.
    /// - `held`: somebody vouches for it. Nothing was read of it, so that it can go nowhere else.
    /// - `quarantined` and `rejected`: from the start again, with a text that can be read or a sender that is listed.
    /// - `accepted`: the parser says what it is, or fails on it each time.
    /// - `ignored`: a person sends it back, after a template was mended. What our parser ignores is no deposit.
    /// - `unparsed`: a person sends it back, after a template was added.
    /// - `quarantined`, `rejected`, `ignored` and `unparsed` become `matched` too: an imported row keeps the amount that the old
    ///   server read, whatever its state, and a person may link it. Of our own rows none reads as a deposit there (INV-M15).
    /// - `parsed`, `ambiguous` and `unmatched`: the matcher decides, again with each change of its bucket; a person may link.
    /// - `matched`: credited; or its pair ends, and it is decided again, also by a person who rejects it.
    /// - `settled`: never left. Its money was credited, and must not be credited with another order (INV-M12).
    ///
    /// What was settled had a pair before: nothing but `matched` becomes `settled`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use SmsState::{
            Accepted, Ambiguous, Held, Ignored, Matched, Parsed, Quarantined, Received, Rejected, Settled, Unmatched,
            Unparsed,
        };
        let others: &[Self] = match self {
            Received => &[Accepted, Rejected, Quarantined, Held],
            Held => &[Received],
            Quarantined | Rejected | Ignored => &[Received, Matched],
            Accepted => &[Ignored, Unparsed, Parsed, Quarantined, Held, Received],
            Unparsed => &[Matched, Held, Received],
            Parsed => &[Matched, Ambiguous, Unmatched, Held, Received],
            Ambiguous => &[Matched, Unmatched, Parsed, Held, Received],
            Unmatched => &[Matched, Ambiguous, Parsed, Held, Received],
            // Unparsed: its pair ends, and it reads as no deposit.
            Matched => &[Settled, Ambiguous, Unmatched, Parsed, Unparsed, Held, Received],
            Settled => &[],
        };
        self == next || others.contains(&next)
    }
}

crate::text_enum! {
    /// What people have said of an sms, or must say.
    pub enum Review {
        /// Nobody needs to look.
        None = "none",
        /// Somebody must look.
        NeedCheck = "need_check",
        /// An operator confirmed it.
        Confirmed = "confirmed",
        /// An operator refused it.
        Rejected = "rejected",
    }
}

crate::text_enum! {
    /// Which way the money went, or that the text is not about money.
    pub enum Direction {
        /// Money came in.
        Deposit = "deposit",
        /// Money went out.
        Withdrawal = "withdrawal",
        /// A text to be left alone.
        Ignore = "ignore",
    }
}

crate::text_enum! {
    /// What an operator decides in a check.
    pub enum CheckDecision {
        /// It is right as it stands, or right with the given order.
        Confirm = "confirm",
        /// It is not to be used.
        Reject = "reject",
        /// Take the last decision back.
        Reopen = "reopen",
    }
}

/// One state, or several: which messages a filter finds. Written with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChoice(Vec<SmsState>);

impl StateChoice {
    /// The states, each once; never none.
    #[must_use]
    pub fn states(&self) -> &[SmsState] {
        &self.0
    }

    /// Whether messages in this state are among those that are meant.
    #[must_use]
    pub fn names(&self, state: SmsState) -> bool {
        self.0.contains(&state)
    }
}

impl From<SmsState> for StateChoice {
    fn from(state: SmsState) -> Self {
        Self(vec![state])
    }
}

impl FromStr for StateChoice {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut states = text.split(',').map(str::parse).collect::<Result<Vec<SmsState>, _>>()?;
        states.sort_unstable();
        states.dedup();
        Ok(Self(states))
    }
}

impl fmt::Display for StateChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|state| state.as_str()).collect();
        f.write_str(&words.join(","))
    }
}

impl Serialize for StateChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StateChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_of_states_is_one_or_several_known_ones() {
        for (text, told) in
            [("unparsed", "unparsed"), ("accepted,received", "received,accepted"), ("held,held", "held")]
        {
            let choice: StateChoice = text.parse().unwrap();
            assert_eq!(choice.to_string(), told);
            assert_eq!(serde_json::from_str::<StateChoice>(&format!("{text:?}")).unwrap(), choice);
        }
        for text in ["", "received,", "received, accepted", "nobody", "RECEIVED"] {
            let said = text.parse::<StateChoice>().unwrap_err().to_string();
            assert!(said.contains("received, held, quarantined"), "{said}");
        }
    }
}
