//! The recharge orders, as the wallet tells them and as they are matched.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::order::{OrderDetail, OrderFilter, OrderView, OrdersInput, OrdersTaken};
use crate::contract::page::Page;
use crate::domain::order::OrderStatus;
use crate::registry::order_book::{GetOrder, ListOrders, PutOrders};

use super::answer::send;
use super::error::Problem;
use super::ports::ask;
use super::request::{QueryReader, Write, no_query, text_id};
use super::resource::Path;
use super::server::Service;

/// A thousand orders with every field at its longest.
const BODY_MAX: usize = 4 * 1024 * 1024;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            Path::new("/v2/orders").get(web::route().to(list)).put(web::route().to(put)).body_limit(BODY_MAX).service(),
        )
        .service(Path::new("/v2/orders/{order_id}").get(web::route().to(get)).service());
}

/// Takes orders. An order that is here in a newer version stays as it is.
#[utoipa::path(put, path = "/internal/v2/orders", tag = "orders", request_body = OrdersInput,
    responses((status = 200, description = "What became of them", body = OrdersTaken)))]
pub(super) async fn put(service: Data<Service>, write: Write<OrdersInput>) -> Result<HttpResponse, Problem> {
    send(&ask(&*service.state.orders, PutOrders { caller: write.caller, orders: write.input.orders }).await?)
}

/// The orders that fit the filter, newest first.
#[utoipa::path(get, path = "/internal/v2/orders", tag = "orders",
    params(
        ("status" = Option<OrderStatus>, Query, description = "With this status"),
        ("user_id" = Option<String>, Query, description = "Of this user"),
        ("matched" = Option<bool>, Query, description = "In a pair, or not"),
        ("ids" = Option<String>, Query, description = "With one of these ids, up to 500, with commas between; a comma or a % in an id is written %2C or %25"),
    ),
    responses((status = 200, description = "A page", body = Page<OrderView>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let filter = OrderFilter {
        status: query.parsed("status"),
        user_id: query.text("user_id"),
        matched: query.flag("matched"),
        ids: query.ids("ids"),
    };
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.orders, ListOrders { filter, page }).await?))
}

/// One order with its match, and what nearly fits it.
#[utoipa::path(get, path = "/internal/v2/orders/{order_id}", tag = "orders",
    params(("order_id" = String, Path, description = "The wallet's id of the order")),
    responses((status = 200, description = "The order", body = OrderDetail)))]
pub(super) async fn get(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let order_id = text_id(&request, "order_id")?;
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.orders, GetOrder { order_id }).await?))
}
