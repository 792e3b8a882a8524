//! Owns the recharge orders as the wallet tells them.

use std::collections::HashSet;

use actix::Message;
use serde_json::json;

use crate::contract::caller::{Answer, Caller};
use crate::contract::order::{OrderFilter, OrderView};
use crate::contract::page::{Page, PageRequest};
use crate::domain::order::{Order, OrderInput};
use crate::domain::refusal::{FieldError, Refusal};
use crate::store::order::{OrdersPut, put_orders};
use crate::store::{Done, Store};
use crate::supervision::{Child, Context, Nudger, Serve, Serving};
use crate::telemetry::names;

/// The kind of this actor.
pub const KIND: &str = "order_book";

/// Orders in one request at most.
pub const ORDERS_MAX: usize = 1_000;
/// Conflicts that are remembered as said.
const TOLD_MAX: usize = 10_000;
/// Wrong fields that are named in one refusal at most.
const ERRORS_MAX: usize = 50;

/// The actor.
#[derive(Debug)]
pub struct OrderBook {
    store: Store,
    matcher: Nudger,
    /// Orders and versions of which the log has said that their content differs: the wallet may send them for ever.
    told: HashSet<(String, i64)>,
}

impl OrderBook {
    /// An order book that wakes the matcher.
    #[must_use]
    pub fn new(store: Store, matcher: Nudger) -> Self {
        Self { store, matcher, told: HashSet::new() }
    }

    /// Counts the orders that came in a version that is here with other content, and says each once in the log.
    fn tell_conflicts(&mut self, conflicting: Vec<(String, i64)>) {
        let count = u64::try_from(conflicting.len()).unwrap_or(u64::MAX);
        metrics::counter!(names::ORDERS_CONFLICTING).increment(count);
        if self.told.len() > TOLD_MAX {
            self.told.clear();
        }
        for (order_id, version) in conflicting {
            if self.told.insert((order_id.clone(), version)) {
                tracing::warn!(
                    order.id = order_id,
                    order.version = version,
                    "the wallet told an order again in the same version with other content; what is here stays"
                );
            }
        }
    }
}

impl Child for OrderBook {}

/// Takes orders: 200 with `OrdersTaken`. An older version changes nothing.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct PutOrders {
    /// Who tells.
    pub caller: Caller,
    /// 1 to 1,000 orders.
    pub orders: Vec<OrderInput>,
}

impl Serve<PutOrders> for OrderBook {
    fn serve<'a>(&'a mut self, msg: PutOrders, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move {
            let orders = orders_of(msg.orders)?;
            let now = self.store.now();
            let mut conflicting = Vec::new();
            let answer = self
                .store
                .command(&msg.caller, "orders.put", async |txn| {
                    let OrdersPut { taken, conflicting: differing } = put_orders(txn, &orders, now).await?;
                    let subject = match orders.as_slice() {
                        [one] => format!("order/{}", one.order_id),
                        many => format!("orders/{}", many.len()),
                    };
                    let ids: Vec<&str> = orders.iter().map(|order| order.order_id.as_str()).collect();
                    let other: Vec<&str> = differing.iter().map(|(id, _)| id.as_str()).collect();
                    let detail = json!({
                        "orders": ids, "upserted": taken.upserted, "stale": taken.stale, "conflicting": other,
                    });
                    conflicting = differing;
                    Ok(Done { answer: Answer::new(200, &taken)?, subject, detail })
                })
                .await?;
            self.tell_conflicts(conflicting);
            self.matcher.nudge();
            Ok(answer)
        })
    }
}

/// Checks a request's orders and reads their money.
fn orders_of(inputs: Vec<OrderInput>) -> Result<Vec<Order>, Refusal> {
    if inputs.is_empty() || inputs.len() > ORDERS_MAX {
        return Err(Refusal::invalid("orders", format!("give 1 to {ORDERS_MAX} orders, not {}", inputs.len())));
    }
    let mut errors = Vec::new();
    let mut orders = Vec::with_capacity(inputs.len());
    let mut seen: HashSet<(String, i64)> = HashSet::new();
    for (index, input) in inputs.into_iter().enumerate() {
        let place = |field: &str| format!("orders[{index}].{field}");
        if !seen.insert((input.order_id.clone(), input.version)) {
            errors.push(FieldError::new(place("order_id"), "this order stands in the request twice with one version"));
        }
        match input.into_order() {
            Ok(order) => orders.push(order),
            Err(wrong) => {
                errors.extend(wrong.into_iter().map(|error| FieldError::new(place(&error.field), error.message)));
            }
        }
        if errors.len() >= ERRORS_MAX {
            break;
        }
    }
    if errors.is_empty() { Ok(orders) } else { Err(Refusal::Invalid(errors)) }
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

impl Serve<ListOrders> for OrderBook {
    fn serve<'a>(
        &'a mut self,
        msg: ListOrders,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<OrderView>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.order_page(&msg.filter, msg.page).await?) })
    }
}

/// One order with its match.
#[derive(Debug, Message)]
#[rtype(result = "Result<OrderView, Refusal>")]
pub struct GetOrder {
    /// The wallet's id of it.
    pub order_id: String,
}

impl Serve<GetOrder> for OrderBook {
    fn serve<'a>(&'a mut self, msg: GetOrder, _cx: &'a mut Context<Self>) -> Serving<'a, Result<OrderView, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move {
            let order = store.order_view(&msg.order_id).await?;
            order.ok_or_else(|| Refusal::NotFound(format!("there is no order {}", msg.order_id)))
        })
    }
}
