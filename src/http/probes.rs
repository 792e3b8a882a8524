//! `/livez`, `/readyz`, `/healthz`, `/metrics`: for platforms and people, without a token.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::error::{Problem, ProblemJson};
use super::health::{Health, HealthStatus, judge, run_checks};
use super::request::no_query;
use super::resource::Path;
use super::state::ProbeState;

const READY_WITHIN: Duration = Duration::from_secs(3);

/// A probe's yes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProbeAnswer {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

const OK: ProbeAnswer = ProbeAnswer { status: "ok" };

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/livez").get(web::route().to(livez)).service())
        .service(Path::new("/readyz").get(web::route().to(readyz)).service())
        .service(Path::new("/healthz").get(web::route().to(healthz)).service())
        .service(Path::new("/metrics").get(web::route().to(metrics)).service());
}

/// The process serves.
#[utoipa::path(get, path = "/livez", tag = "probes", responses((status = 200, description = "It serves", body = ProbeAnswer)))]
pub(super) async fn livez(request: HttpRequest) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(OK))
}

/// The process should be sent work: the store is writable and migrated, and the process is not stopping.
#[utoipa::path(get, path = "/readyz", tag = "probes", responses(
    (status = 200, description = "It takes work", body = ProbeAnswer),
    (status = 503, description = "It does not, and why", body = ProblemJson, content_type = "application/problem+json"),
))]
pub(super) async fn readyz(request: HttpRequest, probes: Data<ProbeState>) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    if *probes.draining.borrow() {
        return Err(Problem::unavailable("the process is stopping"));
    }
    match tokio::time::timeout(READY_WITHIN, probes.readiness.ready()).await {
        Ok(Ok(())) => Ok(HttpResponse::Ok().json(OK)),
        Ok(Err(reason)) => Err(Problem::unavailable(reason)),
        Err(_) => Err(Problem::unavailable("the store does not answer")),
    }
}

/// How the process is, with every loop and check. 503 as soon as something that everything needs does not work.
#[utoipa::path(get, path = "/healthz", tag = "probes", responses(
    (status = 200, description = "healthy or degraded", body = Health),
    (status = 503, description = "unhealthy", body = Health),
))]
pub(super) async fn healthz(request: HttpRequest, probes: Data<ProbeState>) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    let health = judge(probes.actors.list(), run_checks(&probes.checks).await);
    let status =
        if health.status == HealthStatus::Unhealthy { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(health))
}

/// Prometheus text.
#[utoipa::path(get, path = "/metrics", tag = "probes", responses(
    (status = 200, description = "Metrics", body = String, content_type = "text/plain"),
))]
pub(super) async fn metrics(request: HttpRequest, probes: Data<ProbeState>) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(probes.metrics.render()))
}
