//! Asks Pushbullet about a token before a phone is added under it.

use std::time::Duration;

use secrecy::SecretString;

use super::client::{CallError, Client};
use super::gate::Closed;
use crate::clock::Clock;
use crate::config::BaseUrl;

/// How long Pushbullet is asked. Who adds a phone waits for 10 s.
const ASKED_WITHIN: Duration = Duration::from_secs(6);

/// What Pushbullet says of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenCheck {
    /// It is one.
    Good,
    /// It is none, and why.
    Refused(String),
    /// Pushbullet could not be asked, and why.
    NotAsked(String),
}

/// Asks the API at `api_url` whether `token` is one.
pub async fn check_token(api_url: &BaseUrl, token: SecretString, clock: &Clock) -> TokenCheck {
    let client = match Client::new(api_url.clone(), token, clock.clone()) {
        Ok(client) => client,
        Err(error) => return TokenCheck::NotAsked(error.to_string()),
    };
    match tokio::time::timeout(ASKED_WITHIN, client.get("/v2/users/me")).await {
        Ok(Ok(_)) => TokenCheck::Good,
        Ok(Err(error @ CallError::Closed(Closed::Refused { .. }))) => TokenCheck::Refused(error.to_string()),
        Ok(Err(error)) => TokenCheck::NotAsked(error.to_string()),
        Err(_) => TokenCheck::NotAsked("Pushbullet does not answer in time".to_owned()),
    }
}
