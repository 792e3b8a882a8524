//! Recharge orders: placed, approved, rejected, cancelled.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::Wallet;
use crate::contract::page::Page;
use crate::domain::order::{OrderInput, OrderStatus};
use crate::domain::time::UnixMs;
use crate::http::answer::send;
use crate::http::error::Problem;
use crate::http::ports::ask;
use crate::http::request::{QueryReader, RequestBody, Write, no_query, required_key, text_id};
use crate::http::resource::Path;
use crate::wallet::contract::{
    ApproveInput, Approved, CloseInput, RechargeFilter, RechargeInput, RechargeItem, RechargeView,
};
use crate::wallet::ledger_book::{ApproveRecharge, CloseRecharge, PlaceRecharge};
use crate::wallet::reads::{GetRecharge, ListRecharges};

impl RequestBody for RechargeInput {}
impl RequestBody for ApproveInput {}
impl RequestBody for CloseInput {}

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/recharges").get(web::route().to(list)).post(web::route().to(place)).service())
        .service(Path::new("/recharges/{order_id}").get(web::route().to(get)).service())
        .service(Path::new("/recharges/{order_id}/approve").post(web::route().to(approve)).service())
        .service(Path::new("/recharges/{order_id}/reject").post(web::route().to(reject)).service())
        .service(Path::new("/recharges/{order_id}/cancel").post(web::route().to(cancel)).service());
}

/// Places an order. Its id is unique for ever.
#[utoipa::path(post, path = "/internal/recharges", tag = "recharges", request_body = RechargeInput,
    responses((status = 201, description = "The order", body = OrderInput),
        (status = 409, description = "There was an order of this id; `current` is what it is now")))]
pub(super) async fn place(wallet: Data<Wallet>, write: Write<RechargeInput>) -> Result<HttpResponse, Problem> {
    send(&ask(&wallet.ledger, PlaceRecharge { caller: write.caller, input: write.input }).await?)
}

/// The orders that fit the filter, newest first.
#[utoipa::path(get, path = "/internal/recharges", tag = "recharges",
    params(
        ("status" = Option<OrderStatus>, Query, description = "With this status"),
        ("user_id" = Option<String>, Query, description = "Of this user"),
        ("ids" = Option<String>, Query, description = "With one of these ids, up to 500, with commas between; a comma or a % in an id is written %2C or %25"),
        ("from" = Option<UnixMs>, Query, description = "Placed at this time or later"),
        ("to" = Option<UnixMs>, Query, description = "Placed before this time"),
    ),
    responses((status = 200, description = "A page", body = Page<RechargeItem>)))]
pub(super) async fn list(wallet: Data<Wallet>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let filter = RechargeFilter {
        status: query.parsed("status"),
        user_id: query.text("user_id"),
        ids: query.ids("ids"),
        from: query.parsed("from"),
        to: query.parsed("to"),
    };
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&wallet.ledger, ListRecharges { filter, page }).await?))
}

/// One order, with how it ended.
#[utoipa::path(get, path = "/internal/recharges/{order_id}", tag = "recharges",
    params(("order_id" = String, Path, description = "The order's id")),
    responses((status = 200, description = "The order", body = RechargeView)))]
pub(super) async fn get(wallet: Data<Wallet>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let order_id = text_id(&request, "order_id")?;
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(ask(&wallet.ledger, GetRecharge { order_id }).await?))
}

/// Approves an open order and credits its user, once. The same key and body are answered as the first time, for ever.
#[utoipa::path(post, path = "/internal/recharges/{order_id}/approve", tag = "recharges", request_body = ApproveInput,
    params(
        ("order_id" = String, Path, description = "The order's id"),
        ("Idempotency-Key" = String, Header, description = "The approval's key; needed"),
    ),
    responses((status = 200, description = "The credit", body = Approved),
        (status = 409, description = "The order is in another state (`current`) or version, or the deposit paid an order already")))]
pub(super) async fn approve(
    wallet: Data<Wallet>,
    request: HttpRequest,
    write: Write<ApproveInput>,
) -> Result<HttpResponse, Problem> {
    required_key(&write.caller)?;
    let order_id = text_id(&request, "order_id")?;
    send(&ask(&wallet.ledger, ApproveRecharge { caller: write.caller, order_id, input: write.input }).await?)
}

/// Refuses an open order.
#[utoipa::path(post, path = "/internal/recharges/{order_id}/reject", tag = "recharges", request_body = CloseInput,
    params(("order_id" = String, Path, description = "The order's id")),
    responses((status = 200, description = "The order", body = OrderInput),
        (status = 409, description = "The order is in another state (`current`) or version")))]
pub(super) async fn reject(
    wallet: Data<Wallet>,
    request: HttpRequest,
    write: Write<CloseInput>,
) -> Result<HttpResponse, Problem> {
    close(&wallet, &request, OrderStatus::Rejected, write).await
}

/// Withdraws an open order.
#[utoipa::path(post, path = "/internal/recharges/{order_id}/cancel", tag = "recharges", request_body = CloseInput,
    params(("order_id" = String, Path, description = "The order's id")),
    responses((status = 200, description = "The order", body = OrderInput),
        (status = 409, description = "The order is in another state (`current`) or version")))]
pub(super) async fn cancel(
    wallet: Data<Wallet>,
    request: HttpRequest,
    write: Write<CloseInput>,
) -> Result<HttpResponse, Problem> {
    close(&wallet, &request, OrderStatus::Cancelled, write).await
}

async fn close(
    wallet: &Wallet,
    request: &HttpRequest,
    to: OrderStatus,
    write: Write<CloseInput>,
) -> Result<HttpResponse, Problem> {
    let order_id = text_id(request, "order_id")?;
    let Write { caller, input } = write;
    send(&ask(&wallet.ledger, CloseRecharge { caller, order_id, to, input }).await?)
}
