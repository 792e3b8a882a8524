//! The messages: lists, one with everything, checks and resets.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::page::Page;
use crate::contract::sms::{CheckInput, ResetDone, ResetInput, SmsDetail, SmsFilter, SmsItem};
use crate::registry::review_desk::{CheckSms, GetSms, ListSms, ResetSms};

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{QueryReader, Write, int_id, no_query};
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/sms").get(web::route().to(list)).service())
        .service(Path::new("/v2/sms/reset").post(web::route().to(reset)).service())
        .service(Path::new("/v2/sms/{id}").get(web::route().to(get)).service())
        .service(Path::new("/v2/sms/{id}/check").post(web::route().to(check)).service());
}

/// The messages that fit the filter, newest first.
#[utoipa::path(get, path = "/internal/v2/sms", tag = "sms", params(SmsFilter),
    responses((status = 200, description = "A page", body = Page<SmsItem>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let filter = filter(&mut query);
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.reviews, ListSms { filter, page }).await?))
}

fn filter(query: &mut QueryReader) -> SmsFilter {
    SmsFilter {
        state: query.parsed("state"),
        review: query.parsed("review"),
        sender: query.text("sender"),
        source: query.parsed("source"),
        line: query.text("line"),
        order_id: query.text("order_id"),
        template_id: query.integer("template_id"),
        q: query.text("q").filter(|words| !words.is_empty()),
        from: query.parsed("from"),
        to: query.parsed("to"),
    }
}

/// One message with everything that is known of it.
#[utoipa::path(get, path = "/internal/v2/sms/{id}", tag = "sms",
    params(("id" = i64, Path, description = "The message's id")),
    responses((status = 200, description = "The message", body = SmsDetail)))]
pub(super) async fn get(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.reviews, GetSms { id }).await?))
}

/// Sends messages back to `received`, so that they are read and matched afresh.
#[utoipa::path(post, path = "/internal/v2/sms/reset", tag = "sms", request_body = ResetInput,
    responses((status = 200, description = "How many, and which not", body = ResetDone)))]
pub(super) async fn reset(service: Data<Service>, write: Write<ResetInput>) -> Result<HttpResponse, Problem> {
    send(&ask(&*service.state.reviews, ResetSms { caller: write.caller, input: write.input }).await?)
}

/// Writes an operator's check: the review state and, if given, a manual order link. It moves no money and cannot.
#[utoipa::path(post, path = "/internal/v2/sms/{id}/check", tag = "sms", request_body = CheckInput,
    params(("id" = i64, Path, description = "The message's id")),
    responses(
        (status = 200, description = "The message as it stands now, as in lists", body = SmsItem),
        (status = 409, description = "The version moved, or the order is taken"),
    ))]
pub(super) async fn check(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<CheckInput>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.reviews, CheckSms { caller: write.caller, id, input: write.input }).await?)
}
