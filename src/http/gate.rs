//! The gate in front of all work: it knows what is in hand, and once the process stops it sends new work away while the
//! probes go on answering. A listener that closed at once would make a stop look like a crash.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError as _};
use tokio::sync::watch;

use super::error::Problem;
use super::state::ProbeState;

/// What is answered until the end.
const PROBES: [&str; 4] = ["/livez", "/readyz", "/healthz", "/metrics"];

/// What a role answers to work that is sent away, where that is no problem of the service's contract.
#[derive(Clone, Copy)]
pub struct TurnAway(pub fn(&HttpRequest) -> HttpResponse);

/// How many requests are being answered in this process, probes aside.
#[derive(Clone, Debug, Default)]
pub struct InHand(Arc<watch::Sender<usize>>);

impl InHand {
    /// How many there are now.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Resolves once there is none.
    pub async fn none(&self) {
        // The sender lives as long as this does: it cannot have gone.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }

    fn one(&self) -> One {
        self.0.send_modify(|count| *count += 1);
        One(self.clone())
    }
}

/// A request in hand.
struct One(InHand);

impl Drop for One {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// The middleware.
pub(super) async fn admit(
    probes: Data<ProbeState>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if PROBES.contains(&request.path()) {
        return next.call(request).await;
    }
    // Counted before it is asked whether we stop: whoever waits for none then waits for this one, or it is sent away.
    let _one = probes.in_hand.one();
    if *probes.draining.borrow() {
        let answer = match request.app_data::<TurnAway>() {
            Some(TurnAway(answer)) => answer(request.request()),
            None => {
                Problem::unavailable("the process is stopping; nothing was done, send it again later").error_response()
            }
        };
        let mut response = request.into_response(answer);
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        return Ok(response);
    }
    next.call(request).await
}
