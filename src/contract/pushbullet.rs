//! Phones that are heard through Pushbullet.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::time::UnixMs;

/// A phone to be listened to.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PushbulletDeviceInput {
    /// What operators call it: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, example = "counter-1")]
    pub name: String,
    /// The account's access token. Kept sealed, never shown again.
    #[schema(min_length = 1, max_length = 256)]
    pub access_token: String,
    /// Pushbullet's own name of the phone. None: the one phone of the account that has SMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64)]
    pub device_iden: Option<String>,
    /// The password of the end-to-end encryption, where the phone uses one. Kept sealed, never shown again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 256)]
    pub encryption_password: Option<String>,
    /// Its own number or label; messages of one line are compared across sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub line: Option<String>,
    /// Whether to listen to it: yes where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

impl fmt::Debug for PushbulletDeviceInput {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushbulletDeviceInput")
            .field("name", &self.name)
            .field("device_iden", &self.device_iden)
            .field("line", &self.line)
            .field("encrypted", &self.encryption_password.is_some())
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// A phone that is listened to.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PushbulletDevice {
    /// Ours: the loops of phone 3 are `pushbullet-listener/3` and so on.
    pub id: i64,
    /// What operators call it.
    pub name: String,
    /// Pushbullet's own name of the phone; none until it is known.
    pub device_iden: Option<String>,
    /// Its own number or label.
    pub line: Option<String>,
    /// Whether it is listened to.
    pub enabled: bool,
    /// Whether its messages are decrypted.
    pub encrypted: bool,
    /// The end of the access token.
    pub token_hint: String,
    /// What its listener is doing: `starting`, `running`, `backoff`, `parked`, `stopped`; `disabled` where it is not
    /// listened to.
    #[schema(example = "running")]
    pub state: String,
    /// Why its listener last failed, where it is parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it last brought a message.
    pub last_event_at: Option<UnixMs>,
    /// When messages were last found that perhaps are not all: the history no longer reached back to what was known.
    pub possible_gap_at: Option<UnixMs>,
    /// When it was added.
    pub created_at: UnixMs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret() {
        let input = PushbulletDeviceInput {
            name: "counter-1".to_owned(),
            access_token: "canary-token".to_owned(),
            device_iden: None,
            encryption_password: Some("canary-password".to_owned()),
            line: None,
            enabled: None,
        };
        let shown = format!("{input:?}");
        assert!(shown.contains("counter-1") && !shown.contains("canary"), "{shown}");
    }
}
