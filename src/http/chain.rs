//! The balance chain: its open breaks, and taking one as it stands.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::chain::{AcceptBreakInput, ChainBreak, ChainBreakFilter};
use crate::contract::page::Page;
use crate::registry::review_desk::{AcceptBreak, ListBreaks};

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{QueryReader, Write, int_id};
use super::resource::Path;
use super::server::Service;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/chain/breaks").get(web::route().to(breaks)).service())
        .service(Path::new("/v2/chain/breaks/{sms_id}/accept").post(web::route().to(accept)).service());
}

/// The open breaks of the balance chains, newest first: between which messages a movement is missing, or what may be forged.
#[utoipa::path(get, path = "/internal/v2/chain/breaks", tag = "chain", params(ChainBreakFilter),
    responses((status = 200, description = "A page", body = Page<ChainBreak>)))]
pub(super) async fn breaks(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let filter =
        ChainBreakFilter { account: query.text("account"), line: query.text("line"), sender: query.text("sender") };
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.reviews, ListBreaks { filter, page }).await?))
}

/// Takes a break as it stands: its message is released, and its balance is the account's from then on.
#[utoipa::path(post, path = "/internal/v2/chain/breaks/{sms_id}/accept", tag = "chain",
    request_body = AcceptBreakInput,
    params(("sms_id" = i64, Path, description = "The message's id")),
    responses(
        (status = 200, description = "The break as it stands now", body = ChainBreak),
        (status = 409, description = "It is no open break, or the version moved"),
    ))]
pub(super) async fn accept(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<AcceptBreakInput>,
) -> Result<HttpResponse, Problem> {
    let sms_id = int_id(&request, "sms_id")?;
    let accept = AcceptBreak { caller: write.caller, sms_id, input: write.input };
    send(&ask(&*service.state.reviews, accept).await?)
}
