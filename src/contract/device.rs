//! Phones that post their SMS to us ("shooter devices").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::time::UnixMs;

/// A device to be added.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceInput {
    /// What operators call it: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, example = "counter-1")]
    pub name: String,
    /// Its own number or label; messages of one line are compared across sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub line: Option<String>,
    /// A signing secret: with it, unsigned messages are refused. `whsec_` + base64, or any other string as its UTF-8 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub secret: Option<String>,
}

/// A device.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Device {
    /// Ours.
    pub id: i64,
    /// What operators call it.
    pub name: String,
    /// Its own number or label.
    pub line: Option<String>,
    /// Whether its messages flow; those of an untrusted device are held.
    pub trusted: bool,
    /// Whether it registered itself.
    pub enrolled: bool,
    /// Whether its messages must be signed.
    pub signed: bool,
    /// When it last delivered.
    pub last_seen_at: Option<UnixMs>,
    /// When it was added.
    pub created_at: UnixMs,
}

/// A device just added, with what is shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewDevice {
    /// The device.
    #[serde(flatten)]
    pub device: Device,
    /// The token of its URLs. It cannot be shown again.
    pub device_token: String,
    /// The URL to type into the phone's app, by format.
    pub ingest_urls: BTreeMap<String, String>,
}

/// Whether a device is to be trusted.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustInput {
    /// Trusted: held messages flow. Not: its messages that are not final are held again.
    pub trusted: bool,
}
