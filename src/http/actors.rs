//! The actors: what they do, and restarting, stopping and starting them.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::contract::system::Control;
use crate::registry::actor_control::ControlActor;
use crate::supervision::ActorStatus;

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{Write, no_query, text_id};
use super::resource::Path;
use super::server::Service;

/// Why an actor is restarted, stopped or started.
#[derive(Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ControlInput {
    /// For the record: up to 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    pub(super) reason: Option<String>,
    /// Only in this process; else in every process that runs the actor and is not stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = "host:8081")]
    pub(super) process: Option<String>,
}

/// Every actor as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ActorList {
    /// Every actor of every process.
    items: Vec<ActorStatus>,
}

/// The instance that a control asked for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Controlled {
    /// The actor.
    #[schema(example = "order_matcher")]
    id: String,
    /// Grows with every instance. Of several processes, the largest.
    generation: u64,
    /// Each process in which it was done.
    processes: Vec<ControlledIn>,
}

/// The instance in one process.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ControlledIn {
    /// The process.
    #[schema(example = "host:8081")]
    process: String,
    /// Grows with every instance.
    generation: u64,
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/actors").get(web::route().to(list)).service())
        // Ids hold slashes: everything up to the last segment is the id.
        .service(Path::new("/v2/actors/{id:.+}/restart").post(web::route().to(restart)).service())
        .service(Path::new("/v2/actors/{id:.+}/stop").post(web::route().to(stop)).service())
        .service(Path::new("/v2/actors/{id:.+}/start").post(web::route().to(start)).service());
}

/// Every actor as it stands.
#[utoipa::path(get, path = "/internal/v2/actors", tag = "operations",
    responses((status = 200, description = "The actors", body = ActorList)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(ActorList { items: service.state.probes.actors.list() }))
}

/// A new instance, also where the old one is dead or stuck. The id's slash may be written as it is or as `%2F`.
#[utoipa::path(post, path = "/internal/v2/actors/{id}/restart", tag = "operations", request_body = ControlInput,
    params(("id" = String, Path, description = "The actor's id", example = "order_matcher")),
    responses((status = 202, description = "A new instance is on its way", body = Controlled)))]
pub(super) async fn restart(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<ControlInput>,
) -> Result<HttpResponse, Problem> {
    control(&service, &request, write, Control::Restart).await
}

/// No instance until somebody starts it.
#[utoipa::path(post, path = "/internal/v2/actors/{id}/stop", tag = "operations", request_body = ControlInput,
    params(("id" = String, Path, description = "The actor's id", example = "order_matcher")),
    responses((status = 202, description = "It is being stopped", body = Controlled)))]
pub(super) async fn stop(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<ControlInput>,
) -> Result<HttpResponse, Problem> {
    control(&service, &request, write, Control::Stop).await
}

/// An instance, where there is none.
#[utoipa::path(post, path = "/internal/v2/actors/{id}/start", tag = "operations", request_body = ControlInput,
    params(("id" = String, Path, description = "The actor's id", example = "order_matcher")),
    responses((status = 202, description = "An instance is on its way", body = Controlled)))]
pub(super) async fn start(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<ControlInput>,
) -> Result<HttpResponse, Problem> {
    control(&service, &request, write, Control::Start).await
}

async fn control(
    service: &Service,
    request: &HttpRequest,
    write: Write<ControlInput>,
    control: Control,
) -> Result<HttpResponse, Problem> {
    let id = text_id(request, "id")?;
    let ControlInput { reason, process } = write.input;
    let message = ControlActor { caller: write.caller, id, process, control, reason };
    send(&ask(&*service.state.audits, message).await?)
}
