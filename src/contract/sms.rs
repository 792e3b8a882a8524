//! Messages as operators see them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::chain::ChainView;
use crate::domain::flags::Flags;
use crate::domain::json_object;
use crate::domain::matching::{Explanation, NearMiss};
use crate::domain::money::Money;
use crate::domain::sms::{CheckDecision, Direction, Review, SmsState, StateChoice};
use crate::domain::source::{SourceChoice, SourceKind};
use crate::domain::time::UnixMs;

/// An sms in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SmsItem {
    /// Ours.
    pub id: i64,
    /// Where it stands in the pipeline.
    pub state: SmsState,
    /// What people said of it, or must say.
    pub review: Review,
    /// Who sent it, as the source wrote it.
    pub sender: String,
    /// The receiving handset.
    pub line: Option<String>,
    /// The text; null once retention has purged it.
    pub text: Option<String>,
    /// When the phone received it.
    pub received_at: UnixMs,
    /// The time in the text, else `received_at`.
    pub occurred_at: UnixMs,
    /// Which way the money went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// How much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// The balance after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub balance: Option<Money>,
    /// Who paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub depositor: Option<String>,
    /// Our account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The template that read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<i64>,
    /// The order it is matched with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The reasons that stand on it.
    pub flags: Flags,
    /// The kinds of source that brought it.
    pub sources: Vec<SourceKind>,
    /// When we stored it.
    pub stored_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
    /// The person's check, where there was one.
    pub check: Option<CheckView>,
    /// What its sources call it.
    pub origin: SmsOrigin,
    /// What a check must name.
    pub version: i64,
}

/// What its sources call an sms, and what an old server, from which it was imported, had written of it beside the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SmsOrigin {
    /// The phone's name at Pushbullet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_iden: Option<String>,
    /// The conversation's id on that phone; of a Telegram post its chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// The source's own id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_id: Option<String>,
    /// The contact's or channel's name that the sender is known by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Imported without any money: the currency that stood beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Imported while people still had to look at it, and unchanged since: what they had written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<OldCheck>,
}

/// What people of an old server had written of an sms without deciding it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct OldCheck {
    /// Who.
    pub by: Option<String>,
    /// When.
    pub at: Option<UnixMs>,
    /// What they noted.
    pub note: Option<String>,
}

/// One delivery of an sms.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SightingView {
    /// Ours.
    pub id: i64,
    /// The source: `shooter/3`.
    pub source: String,
    /// The wire format.
    pub format: String,
    /// The source's own id of it.
    pub external_id: Option<String>,
    /// When the phone received it.
    pub received_at: UnixMs,
    /// When we stored it.
    pub stored_at: UnixMs,
    /// The body as it arrived, where it is more than the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// What a template read.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ParseView {
    /// The template.
    pub template_id: i64,
    /// Its version at that time.
    pub template_version: i64,
    /// Which way the money went.
    pub direction: Direction,
    /// The fields as text, by name.
    pub fields: BTreeMap<String, String>,
}

/// The matcher's latest decision.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MatchView {
    /// matched, ambiguous, unmatched or manual.
    pub decision: String,
    /// The rule and its version.
    pub rule: String,
    /// The order, where matched.
    pub order_id: Option<String>,
    /// When it was decided.
    pub decided_at: UnixMs,
    /// Candidates with the verdict of each criterion, and why the runner-up lost.
    #[serde(flatten)]
    pub explanation: Explanation,
    /// What nearly fits an unmatched deposit now, nearest first. Suggestions: nothing is matched by them.
    pub near_misses: Vec<NearMiss>,
}

/// A failed attempt of a stage.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct AttemptView {
    /// When.
    pub at: UnixMs,
    /// The loop that failed.
    pub stage: String,
    /// What went wrong.
    pub error: String,
}

/// One change of an sms.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct HistoryView {
    /// When.
    pub at: UnixMs,
    /// The loop or the operator.
    pub actor: String,
    /// The state before.
    pub from: String,
    /// The state after.
    pub to: String,
    /// The review after.
    pub review: String,
    /// Why.
    pub reason: Option<String>,
}

/// What a source said of an sms later. It changed nothing of it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct NoteView {
    /// When it happened.
    pub at: UnixMs,
    /// The source: `telegram/3`.
    pub source: String,
    /// What happened: `edited`.
    pub kind: String,
    /// The text as it read then; null where it cannot be shown, or was purged.
    pub text: Option<String>,
}

/// Who checked an sms.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct CheckView {
    /// Who.
    pub by: String,
    /// When.
    pub at: UnixMs,
    /// What they noted.
    pub note: Option<String>,
}

/// An sms with everything that is known of it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SmsDetail {
    /// As in lists.
    #[serde(flatten)]
    pub sms: SmsItem,
    /// Every delivery.
    pub sightings: Vec<SightingView>,
    /// What the template read.
    pub parse: Option<ParseView>,
    /// What the matcher decided.
    #[serde(rename = "match")]
    pub decision: Option<MatchView>,
    /// Its link in the balance chain of its account; null where it tells of no movement for certain.
    pub chain: Option<ChainView>,
    /// Its twins: other messages with the same text, received within an hour, or stating the same moment within 7 days.
    pub twins: Vec<i64>,
    /// What sources said of it later, oldest first.
    pub notes: Vec<NoteView>,
    /// Failed attempts.
    pub attempts: Vec<AttemptView>,
    /// Every change, oldest first.
    pub history: Vec<HistoryView>,
}

/// Which messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SmsFilter {
    /// In this state, or in one of these: `received,accepted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "unparsed")]
    #[param(value_type = Option<String>, example = "unparsed")]
    pub state: Option<StateChoice>,
    /// With this review.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// From this sender, in any writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Brought by this kind of source (`shooter`) or this source (`shooter/3`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "shooter/3")]
    #[param(value_type = Option<String>, example = "shooter/3")]
    pub source: Option<SourceChoice>,
    /// Received on this line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Matched with this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Read by this template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<i64>,
    /// Has this in its text, sender or depositor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Received at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<UnixMs>,
    /// Received before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<UnixMs>,
}

/// Which messages to send back to `received`: either of the two.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetInput {
    /// These, up to 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 1000)]
    pub ids: Option<Vec<i64>>,
    /// All that the filter finds.
    #[serde(default, deserialize_with = "json_object::optional", skip_serializing_if = "Option::is_none")]
    pub filter: Option<SmsFilter>,
}

/// A message that was not reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResetSkipped {
    /// Which.
    pub id: i64,
    /// Why.
    pub reason: String,
}

/// What became of a reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResetDone {
    /// How many went back to `received`.
    pub reset: u64,
    /// Those that did not.
    pub skipped: Vec<ResetSkipped>,
    /// Of those that did, the held ones, for the audit.
    #[serde(skip)]
    pub released: Vec<i64>,
}

/// An operator's check. It writes the review state and, if given, a manual order link. It moves no money and cannot.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckInput {
    /// What the operator decides.
    pub decision: CheckDecision,
    /// The order to link it with by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 128)]
    pub order_id: Option<String>,
    /// Why, for the record: up to 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub note: Option<String>,
    /// The version that the operator saw.
    pub version: i64,
}
