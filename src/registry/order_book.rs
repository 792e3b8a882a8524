//! Owns the recharge orders as the wallet tells them.

use actix::Message;

use crate::contract::caller::{Answer, Caller};
use crate::contract::order::{OrderFilter, OrderView};
use crate::contract::page::{Page, PageRequest};
use crate::domain::order::OrderInput;
use crate::domain::refusal::Refusal;

/// The actor.
#[derive(Debug)]
pub struct OrderBook;

/// Takes orders: 200 with `OrdersTaken`. An older version changes nothing.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct PutOrders {
    /// Who tells.
    pub caller: Caller,
    /// 1 to 1,000 orders.
    pub orders: Vec<OrderInput>,
}

/// A page of the orders.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<OrderView>, Refusal>")]
pub struct ListOrders {
    /// Which orders.
    pub filter: OrderFilter,
    /// Which page.
    pub page: PageRequest,
}

/// One order with its match.
#[derive(Debug, Message)]
#[rtype(result = "Result<OrderView, Refusal>")]
pub struct GetOrder {
    /// The wallet's id of it.
    pub order_id: String,
}
