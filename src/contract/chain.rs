//! The balance chain as operators see it.

use serde::{Deserialize, Serialize};

use super::sms::CheckView;
use crate::domain::chain::Verdict;
use crate::domain::money::Money;
use crate::domain::sms::{Direction, SmsState};
use crate::domain::time::UnixMs;

/// A message's link in the balance chain of its account.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ChainView {
    /// The account, where the text or its template names one.
    pub account: Option<String>,
    /// What the chain says of it.
    pub verdict: Verdict,
    /// Whether it is a break that waits for a person.
    pub open: bool,
    /// The message that it was held against; null for the account's first balance.
    pub previous_sms_id: Option<i64>,
    /// The balance after that one.
    pub previous_balance: Option<Money>,
    /// What it moved: below zero for a withdrawal.
    pub moved: Money,
    /// The balance that would follow: `previous_balance` and `moved`.
    pub expected: Option<Money>,
    /// The balance that the text states.
    pub stated: Option<Money>,
    /// By how much `stated` differs from `expected`: the movement that is missing. Null where it follows.
    pub missing: Option<Money>,
    /// An earlier message that states the same movement and the same balance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats_sms_id: Option<i64>,
    /// All this in a sentence.
    #[schema(example = "a movement of +30,000 KRW is missing between #41 and #42, or #42 is forged")]
    pub sentence: String,
    /// Who took it as it stands; null where nobody did.
    pub accepted: Option<CheckView>,
}

/// A break: a message whose balance does not follow.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ChainBreak {
    /// The message.
    pub sms_id: i64,
    /// Its state.
    pub state: SmsState,
    /// Who sent it, as the source wrote it.
    pub sender: String,
    /// The receiving handset.
    pub line: Option<String>,
    /// Which way the money went.
    pub direction: Option<Direction>,
    /// The time in the text, else `received_at`.
    pub occurred_at: UnixMs,
    /// When the phone received it.
    pub received_at: UnixMs,
    /// The time in the text of the message that it was held against, or when that was received.
    pub previous_occurred_at: Option<UnixMs>,
    /// The link.
    #[serde(flatten)]
    pub chain: ChainView,
    /// The version of the message, which an acceptance may name.
    pub version: i64,
}

/// Which breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChainBreakFilter {
    /// On this account, as the texts write it; punctuation is ignored.
    pub account: Option<String>,
    /// Received on this line.
    pub line: Option<String>,
    /// From this sender, in any writing.
    pub sender: Option<String>,
}

/// An operator takes a break as it stands: its message is released, and its balance is the account's from then on.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptBreakInput {
    /// Why, for the record: 1 to 1,000 characters.
    #[schema(min_length = 1, max_length = 1000)]
    pub note: String,
    /// The version of the message that the operator saw; without it, as it stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}
