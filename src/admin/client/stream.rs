//! A stream of events from a peer: no call, since it has no end. It counts for no breaker; who follows it paces itself.

use std::time::Duration;

use reqwest::Response;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::{Client, words_of};

/// Until the stream's head is there.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
/// The stream itself has no end; whoever reads it says when it has been silent for too long.
const FOR_EVER: Duration = Duration::from_hours(365 * 24);

impl Client {
    /// Opens the stream of events at `path`, from behind the event `after`.
    ///
    /// # Errors
    /// A sentence that says why it cannot be opened.
    pub async fn stream(&self, path: &str, after: Option<i64>) -> Result<Response, String> {
        let token = (self.token)()?;
        let mut request = self.http.get(format!("{}{path}", self.base)).bearer_auth(token.expose_secret());
        request = request.timeout(FOR_EVER).header("Accept", "text/event-stream");
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after);
        }
        let opened = timeout(OPEN_WITHIN, request.send()).await;
        let response = opened
            .map_err(|_| format!("{} does not open its stream in time", self.name))?
            .map_err(|error| words_of(self.name, error))?;
        match response.status().as_u16() {
            200 => Ok(response),
            status => Err(format!("{} answers {status} where its events should be", self.name)),
        }
    }
}
