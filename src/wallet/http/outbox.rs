//! The order events on their way to recon.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::Wallet;
use crate::contract::page::Page;
use crate::http::answer::send;
use crate::http::error::Problem;
use crate::http::ports::ask;
use crate::http::request::{NoBody, QueryReader, Write, int_id};
use crate::http::resource::Path;
use crate::wallet::contract::{EventState, EventView};
use crate::wallet::ledger_book::RetryEvent;
use crate::wallet::reads::ListEvents;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/outbox").get(web::route().to(list)).service())
        .service(Path::new("/outbox/{id}/retry").post(web::route().to(retry)).service());
}

/// The order events, newest first.
#[utoipa::path(get, path = "/internal/outbox", tag = "outbox",
    params(("state" = Option<EventState>, Query, description = "In this state")),
    responses((status = 200, description = "A page", body = Page<EventView>)))]
pub(super) async fn list(wallet: Data<Wallet>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let state = query.parsed("state");
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&wallet.ledger, ListEvents { state, page }).await?))
}

/// Has an event that recon refused told again.
#[utoipa::path(post, path = "/internal/outbox/{id}/retry", tag = "outbox",
    params(("id" = i64, Path, description = "The event's id")),
    responses((status = 200, description = "The event", body = EventView),
        (status = 409, description = "The event was not refused")))]
pub(super) async fn retry(
    wallet: Data<Wallet>,
    request: HttpRequest,
    write: Write<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&wallet.ledger, RetryEvent { caller: write.caller, id }).await?)
}
