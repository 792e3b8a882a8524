//! Templates made of examples, and templates tried on stored messages, over HTTP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::template::TemplateTestResult;
use crate::domain::json_object;
use crate::domain::sms::Direction;
use crate::domain::template::TemplateSpec;
use crate::domain::template::compare::Change;
use crate::domain::time::UnixMs;

/// The most messages of one back-test.
pub const BACKTEST_MAX: u64 = 5_000;

/// Messages with their values marked, from which a template is to be made.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuggestInput {
    /// 1 to 5 messages of one kind; two with different values are enough.
    #[serde(deserialize_with = "json_object::many")]
    #[schema(min_items = 1, max_items = 5)]
    pub examples: Vec<SuggestExample>,
    /// ISO 4217; KRW where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Z]{3}$", example = "KRW")]
    pub currency: Option<String>,
    /// IANA name; Asia/Seoul where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Asia/Seoul")]
    pub timezone: Option<String>,
    /// The template's senders; all (`*`) where none are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["15881688"]))]
    pub senders: Option<Vec<String>>,
    /// The template's direction; what the words of the examples say where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
}

/// A message with its values marked.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuggestExample {
    /// The text as a phone would send it.
    #[schema(example = "[KB]04/22 14:07\n홍길동\n입금\n50,000")]
    pub text: String,
    /// The values by field, as they stand in the text.
    #[schema(example = json!({"amount": "50,000", "name": "홍길동"}))]
    pub fields: BTreeMap<String, MarkInput>,
}

/// A marked value, with its place where it stands in the text more than once.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged, expecting = "a string, or an object of value, start and end")]
pub enum MarkInput {
    /// The value.
    Value(String),
    /// The value and its place.
    #[serde(deserialize_with = "json_object::one")]
    Placed(PlacedMark),
}

/// A marked value and its place.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlacedMark {
    /// The value.
    pub value: String,
    /// Its first character of the text, from 0.
    pub start: usize,
    /// The character behind its last.
    pub end: usize,
}

/// A suggested template. It is not saved.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SuggestDone {
    /// The template; the examples are its samples.
    pub template: TemplateSpec,
    /// What saving it would make us notice.
    pub warnings: Vec<String>,
    /// What it reads from each example.
    pub results: Vec<TemplateTestResult>,
    /// What it would do to stored messages of its senders.
    pub history: SuggestHistory,
}

/// What a suggested template would do to stored messages, beside the templates in use.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SuggestHistory {
    /// Messages looked at: the newest of its senders.
    pub examined: u64,
    /// Of these, those that it fits.
    pub matched: u64,
    /// Of these, those that no template read.
    pub new: u64,
    /// Those that would be read otherwise than they were.
    pub changed: u64,
    /// Some of them, those that change first.
    pub samples: Vec<TrialSample>,
}

/// Which stored messages a template is tried on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestInput {
    /// Messages received since then; all where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<UnixMs>,
    /// At most so many messages, 1 to 5,000; 1,000 where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 5000)]
    pub limit: Option<u64>,
    /// Where an earlier back-test ended: goes on with older messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What the templates in use, with this one, would make of stored messages that it read or would read.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct BacktestDone {
    /// Messages looked at, from the newest.
    pub examined: u64,
    /// Messages that no template read, and that this one would.
    pub new: u64,
    /// Messages that this one read, and that no template would read.
    pub lost: u64,
    /// Messages that would be read otherwise.
    pub changed: u64,
    /// Some of them.
    pub samples: Vec<TrialSample>,
    /// What to pass as `cursor` to go on with older messages; null at the end.
    pub next_cursor: Option<String>,
}

/// A stored message and what a template does to it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TrialSample {
    /// The message.
    pub sms_id: i64,
    /// What happens.
    pub change: Change,
    /// When the phone received it.
    pub received_at: UnixMs,
    /// Its text.
    pub text: String,
    /// What was read, by field.
    pub before: BTreeMap<String, String>,
    /// What would be read, by field.
    pub after: BTreeMap<String, String>,
    /// The reasons that would stand on it.
    pub flags: crate::domain::flags::Flags,
}
