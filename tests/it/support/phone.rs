//! A phone that posts its SMS.

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Answer, Api, Request};
use super::texts::{BANK, START};

/// A phone with a token of its own.
#[derive(Debug)]
pub struct Phone {
    api: Api,
    /// The device's id.
    pub id: i64,
    token: String,
    sent: AtomicU64,
}

impl Phone {
    /// The phone of a device that was just added.
    pub fn of(api: &Api, device: &Value) -> Self {
        Self {
            api: api.clone(),
            id: device["id"].as_i64().unwrap(),
            token: device["device_token"].as_str().unwrap().to_owned(),
            sent: AtomicU64::new(0),
        }
    }

    /// The path of its posts in a format.
    pub fn path(&self, format: &str) -> String {
        format!("/ingest/{}/{format}", self.token)
    }

    /// A post in format `recon`, not sent yet.
    pub fn posting(&self, body: &Value) -> Request {
        self.api.anonymous(Method::POST, &self.path("recon")).json(body)
    }

    /// Posts a body in format `recon`.
    pub async fn posts(&self, body: &Value) -> Answer {
        self.posting(body).send().await
    }

    /// A message of the bank under that id, received when the clocks start.
    pub fn message(id: &str, text: &str) -> Value {
        json!({"id": id, "sender": BANK, "text": text, "received_at": START})
    }

    /// Sends the bank's text and answers the id of its sms.
    pub async fn sends(&self, text: &str) -> i64 {
        self.sends_as(&Self::message(&self.next_id(), text), "stored").await
    }

    /// Sends a message, holds how it was taken, and answers the id of its sms.
    #[track_caller]
    pub fn sends_as(&self, message: &Value, status: &str) -> impl Future<Output = i64> {
        let (request, status) = (self.posting(message), status.to_owned());
        async move {
            let body = request.send().await.expect(200);
            let results = body["results"].as_array().unwrap();
            assert_eq!(results.len(), 1, "{body}");
            assert_eq!(results[0]["status"], status, "{body}");
            results[0]["sms_id"].as_i64().unwrap()
        }
    }

    /// An id that this phone has not used.
    pub fn next_id(&self) -> String {
        format!("m{}", self.sent.fetch_add(1, Ordering::Relaxed))
    }
}
