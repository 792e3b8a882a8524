//! The counters of the top bar.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::system::TopInfo;
use crate::registry::top_info::GetTopInfo;

use super::error::Problem;
use super::ports::ask;
use super::request::no_query;
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(Path::new("/v2/top-info").get(web::route().to(get)).service());
}

/// The counters of the top bar, at most a second old.
#[utoipa::path(get, path = "/internal/v2/top-info", tag = "operations",
    responses((status = 200, description = "The counters", body = TopInfo)))]
pub(super) async fn get(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.counters, GetTopInfo).await?))
}
