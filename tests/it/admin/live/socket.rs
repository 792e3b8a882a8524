//! A browser's live socket.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::admin::edge::{Browser, expect_code};
use crate::support::api::Api;

/// What does not come within this time does not come at all.
pub const WITHIN: Duration = Duration::from_secs(20);

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The counters that it was told last.
    counters: Value,
}

/// Asks for a ticket.
pub async fn ticket(browser: &Browser<'_>) -> String {
    let answer = browser.posts("/api/admin/ws/ticket", &json!({})).await;
    expect_code(&answer, 200, 0)["ticket"].as_str().unwrap().to_owned()
}

/// The address of the socket with that query.
pub fn url(api: &Api, query: &str) -> String {
    format!("{}/api/admin/ws{query}", api.base().replacen("http", "ws", 1))
}

/// The status that refuses a socket; 101 where it opens.
pub async fn status(api: &Api, query: &str) -> u16 {
    match connect_async(url(api, query)).await {
        Ok((_, answer)) => answer.status().as_u16(),
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

impl Socket {
    /// Opens one by a new ticket.
    pub async fn open(browser: &Browser<'_>) -> Self {
        let ticket = ticket(browser).await;
        Self::open_with(&browser.edge.api, &ticket).await
    }

    /// Opens one by that ticket.
    pub async fn open_with(api: &Api, ticket: &str) -> Self {
        let (socket, _) = connect_async(url(api, &format!("?ticket={ticket}"))).await.unwrap();
        Self { stream: socket, counters: Value::Null }
    }

    /// The next message of the protocol; none at the end of the connection.
    pub async fn frame(&mut self) -> Option<Message> {
        let next = timeout(WITHIN, self.stream.next()).await;
        next.unwrap_or_else(|_| panic!("nothing came within {WITHIN:?}"))?.ok()
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["event"] == "top_info" {
                        self.counters = message["data"].clone();
                    }
                    return message;
                }
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("no message, but {other:?}"),
            }
        }
    }

    /// Reads on to the first message that fits, and gives it.
    pub async fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + WITHIN;
        loop {
            let next = timeout_at(deadline, self.next()).await;
            let message = next.unwrap_or_else(|_| panic!("it was not told within {WITHIN:?}: {what}"));
            if fits(&message) {
                return message;
            }
        }
    }

    /// Reads on to the refresh that names this, and says how long that took.
    pub async fn refreshed(&mut self, topic: &str, id: Value) -> Duration {
        let began = Instant::now();
        self.until(&format!("{topic} {id}"), |message| {
            let data = &message["data"];
            message["event"] == "refresh" && data["topic"] == topic && data["ids"].as_array().unwrap().contains(&id)
        })
        .await;
        began.elapsed()
    }

    /// Reads on until the counters have this value, unless they have it already.
    pub async fn counted(&mut self, name: &str, value: Value) {
        if self.counters[name] != value {
            let fits = |message: &Value| message["event"] == "top_info" && message["data"][name] == value;
            self.until(&format!("{name} {value}"), fits).await;
        }
    }

    /// Reads on to the refreshes that tell to read everything again.
    pub async fn refreshed_whole(&mut self) {
        let mut topics = BTreeSet::new();
        while topics.len() < 6 {
            let whole = |message: &Value| message["event"] == "refresh" && message["data"]["ids"] == json!([]);
            let told = self.until("everything", whole).await;
            topics.insert(told["data"]["topic"].as_str().unwrap().to_owned());
        }
    }

    /// Reads on to the end, and gives the code of its farewell; none where there was none.
    pub async fn end(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some(frame) = self.frame().await {
            if let Message::Close(farewell) = frame {
                code = farewell.map(|farewell| farewell.code.into());
            }
        }
        code
    }

    /// Sends a ping, and reads on to its answer.
    pub async fn pings(&mut self) {
        self.stream.send(Message::Ping("still there".into())).await.unwrap();
        loop {
            match self.frame().await {
                Some(Message::Pong(_)) => return,
                Some(_) => {}
                None => panic!("the connection ended"),
            }
        }
    }
}
