//! The reasons that stand on an sms, as a set.

use std::fmt;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

crate::text_enum! {
    /// A reason that is shown with an sms. Whether it asks for a check depends on the state, see `docs/specs/recon`.
    pub enum Flag {
        /// The same text came twice within an hour, or stating the same moment within 7 days, and stayed two messages.
        Twin = "twin",
        /// The balance does not follow from the message before.
        ChainBreak = "chain_break",
        /// Paired with an order that was created after the deposit.
        Early = "early",
        /// Paired with an order whose time had run out.
        Late = "late",
        /// Would fit only an order that another deposit already holds.
        OrderTaken = "order_taken",
        /// Hidden characters, mixed scripts or look-alikes in the text.
        SuspiciousText = "suspicious_text",
        /// Several templates read different values from it.
        AmbiguousTemplate = "ambiguous_template",
        /// A word near the amount says that no money came.
        Negated = "negated",
        /// The amount is zero.
        ZeroAmount = "zero_amount",
        /// The amount is over the template's maximum.
        OverMaximum = "over_maximum",
        /// A deposit without depositor or reference.
        NoName = "no_name",
        /// More than one order, or more than one deposit, fits.
        Ambiguous = "ambiguous",
        /// No order came within the early window.
        UnmatchedExpired = "unmatched_expired",
        /// Looks like a bank's text but no template reads it.
        FinancialUnparsed = "financial_unparsed",
        /// Its source may have lost messages around it.
        PossibleGap = "possible_gap",
        /// It happened long before it reached us, or before its source was added.
        OldEvent = "old_event",
        /// A stage failed on it until its attempts ran out.
        RetriesExhausted = "retries_exhausted",
        /// Its source gave its id to another text too, which was not stored.
        IdReused = "id_reused",
        /// Taken in by the name of its channel or contact; the number that sent it is not on the phone whitelist.
        UnlistedSender = "unlisted_sender",
    }
}

/// A set of [`Flag`]s, stored as the bits of one integer in the order of [`Flag::ALL`] (only ever append to the enum).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub i64);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);

    /// The set with `flag` in it.
    #[must_use]
    pub const fn with(self, flag: Flag) -> Self {
        Self(self.0 | 1 << (flag as i64))
    }

    /// The set without `flag`.
    #[must_use]
    pub const fn without(self, flag: Flag) -> Self {
        Self(self.0 & !(1 << (flag as i64)))
    }

    /// Whether `flag` is in the set.
    #[must_use]
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << (flag as i64)) != 0
    }

    /// All flags of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The flags in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.iter().copied().filter(move |flag| self.has(*flag))
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        flags.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Flag::as_str)).finish()
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for flag in self.iter() {
            list.serialize_element(flag.as_str())?;
        }
        list.end()
    }
}

impl utoipa::PartialSchema for Flags {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ArrayBuilder::new().items(Flag::schema()).into()
    }
}

impl utoipa::ToSchema for Flags {}
