//! The audit log.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::page::Page;
use crate::contract::system::{AuditFilter, AuditView};
use crate::domain::time::UnixMs;
use crate::registry::audit_log::ListAudit;

use super::error::Problem;
use super::ports::ask;
use super::request::QueryReader;
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(Path::new("/v2/audit").get(web::route().to(list)).service());
}

/// The audit log's entries that fit the filter, newest first. Each carries the hash over itself and the one before.
#[utoipa::path(get, path = "/internal/v2/audit", tag = "operations",
    params(
        ("actor" = Option<String>, Query, description = "By this operator"),
        ("subject" = Option<String>, Query, description = "About this subject: `phone/3`"),
        ("from" = Option<UnixMs>, Query, description = "At this time or later"),
        ("to" = Option<UnixMs>, Query, description = "Before this time"),
    ),
    responses((status = 200, description = "A page", body = Page<AuditView>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let filter = AuditFilter {
        actor: query.text("actor"),
        subject: query.text("subject"),
        from: query.parsed("from"),
        to: query.parsed("to"),
    };
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.audits, ListAudit { filter, page }).await?))
}
