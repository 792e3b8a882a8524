//! The gate in front of all work: it knows what is in hand, and once the process stops it sends new work away while the
//! probes go on answering. A listener that closed at once would make a stop look like a crash.

use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, ResponseError as _};
use tokio::sync::watch;

use super::error::Problem;
use super::state::ProbeState;

/// What is answered until the end.
const PROBES: [&str; 4] = ["/livez", "/readyz", "/healthz", "/metrics"];

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
        let problem = Problem::unavailable("the process is stopping; nothing was done, send it again later");
        let mut response = request.into_response(problem.error_response());
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        return Ok(response);
    }
    next.call(request).await
}
