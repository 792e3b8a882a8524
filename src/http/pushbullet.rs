//! The phones that are heard through Pushbullet.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::page::Page;
use crate::contract::pushbullet::{PushbulletDevice, PushbulletDeviceInput};
use crate::registry::pushbullet_registry::{AddPushbullet, DeletePushbullet, ListPushbullet};

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{NoBody, QueryReader, Write, int_id};
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/pushbullet/devices").get(web::route().to(list)).post(web::route().to(add)).service())
        .service(Path::new("/v2/pushbullet/devices/{id}").delete(web::route().to(delete)).service());
}

/// The phones that are heard through Pushbullet, newest first.
#[utoipa::path(get, path = "/internal/v2/pushbullet/devices", tag = "pushbullet devices",
    responses((status = 200, description = "A page", body = Page<PushbulletDevice>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.pushbullet, ListPushbullet { page }).await?))
}

/// Adds a phone and listens to it at once. Its access token is never shown again.
#[utoipa::path(post, path = "/internal/v2/pushbullet/devices", tag = "pushbullet devices",
    request_body = PushbulletDeviceInput,
    responses(
        (status = 201, description = "Added", body = PushbulletDevice),
        (status = 409, description = "This token and phone are there already"),
    ))]
pub(super) async fn add(service: Data<Service>, write: Write<PushbulletDeviceInput>) -> Result<HttpResponse, Problem> {
    send(&ask(&*service.state.pushbullet, AddPushbullet { caller: write.caller, device: write.input }).await?)
}

/// Deletes a phone, and listens to it no longer. Its messages stay.
#[utoipa::path(delete, path = "/internal/v2/pushbullet/devices/{id}", tag = "pushbullet devices",
    params(("id" = i64, Path, description = "The device's id")),
    responses((status = 204, description = "Deleted")))]
pub(super) async fn delete(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.pushbullet, DeletePushbullet { caller: write.caller, id }).await?)
}
