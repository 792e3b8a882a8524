//! A look at a peer's own health. An unhealthy peer answers 503, which says nothing of whether it answers: so this goes by
//! the breaker, is tried once, and takes the body whatever the status.

use std::time::Duration;

use serde_json::Value;

use super::{Client, body_of};

/// A peer gives its checks 3 s.
const LOOK_WITHIN: Duration = Duration::from_secs(4);

impl Client {
    /// What the peer's `/healthz` says; none where it says nothing.
    pub async fn health(&self) -> Option<Value> {
        let url = format!("{}/healthz", self.base);
        let body = async { body_of(self.http.get(url).timeout(LOOK_WITHIN).send().await.ok()?).await.ok() };
        body.await.filter(|body| body["status"].is_string())
    }
}
