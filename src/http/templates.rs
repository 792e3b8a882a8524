//! The recharge templates.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::page::Page;
use crate::contract::template::{TemplateTestDone, TemplateTestInput, TemplateView};
use crate::contract::template_trial::{BacktestDone, BacktestInput, SuggestDone, SuggestInput};
use crate::domain::template::TemplateSpec;
use crate::registry::template_book::{AddTemplate, BacktestTemplate, DeleteTemplate, ListTemplates, ReplaceTemplate};
use crate::registry::template_book::{SuggestTemplate, TestTemplate};

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{Input, NoBody, QueryReader, Write, int_id};
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/templates").get(web::route().to(list)).post(web::route().to(add)).service())
        .service(Path::new("/v2/templates/test").post(web::route().to(test)).service())
        .service(Path::new("/v2/templates/suggest").post(web::route().to(suggest)).service())
        .service(Path::new("/v2/templates/{id}/backtest").post(web::route().to(backtest)).service())
        .service(
            Path::new("/v2/templates/{id}").put(web::route().to(replace)).delete(web::route().to(delete)).service(),
        );
}

/// The templates, newest first.
#[utoipa::path(get, path = "/internal/v2/templates", tag = "templates",
    responses((status = 200, description = "A page", body = Page<TemplateView>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.templates, ListTemplates { page }).await?))
}

/// Adds a template. 422 says where a pattern is wrong, or which sample it reads differently.
#[utoipa::path(post, path = "/internal/v2/templates", tag = "templates", request_body = TemplateSpec,
    responses((status = 201, description = "Added", body = TemplateView)))]
pub(super) async fn add(service: Data<Service>, write: Write<TemplateSpec>) -> Result<HttpResponse, Problem> {
    send(&ask(&*service.state.templates, AddTemplate { caller: write.caller, spec: write.input }).await?)
}

/// Replaces a template by a new version.
#[utoipa::path(put, path = "/internal/v2/templates/{id}", tag = "templates", request_body = TemplateSpec,
    params(("id" = i64, Path, description = "The template's id")),
    responses((status = 200, description = "Replaced", body = TemplateView)))]
pub(super) async fn replace(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<TemplateSpec>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.templates, ReplaceTemplate { caller: write.caller, id, spec: write.input }).await?)
}

/// Deletes a template. What it read stays.
#[utoipa::path(delete, path = "/internal/v2/templates/{id}", tag = "templates",
    params(("id" = i64, Path, description = "The template's id")),
    responses((status = 204, description = "Deleted")))]
pub(super) async fn delete(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.templates, DeleteTemplate { caller: write.caller, id }).await?)
}

/// Tries a template on texts; stores nothing.
#[utoipa::path(post, path = "/internal/v2/templates/test", tag = "templates", request_body = TemplateTestInput,
    responses((status = 200, description = "What it reads from each text", body = TemplateTestDone)))]
pub(super) async fn test(
    service: Data<Service>,
    Input(input): Input<TemplateTestInput>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(ask(&*service.state.templates, TestTemplate { input }).await?))
}

/// Makes a template of messages with marked values, and tells what it would do to stored messages; stores nothing.
#[utoipa::path(post, path = "/internal/v2/templates/suggest", tag = "templates", request_body = SuggestInput,
    responses((status = 200, description = "The template, what it reads, and what it would change", body = SuggestDone)))]
pub(super) async fn suggest(
    service: Data<Service>,
    Input(input): Input<SuggestInput>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(ask(&*service.state.templates, SuggestTemplate { input }).await?))
}

/// Tries a stored template on stored messages; changes nothing.
#[utoipa::path(post, path = "/internal/v2/templates/{id}/backtest", tag = "templates",
    request_body = BacktestInput,
    params(("id" = i64, Path, description = "The template's id")),
    responses((status = 200, description = "What would be read anew, no more, or otherwise", body = BacktestDone)))]
pub(super) async fn backtest(
    service: Data<Service>,
    request: HttpRequest,
    Input(input): Input<BacktestInput>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.templates, BacktestTemplate { id, input }).await?))
}
