//! Recharge templates over HTTP.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::json_object;
use crate::domain::template::TemplateSpec;
use crate::domain::time::UnixMs;

/// A template with its version and what saving it made us notice.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TemplateView {
    /// Ours.
    pub id: i64,
    /// Grows with every change.
    pub version: i64,
    /// The template itself.
    #[serde(flatten)]
    pub spec: TemplateSpec,
    /// What to think over: literal digits, overlaps.
    pub warnings: Vec<String>,
    /// When it was added.
    pub created_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
}

/// Texts to try a template on.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateTestInput {
    /// The template; it is not saved.
    #[serde(deserialize_with = "json_object::one")]
    pub template: TemplateSpec,
    /// 1 to 100 texts.
    #[schema(min_items = 1, max_items = 100)]
    pub texts: Vec<String>,
}

/// What a template reads from one text.
#[derive(Clone, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct TemplateTestResult {
    /// Whether the template fits.
    pub matched: bool,
    /// What it reads, by field.
    pub fields: BTreeMap<String, String>,
    /// Where it reads it: first and last-plus-one character of the normalised text, by field.
    pub spans: BTreeMap<String, (usize, usize)>,
    /// The reasons that would stand on the message.
    pub flags: crate::domain::flags::Flags,
}

/// What a template reads from each text, in their order.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TemplateTestDone {
    /// One for each text.
    pub results: Vec<TemplateTestResult>,
}
