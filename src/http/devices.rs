//! The shooter devices: phones that post their SMS to us.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::device::{Device, DeviceInput, NewDevice, TrustInput, TrustedDevice};
use crate::contract::page::Page;
use crate::registry::device_registry::{AddDevice, DeleteDevice, ListDevices, TrustDevice};

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{NoBody, QueryReader, Write, int_id};
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/shooter/devices").get(web::route().to(list)).post(web::route().to(add)).service())
        .service(Path::new("/v2/shooter/devices/{id}").delete(web::route().to(delete)).service())
        .service(Path::new("/v2/shooter/devices/{id}/trust").post(web::route().to(trust)).service());
}

/// The devices, newest first.
#[utoipa::path(get, path = "/internal/v2/shooter/devices", tag = "shooter devices",
    responses((status = 200, description = "A page", body = Page<Device>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.devices, ListDevices { page }).await?))
}

/// Adds a trusted device. Its token and URLs are shown this once.
#[utoipa::path(post, path = "/internal/v2/shooter/devices", tag = "shooter devices", request_body = DeviceInput,
    responses((status = 201, description = "Added", body = NewDevice)))]
pub(super) async fn add(service: Data<Service>, write: Write<DeviceInput>) -> Result<HttpResponse, Problem> {
    send(&ask(&*service.state.devices, AddDevice { caller: write.caller, device: write.input }).await?)
}

/// Deletes a device. Its messages stay.
#[utoipa::path(delete, path = "/internal/v2/shooter/devices/{id}", tag = "shooter devices",
    params(("id" = i64, Path, description = "The device's id")),
    responses((status = 204, description = "Deleted")))]
pub(super) async fn delete(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.devices, DeleteDevice { caller: write.caller, id }).await?)
}

/// Trusts a device, so that its held messages flow, or not any more. A device that registered itself gets a token and URLs of
/// its own with its first trust, shown this once; what comes by the enrolment URL is held as before.
#[utoipa::path(post, path = "/internal/v2/shooter/devices/{id}/trust", tag = "shooter devices",
    request_body = TrustInput, params(("id" = i64, Path, description = "The device's id")),
    responses((status = 200, description = "The device as it stands now", body = TrustedDevice)))]
pub(super) async fn trust(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<TrustInput>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    let trusted = write.input.trusted;
    send(&ask(&*service.state.devices, TrustDevice { caller: write.caller, id, trusted }).await?)
}
