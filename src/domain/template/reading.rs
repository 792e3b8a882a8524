//! What a template read from a text.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::flags::Flags;
use crate::domain::money::Money;
use crate::domain::sms::Direction;
use crate::domain::time::UnixMs;

/// The values that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Fields {
    /// The money that moved; never negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The balance after it; may be below zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
    /// The depositor as the bank wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The own account: from the text, else the template's. `*` for every hidden digit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// A payment reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The kind of transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The bank that the money came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_bank: Option<String>,
    /// A memo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
    /// When the text says that it happened; `None` where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<UnixMs>,
    /// The text named no seconds, so that `occurred_at` is the start of a minute.
    pub to_the_minute: bool,
}

impl Fields {
    /// The values as they are shown, by field: money in major units, times in RFC 3339.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let money = |money: Option<Money>| money.map(Money::to_major);
        let shown = [
            ("amount", money(self.amount)),
            ("balance", money(self.balance)),
            ("name", self.name.clone()),
            ("account", self.account.clone()),
            ("reference", self.reference.clone()),
            ("kind", self.kind.clone()),
            ("sender_bank", self.sender_bank.clone()),
            ("memo", self.memo.clone()),
            ("occurred_at", self.occurred_at.map(|at| at.to_string())),
        ];
        shown.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
    }
}

/// One template's reading of one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Which way the template says that the money went.
    pub direction: Direction,
    /// What was read.
    pub fields: Fields,
    /// Where each field was read, as first and last-plus-one **character** of the normalised text. Also `date`, `time`
    /// and `datetime`, which `fields` holds as `occurred_at`.
    pub spans: BTreeMap<String, (usize, usize)>,
    /// Why it is not to be booked as it stands: `negated`, `zero_amount`, `over_maximum`, `ambiguous_template` (the
    /// template can read the text in two ways).
    pub flags: Flags,
}
