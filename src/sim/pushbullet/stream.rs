//! The event stream.

use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{Error, HttpRequest, HttpResponse};
use actix_ws::{Message, MessageStream, Session};
use futures_util::StreamExt as _;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::Shared;
use super::state::{Call, Signal};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/websocket/{token}", web::get().to(open));
}

#[allow(clippy::disallowed_methods, reason = "the simulator is what the daemon listens to, and no part of it")]
async fn open(shared: Data<Shared>, request: HttpRequest, body: Payload) -> Result<HttpResponse, Error> {
    let token = request.match_info().get("token").unwrap_or_default().to_owned();
    let refusal = {
        let mut state = shared.lock();
        let status = match state.quirks.stream_status {
            Some(status) => status,
            None if state.user(&token).is_none() => 401,
            None => 101,
        };
        state.calls.push(Call { path: "/websocket".to_owned(), status });
        if status == 101 {
            state.open_streams += 1;
        }
        actix_web::http::StatusCode::from_u16(status).ok().filter(|status| status.as_u16() != 101)
    };
    if let Some(status) = refusal {
        return Ok(HttpResponse::build(status).finish());
    }
    let signals = shared.signals.subscribe();
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(async move {
        run(&shared, token, session, messages, signals).await;
        let mut state = shared.lock();
        state.open_streams = state.open_streams.saturating_sub(1);
    });
    Ok(response)
}

/// Ends without a farewell: dropping the session ends the connection.
async fn run(
    shared: &Shared,
    token: String,
    mut session: Session,
    mut messages: MessageStream,
    mut signals: broadcast::Receiver<Signal>,
) {
    loop {
        let nop_every = shared.lock().quirks.nop_every;
        let frame = tokio::select! {
            signal = signals.recv() => match signal {
                Ok(Signal::Frame(Some(device), _)) if !shared.lock().owns(&token, &device) => continue,
                Ok(Signal::Frame(_, frame)) => frame,
                Ok(Signal::Drop) | Err(RecvError::Closed) => return,
                Err(RecvError::Lagged(_)) => continue,
            },
            message = messages.next() => match message {
                Some(Ok(Message::Ping(bytes))) => {
                    drop(session.pong(&bytes).await);
                    continue;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            () = tokio::time::sleep(nop_every) => r#"{"type":"nop"}"#.to_owned(),
        };
        if !shared.lock().quirks.silent && session.text(frame).await.is_err() {
            return;
        }
    }
}
