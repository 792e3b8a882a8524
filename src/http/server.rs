//! Puts the routes together and serves them.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error, HttpResponse, HttpServer};
use tokio::sync::watch;

use super::error::Problem;
use super::limit::Limiter;
use super::state::{ProbeState, ServiceState};
use super::{
    actors, audit, auth, chain, devices, docs, events, gate, hangup, ingest, observe, orders, phones, probes,
    pushbullet, sms, telegram, templates, top_info,
};

/// For answers that are still being written: the server is stopped when no work is in hand any more.
const SHUTDOWN_WITHIN_S: u64 = 3;

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

/// Registers a role's routes.
pub type Routes = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// What is served: every route of a role, or only the probes.
#[derive(Clone)]
pub enum Served {
    /// The service role.
    Service(Data<Service>),
    /// `/livez`, `/readyz`, `/healthz`, `/metrics`.
    Probes(Data<ProbeState>),
    /// The probes, and the routes of a role that this module does not know.
    Role(Data<ProbeState>, Routes),
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
            Self::Role(probes, routes) => {
                configure_probes(config, probes);
                routes(config);
            }
        }
        config.default_service(web::to(no_such_path));
    }
}

/// Registers every route of the service role.
pub fn configure(config: &mut ServiceConfig, service: &Data<Service>) {
    // First, since routes are tried in their order and phones ask for these.
    config.configure(telegram::webhook_routes).configure(ingest::routes);
    configure_probes(config, &Data::new(service.state.probes.clone()));
    config.app_data(service.clone()).configure(docs::routes).service(
        web::scope("/internal")
            .wrap(from_fn(auth::require_service_token))
            .configure(phones::routes)
            .configure(templates::routes)
            .configure(sms::routes)
            .configure(chain::routes)
            .configure(devices::routes)
            .configure(telegram::routes)
            .configure(pushbullet::routes)
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

/// 404 in the form of every other problem.
///
/// # Errors
/// Always.
pub async fn no_such_path() -> Result<HttpResponse, Problem> {
    Err(Problem::no_such_path())
}

/// The whole application, as it is served and as the tests call it.
pub fn app(
    served: &Served,
) -> App<
    impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
    + use<>,
> {
    App::new().wrap(from_fn(gate::admit)).wrap(from_fn(observe::observe)).configure(|config| served.configure(config))
}

/// Serves every route of the service role on a listener that is bound already (port 0 included).
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve(listener: TcpListener, state: ServiceState) -> io::Result<Running> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    Running::start(listener, Served::service(state), workers)
}

/// Serves only the probes, for a process without the service role.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve_probes(listener: TcpListener, probes: ProbeState) -> io::Result<Running> {
    Running::start(listener, Served::probes(probes), 1)
}

/// Serves the probes and a role's routes.
///
/// # Errors
/// Where the listener cannot be used.
pub fn serve_role(listener: TcpListener, probes: ProbeState, routes: Routes) -> io::Result<Running> {
    Running::start(listener, Served::Role(Data::new(probes), routes), 1)
}

/// A running server.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    pub(super) handle: ServerHandle,
    end: watch::Receiver<End>,
    stopping: Arc<AtomicBool>,
}

/// How a server's thread stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    NotYet,
    AsAsked,
    ByItself(String),
}

/// Tells of a thread's end, however it comes: a panic drops this too.
struct TellEnd {
    end: watch::Sender<End>,
    stopping: Arc<AtomicBool>,
    said: Option<String>,
}

impl Drop for TellEnd {
    fn drop(&mut self) {
        let end = match self.said.take() {
            None if self.stopping.load(Ordering::Acquire) => End::AsAsked,
            said => End::ByItself(said.unwrap_or_else(|| "its thread ended".to_owned())),
        };
        self.end.send_replace(end);
    }
}

impl Running {
    /// The server has a thread and a system of its own, so that a busy actor beside it never delays its signals.
    fn start(listener: TcpListener, routes: Served, workers: usize) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (started, starting) = std::sync::mpsc::channel();
        let (told, end) = watch::channel(End::NotYet);
        let stopping = Arc::new(AtomicBool::new(false));
        let mut tell = TellEnd { end: told, stopping: Arc::clone(&stopping), said: None };
        std::thread::Builder::new().name("http".to_owned()).spawn(move || {
            actix_rt::System::new().block_on(async {
                let server = match build(listener, routes, workers) {
                    Ok(server) => server,
                    Err(error) => return drop(started.send(Err(error))),
                };
                if started.send(Ok(server.handle())).is_ok() {
                    tell.said = server.await.err().map(|error| error.to_string());
                }
            });
            drop(tell);
        })?;
        let handle = starting.recv().map_err(|_| io::Error::other("the HTTP server's thread ended"))??;
        Ok(Self { address, handle, end, stopping })
    }

    /// Where it serves.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resolves with the reason once the server has ended although nobody stopped it. A process that serves nothing must
    /// not go on: phones would find it gone, and its platform would not start it anew.
    pub fn failed(&self) -> impl Future<Output = String> + use<> {
        let (mut end, address) = (self.end.clone(), self.address);
        async move {
            let ended = end.wait_for(|end| *end != End::NotYet).await.map(|end| end.clone());
            match ended {
                Ok(End::ByItself(why)) => format!("the HTTP server on {address} ended: {why}"),
                _ => std::future::pending().await,
            }
        }
    }

    /// Stops listening, and waits until what was answered is written, up to 3 s. Work is to be over by then: see
    /// [`InHand`](super::gate::InHand).
    pub async fn stop(mut self) {
        self.stopping.store(true, Ordering::Release);
        self.handle.stop(true).await;
        // An error is the thread's end too.
        let _ = self.end.wait_for(|end| *end != End::NotYet).await;
    }
}

fn build(listener: TcpListener, routes: Served, workers: usize) -> io::Result<Server> {
    // Of recon's many phones no connection is held: their answers are short.
    let holds = matches!(routes, Served::Role(..));
    let server = HttpServer::new(move || app(&routes))
        .on_connect(move |connection, data| {
            if holds {
                hangup::hold(connection, data);
            }
        })
        .workers(workers)
        .disable_signals()
        .shutdown_timeout(SHUTDOWN_WITHIN_S)
        .listen(listener)?
        .run();
    Ok(server)
}
