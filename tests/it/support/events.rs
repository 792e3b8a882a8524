//! A listener of the event stream.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::api::Api;

/// An event that does not come within this time does not come.
const EVENT_WITHIN: Duration = Duration::from_secs(10);

/// An event as it was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: Option<i64>,
    pub kind: String,
    pub data: Value,
}

/// Hears events in their order.
pub struct Listener {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

impl Listener {
    /// Listens, from after the event `last` where one is given.
    pub async fn start(api: &Api, last: Option<i64>) -> Self {
        let mut request = api.request(reqwest::Method::GET, "/internal/v2/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.stream().await;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut listener = Self { response, buffer: Vec::new() };
        // The greeting says that the subscription stands: what happens from now on is heard.
        let greeting = timeout(EVENT_WITHIN, listener.block()).await.unwrap().unwrap();
        assert!(greeting.starts_with("retry:"), "{greeting}");
        listener
    }

    /// The next event that `wanted` fits; others before it are passed over.
    pub async fn hears(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        let mut passed = Vec::new();
        let heard = async {
            loop {
                let event = self.next().await?;
                if wanted(&event) {
                    return Some(event);
                }
                passed.push(event);
            }
        };
        match timeout(EVENT_WITHIN, heard).await {
            Ok(Some(event)) => event,
            other => panic!("the event was not heard ({other:?}); heard were {passed:#?}"),
        }
    }

    /// The next event; none at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let Some(kind) = field("event:") else { continue };
            return Some(Event {
                id: field("id:").map(|id| id.parse().unwrap()),
                kind: kind.to_owned(),
                data: serde_json::from_str(field("data:").unwrap()).unwrap(),
            });
        }
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let rest = self.buffer.split_off(end + 2);
                let block = std::mem::replace(&mut self.buffer, rest);
                return Some(String::from_utf8(block).unwrap());
            }
            self.buffer.extend_from_slice(&self.response.chunk().await.ok()??);
        }
    }
}
