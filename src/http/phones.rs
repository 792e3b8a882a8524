//! The phone whitelist.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::page::Page;
use crate::contract::phone::{Phone, PhoneInput};
use crate::registry::phone_whitelist::{AddPhone, DeletePhone, ListPhones};

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{NoBody, QueryReader, Write, int_id};
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/phones").get(web::route().to(list)).post(web::route().to(add)).service())
        .service(Path::new("/v2/phones/{id}").delete(web::route().to(delete)).service());
}

/// The phone whitelist, newest first.
#[utoipa::path(get, path = "/internal/v2/phones", tag = "phones",
    responses((status = 200, description = "A page", body = Page<Phone>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.phones, ListPhones { page }).await?))
}

/// Whitelists a sender.
#[utoipa::path(post, path = "/internal/v2/phones", tag = "phones", request_body = PhoneInput,
    responses(
        (status = 201, description = "Added", body = Phone),
        (status = 409, description = "It is there already"),
    ))]
pub(super) async fn add(service: Data<Service>, write: Write<PhoneInput>) -> Result<HttpResponse, Problem> {
    send(&ask(&*service.state.phones, AddPhone { caller: write.caller, phone: write.input }).await?)
}

/// Takes a sender off the whitelist.
#[utoipa::path(delete, path = "/internal/v2/phones/{id}", tag = "phones",
    params(("id" = i64, Path, description = "The phone's id")),
    responses((status = 204, description = "Deleted")))]
pub(super) async fn delete(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.phones, DeletePhone { caller: write.caller, id }).await?)
}
