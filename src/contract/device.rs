//! Phones that post their SMS to us ("shooter devices").

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::time::UnixMs;

/// A device to be added.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
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

impl fmt::Debug for DeviceInput {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceInput")
            .field("name", &self.name)
            .field("line", &self.line)
            .field("signed", &self.secret.is_some())
            .finish_non_exhaustive()
    }
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
    /// Whether it registered itself and has no token of its own yet: trust gives it one.
    pub enrolled: bool,
    /// Whether its messages must be signed.
    pub signed: bool,
    /// When it last delivered.
    pub last_seen_at: Option<UnixMs>,
    /// Since when it has been silent for longer than it usually is; null while all is as usual, or little is known of it yet.
    pub silent_since: Option<UnixMs>,
    /// When it was added.
    pub created_at: UnixMs,
}

/// A device just added, with what is shown this once.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewDevice {
    /// The device.
    #[serde(flatten)]
    pub device: Device,
    /// The token of its URLs. It cannot be shown again.
    pub device_token: String,
    /// The URL to type into the phone's app, by format.
    pub ingest_urls: BTreeMap<String, String>,
}

impl fmt::Debug for NewDevice {
    /// Without the token, which also stands in the URLs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDevice").field("device", &self.device).finish_non_exhaustive()
    }
}

/// A device whose trust changed. One that registered itself gets a token of its own with the trust, shown this once.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrustedDevice {
    /// The device.
    #[serde(flatten)]
    pub device: Device,
    /// The token of its URLs, where it is new. It cannot be shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub device_token: Option<String>,
    /// The URL to type into the phone's app, by format, where the token is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ingest_urls: Option<BTreeMap<String, String>>,
}

impl fmt::Debug for TrustedDevice {
    /// Without the token, which also stands in the URLs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedDevice").field("device", &self.device).finish_non_exhaustive()
    }
}

/// Whether a device is to be trusted.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustInput {
    /// Trusted: held messages flow, and a device that registered itself gets a token of its own. Not: its messages that are not final are held again.
    pub trusted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret() {
        let secret = Some("canary-secret".to_owned());
        let input = DeviceInput { name: "counter-1".to_owned(), line: None, secret };
        let device = Device {
            id: 1,
            name: "counter-1".to_owned(),
            line: None,
            trusted: true,
            enrolled: false,
            signed: true,
            last_seen_at: None,
            silent_since: None,
            created_at: UnixMs(0),
        };
        let ingest_urls = BTreeMap::from([("recon".to_owned(), "http://x/ingest/canary-token/recon".to_owned())]);
        let trusted = TrustedDevice {
            device: device.clone(),
            device_token: Some("canary-token".to_owned()),
            ingest_urls: Some(ingest_urls.clone()),
        };
        let new = NewDevice { device, device_token: "canary-token".to_owned(), ingest_urls };
        let shown = format!("{input:?} {trusted:?} {new:?}");
        assert!(shown.contains("counter-1") && !shown.contains("canary"), "{shown}");
    }
}
