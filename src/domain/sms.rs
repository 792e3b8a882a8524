//! An sms: its states, its review, and what is shown of it.

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
