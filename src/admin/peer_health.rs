//! How recon and the wallet say that they are, for the console's top bar: whoever asks within a few seconds shares a look.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::client::Client;

/// Checks cost their peer something: it is not looked at more often, however many consoles ask.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A peer and the last look at it.
pub struct PeerHealth {
    peer: Arc<Client>,
    last: Mutex<Option<(Instant, Value)>>,
}

impl PeerHealth {
    /// Nobody has looked yet.
    #[must_use]
    pub fn new(peer: Arc<Client>) -> Self {
        Self { peer, last: Mutex::default() }
    }

    /// `{"status","failing":[{"name","critical","detail"}]}`: the checks that did not pass. Null where the peer does not say.
    pub async fn now(&self) -> Value {
        let mut last = self.last.lock().await;
        if let Some((at, said)) = &*last
            && at.elapsed() < LOOK_EVERY
        {
            return said.clone();
        }
        let said = self.peer.health().await.map_or(Value::Null, |health| told(&health));
        *last = Some((Instant::now(), said.clone()));
        said
    }
}

/// What of a peer's health an operator is told. Its loops have a counter and a page of their own.
fn told(health: &Value) -> Value {
    let checks = health["checks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let failing: Vec<Value> = checks
        .iter()
        .filter(|check| check["ok"] != true)
        .map(|check| json!({"name": check["name"], "critical": check["critical"], "detail": check["detail"]}))
        .collect();
    json!({"status": health["status"], "failing": failing})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_told_and_what_passes_is_not() {
        let health = json!({"status": "degraded", "loops": [{"id": "x"}], "checks": [
            {"name": "store", "ok": true, "critical": true, "detail": "writable"},
            {"name": "phones", "ok": false, "critical": false, "detail": "gate is silent"},
        ]});
        let expected = json!({"status": "degraded",
            "failing": [{"name": "phones", "critical": false, "detail": "gate is silent"}]});
        assert_eq!(told(&health), expected);
        assert_eq!(told(&json!({"status": "healthy"})), json!({"status": "healthy", "failing": []}));
    }
}
