//! `/ws/ticket` and `/ws`: the socket on which browsers are told of changes.
//!
//! The socket's work is done while its body is being sent, by the same task: no task of its own that nobody looks after, and a
//! browser that does not read holds up nobody but itself. The hub drops it then.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{CloseCode, CloseReason, Message, MessageStream, Session};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::EdgeState;
use super::compat::Call;
use super::envelope::{Failure, Reply, answer};
use super::words::Lang;
use crate::admin::live::hub::{HangUp, Join, Joined};
use crate::admin::session_desk::{Denied, IssueTicket, Listening, StillIn, TakeTicket};
use crate::admin::token::Token;
use crate::http::hangup;
use crate::http::ports::ANSWER_WITHIN;
use crate::http::state::ProbeState;

/// Browsers are pinged this often.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How often a socket's session is looked for.
const SESSION_EVERY: Duration = Duration::from_secs(1);
/// Browsers send nothing but pongs.
const FRAME_MAX: usize = 4 * 1024;

/// Issues a ticket, good once and for 30 s.
pub fn ticket(mut call: Call) -> LocalBoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(async move {
        call.params.done()?;
        let operator = call.operator()?.clone();
        let ticket = call.state.desk.ask(IssueTicket { operator }, ANSWER_WITHIN).await??;
        Ok(Reply::Object(json!({ "ticket": ticket.expose() })))
    })
}

/// Opens the socket for whoever brings a ticket. It goes by no profile: a ticket that is none is HTTP 401 in all of them.
pub async fn open(
    state: Data<EdgeState>,
    probes: Data<ProbeState>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    match opened(&state, &probes, &request, payload).await {
        Ok(response) => response,
        Err(failure) => {
            let is_no_ticket = matches!(failure, Failure::NoToken | Failure::Expired | Failure::Ended);
            let mut response = answer(&state.legacy, Lang::of(request.headers()), Err(failure));
            if is_no_ticket {
                *response.status_mut() = StatusCode::UNAUTHORIZED;
            }
            response
        }
    }
}

async fn opened(
    state: &Data<EdgeState>,
    probes: &ProbeState,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
    let ticket = pairs.into_iter().find(|(name, _)| name == "ticket").map(|(_, ticket)| ticket);
    let ticket = Token::presented(&ticket.ok_or(Failure::NoToken)?);
    let listening = state.desk.ask(TakeTicket { ticket }, ANSWER_WITHIN).await??;
    let (response, session, frames) = actix_ws::handle(request, payload).map_err(|_| Failure::unreadable())?;
    let hangup = hangup::of(request);
    let hang_up: HangUp = Box::new(move || {
        if let Some(hangup) = &hangup {
            hangup.hang_up();
        }
    });
    let joined = state.hub.ask(Join { hang_up }, ANSWER_WITHIN).await?;
    let joined = joined.ok_or(Failure::TooMany { retry_after_s: 60 })?;
    let socket = Socket {
        state: state.clone().into_inner(),
        session,
        frames: frames.max_frame_size(FRAME_MAX),
        joined,
        listening,
        draining: probes.draining.clone(),
    };
    Ok(response.map_body(|_, body| BoxBody::new(Pumped { body, pump: Some(Box::pin(socket.serve())) })))
}

/// An open socket.
struct Socket {
    state: Arc<EdgeState>,
    session: Session,
    frames: MessageStream,
    joined: Joined,
    listening: Listening,
    draining: watch::Receiver<bool>,
}

impl Socket {
    /// Serves it to its end, and says why it ends.
    async fn serve(mut self) {
        let (code, why) = match self.until_its_end().await {
            End::Gone => return,
            End::Left => (CloseCode::Normal, ""),
            End::Draining => (CloseCode::Away, "the server stops"),
            End::NoSession => (CloseCode::Policy, "the session is over"),
            End::NoHub => (CloseCode::Restart, "open it again"),
        };
        // Whoever is gone needs no farewell.
        let _ = self.session.close(Some(CloseReason { code, description: Some(why.to_owned()) })).await;
    }

    async fn until_its_end(&mut self) -> End {
        let [mut ping, mut look] = [PING_EVERY, SESSION_EVERY].map(|period| {
            let mut interval = interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        loop {
            let mut is_to_look = false;
            let sent = tokio::select! {
                biased;
                _ = self.draining.wait_for(|draining| *draining) => return End::Draining,
                message = self.joined.messages.recv() => match message {
                    Some(message) => self.session.text(&*message).await,
                    None => return End::NoHub,
                },
                frame = self.frames.next() => {
                    self.joined.seen.again();
                    match frame {
                        Some(Ok(Message::Ping(bytes))) => self.session.pong(&bytes).await,
                        Some(Ok(Message::Close(_))) => return End::Left,
                        // Nothing that browsers say is listened to.
                        Some(Ok(_)) => Ok(()),
                        Some(Err(_)) | None => return End::Gone,
                    }
                }
                _ = ping.tick() => self.session.ping(b"").await,
                _ = look.tick() => {
                    is_to_look = true;
                    Ok(())
                }
            };
            if is_to_look && !self.is_still_in().await {
                return End::NoSession;
            }
            if sent.is_err() {
                return End::Gone;
            }
        }
    }

    /// Whether the session is still there. Where that cannot be said now, it is.
    async fn is_still_in(&mut self) -> bool {
        let asked = StillIn { listening: self.listening.clone() };
        match self.state.desk.ask(asked, SESSION_EVERY).await {
            Ok(Ok(listening)) => {
                self.listening = listening;
                true
            }
            Ok(Err(Denied::Unavailable)) | Err(_) => true,
            Ok(Err(_)) => false,
        }
    }
}

/// Why a socket ends.
enum End {
    /// The browser is gone.
    Gone,
    /// It said farewell.
    Left,
    /// The process stops.
    Draining,
    /// The session is over.
    NoSession,
    /// The hub dropped it, or was restarted.
    NoHub,
}

/// A body that does the socket's work whenever it is asked for more.
struct Pumped {
    body: BoxBody,
    pump: Option<LocalBoxFuture<'static, ()>>,
}

impl MessageBody for Pumped {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(pump) = &mut self.pump
            && pump.as_mut().poll(cx).is_ready()
        {
            self.pump = None;
        }
        Pin::new(&mut self.body).poll_next(cx)
    }
}
