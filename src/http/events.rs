//! The event stream (server-sent events).

use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::contract::system::Event;
use crate::registry::event_feed::Subscribe;

use super::error::Problem;
use super::ports::ask;
use super::request::QueryReader;
use super::resource::Path;
use super::server::Service;

/// Comments at this pace keep proxies from closing a quiet stream, and tell us of listeners that are gone.
const HEARTBEAT: Duration = Duration::from_secs(15);
const LAST_EVENT_ID: &str = "Last-Event-ID";

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(Path::new("/v2/events").get_only(web::route().to(stream_events)).service());
}

/// What happens, as it happens: `sms.created`, `sms.updated`, `order.updated`, `device.changed`, `template.changed`,
/// `phone.changed`, `actor.changed`, `top_info`.
///
/// Stored events carry an id; a listener that comes back with the last one it saw misses none. One that reads too slowly
/// is dropped and comes back the same way.
#[utoipa::path(get, path = "/internal/v2/events", tag = "operations",
    params(
        ("Last-Event-ID" = Option<i64>, Header, description = "Everything after this event first"),
        ("last_event_id" = Option<i64>, Query, description = "The same, for those who cannot set headers"),
    ),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream")))]
pub(super) async fn stream_events(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let after = last_event_id(&request)?;
    let events = ask(&*service.state.events, Subscribe { after }).await?;
    let first_beat = Instant::now() + HEARTBEAT;
    let mut beat = interval_at(first_beat, HEARTBEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let listener = Listener { events, draining: service.state.probes.draining.clone(), beat };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(listener.into_stream()))
}

/// The header wins: a browser that reconnects sends it beside the address that it was first given.
fn last_event_id(request: &HttpRequest) -> Result<Option<i64>, Problem> {
    let mut query = QueryReader::of(request);
    let from_query = query.integer("last_event_id");
    let from_header = request.headers().get(LAST_EVENT_ID).map(|value| value.to_str().ok()?.trim().parse().ok());
    if from_header == Some(None) {
        query.refuse(LAST_EVENT_ID, "is not the id of an event");
    }
    query.finish()?;
    Ok(from_header.flatten().or(from_query))
}

struct Listener {
    events: mpsc::Receiver<Event>,
    draining: watch::Receiver<bool>,
    beat: Interval,
}

impl Listener {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> {
        let hello = stream::iter([Ok(Bytes::from_static(b"retry: 2000\n\n"))]);
        let rest = stream::unfold(self, |mut listener| async move {
            let chunk = listener.next().await?;
            Some((Ok(chunk), listener))
        });
        futures_util::StreamExt::chain(hello, rest)
    }

    /// The next piece of the stream; none at its end.
    async fn next(&mut self) -> Option<Bytes> {
        tokio::select! {
            biased;
            // A server that stops waits for its answers to end, and this one never would.
            _ = self.draining.wait_for(|draining| *draining) => None,
            event = self.events.recv() => event.map(|event| written(&event)),
            _ = self.beat.tick() => Some(Bytes::from_static(b": heartbeat\n\n")),
        }
    }
}

/// JSON holds no line breaks of its own, so one `data` line is enough.
fn written(event: &Event) -> Bytes {
    let id = event.id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Bytes::from(format!("{id}event: {}\ndata: {}\n\n", event.kind, event.data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stored_events_carry_an_id_to_resume_from() {
        let stored = Event { id: Some(7), kind: "sms.created".to_owned(), data: serde_json::json!({"id": 41}) };
        assert_eq!(written(&stored), "id: 7\nevent: sms.created\ndata: {\"id\":41}\n\n");
        let passing = Event { id: None, kind: "top_info".to_owned(), data: serde_json::json!({"text": "a\nb"}) };
        assert_eq!(written(&passing), "event: top_info\ndata: {\"text\":\"a\\nb\"}\n\n");
    }
}
