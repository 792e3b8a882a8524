//! What health says of a peer.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::Client;
use super::breaker::State;
use crate::http::health::Check;

/// Whether the breaker of a peer is closed. Not critical: the edge lets operators in and shows what it knows without it.
pub struct PeerCheck(pub Arc<Client>);

impl Check for PeerCheck {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        let state = self.0.state();
        let found = match state {
            State::Closed => Ok("breaker closed".to_owned()),
            State::Open | State::Probing => {
                Err(format!("breaker {}: {} failed too often and is left alone", state.as_str(), self.0.name()))
            }
        };
        Box::pin(std::future::ready(found))
    }
}
