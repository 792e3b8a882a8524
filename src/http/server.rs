//! Puts the routes together and serves them.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error, HttpResponse, HttpServer};

use super::error::Problem;
use super::limit::Limiter;
use super::state::{ProbeState, ServiceState};
use super::{actors, audit, auth, devices, docs, events, ingest, observe, orders, phones, probes, sms, templates, top_info};

/// What every worker thread shares: the state, and the counts of the limits.
pub struct Service {
    pub(super) state: ServiceState,
    pub(super) ingest_by_device: Limiter<i64>,
    pub(super) ingest_by_address: Limiter<IpAddr>,
    pub(super) failures: Limiter<IpAddr>,
}

impl Service {
    /// Starts the counts at nothing.
    #[must_use]
    pub fn new(state: ServiceState) -> Self {
        let limits = state.ingest_limits;
        Self {
            ingest_by_device: Limiter::new(limits.rate_per_minute, limits.rate_burst),
            ingest_by_address: Limiter::new(limits.rate_per_minute, limits.rate_burst),
            failures: Limiter::new(auth::FAILURES_PER_MINUTE, auth::FAILURES_PER_MINUTE),
            state,
        }
    }
}

/// What is served: every route of the service role, or only the probes (a process without it).
#[derive(Clone)]
pub enum Served {
    /// The service role.
    Service(Data<Service>),
    /// `/livez`, `/readyz`, `/healthz`, `/metrics`.
    Probes(Data<ProbeState>),
}

impl Served {
    /// Every route of the service role.
    #[must_use]
    pub fn service(state: ServiceState) -> Self {
        Self::Service(Data::new(Service::new(state)))
    }

    /// Only the probes.
    #[must_use]
    pub fn probes(state: ProbeState) -> Self {
        Self::Probes(Data::new(state))
    }

    fn configure(&self, config: &mut ServiceConfig) {
        match self {
            Self::Service(service) => configure(config, service),
            Self::Probes(probes) => configure_probes(config, probes),
        }
        config.default_service(web::to(no_such_path));
    }
}

/// Registers every route of the service role.
pub fn configure(config: &mut ServiceConfig, service: &Data<Service>) {
    configure_probes(config, &Data::new(service.state.probes.clone()));
    config.app_data(service.clone()).configure(docs::routes).configure(ingest::routes).service(
        web::scope("/internal")
            .wrap(from_fn(auth::require_service_token))
            .configure(phones::routes)
            .configure(templates::routes)
            .configure(sms::routes)
            .configure(devices::routes)
            .configure(orders::routes)
            .configure(top_info::routes)
            .configure(actors::routes)
            .configure(events::routes)
            .configure(audit::routes)
            .default_service(web::to(no_such_path)),
    );
}

/// Registers the probes, which every role serves.
pub fn configure_probes(config: &mut ServiceConfig, probes: &Data<ProbeState>) {
    config.app_data(probes.clone()).configure(probes::routes);
}

async fn no_such_path() -> Result<HttpResponse, Problem> {
    Err(Problem::no_such_path())
}

/// The whole application, as it is served and as the tests call it.
pub fn app(
    served: &Served,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new().wrap(from_fn(observe::observe)).configure(|config| served.configure(config))
}

/// Serves on a listener that is bound already (port 0 included) with that many worker threads; answers the address.
///
/// The server runs while it is awaited; its handle stops it. Signals are the caller's.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve(listener: TcpListener, served: Served, workers: usize) -> io::Result<(Server, SocketAddr)> {
    let address = listener.local_addr()?;
    let server = HttpServer::new(move || app(&served))
        .workers(workers)
        .disable_signals()
        .shutdown_timeout(20)
        .listen(listener)?
        .run();
    Ok((server, address))
}
