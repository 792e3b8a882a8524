//! The phone whitelist.

use serde::{Deserialize, Serialize};

use crate::domain::time::UnixMs;

/// A sender to be whitelisted.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneInput {
    /// A number in any writing, or an alphanumeric sender: 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64, example = "1588-1688")]
    pub phone: String,
    /// What operators call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub label: Option<String>,
    /// Whose number it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub bank: Option<String>,
}

/// A whitelisted sender.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Phone {
    /// Ours.
    pub id: i64,
    /// As it was written.
    pub phone: String,
    /// What operators call it.
    pub label: Option<String>,
    /// Whose number it is.
    pub bank: Option<String>,
    /// When it was added.
    pub created_at: UnixMs,
}
