//! A template as operators write it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::json_object;
use crate::domain::sms::Direction;
use crate::domain::time::UnixMs;

crate::text_enum! {
    /// The language of a template's pattern.
    pub enum TemplateKind {
        /// An example text with its fields marked; see `docs/reference/recon/templates.md`.
        Typed = "typed",
        /// A Rust regex whose named groups are the fields.
        Regex = "regex",
    }
}

/// A recharge template as it is written, stored and sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateSpec {
    /// What operators call it: 1 to 100 characters.
    #[schema(example = "KB deposit")]
    pub name: String,
    /// The language of `pattern`.
    pub kind: TemplateKind,
    /// What a text must look like, from its first to its last character.
    #[schema(example = "[KB]{date} {time}\n{account}\n{name}\n입금\n{amount}[[\n잔액{balance}]]")]
    pub pattern: String,
    /// The senders it is tried for, or `*` for all.
    #[schema(min_items = 1, example = json!(["15881688"]))]
    pub senders: Vec<String>,
    /// What a text of the template says.
    pub direction: Direction,
    /// ISO 4217 code of its amounts.
    #[schema(pattern = "^[A-Z]{3}$", example = "KRW")]
    pub currency: String,
    /// IANA name of the time zone of its times.
    #[schema(example = "Asia/Seoul")]
    pub timezone: String,
    /// The own account, where the text does not name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Of several templates that read the same, the one with the highest priority is named; then the oldest.
    #[serde(default)]
    pub priority: i32,
    /// Whether the parser uses it.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The bank cuts names after so many characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 40)]
    pub name_max: Option<u32>,
    /// Amounts above go to review: a decimal string in major units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "5000000")]
    pub max_amount: Option<String>,
    /// Texts that it must read, at every save.
    #[serde(default, deserialize_with = "json_object::many", skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<TemplateSample>,
}

/// A text and what the template must read from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateSample {
    /// The text as a phone would send it.
    pub text: String,
    /// The values by field, as `/internal/v2/templates/test` shows them (`"amount":"50000"`), or as they stand in the
    /// text. Fields that are not named are not compared.
    pub expect: BTreeMap<String, String>,
    /// When the text came, for dates without a year; without it `occurred_at` cannot be expected of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<UnixMs>,
}

fn yes() -> bool {
    true
}
