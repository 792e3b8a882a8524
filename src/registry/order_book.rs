//! Owns the recharge orders as the wallet tells them.

use std::collections::HashSet;

use actix::Message;
use serde_json::json;

use crate::contract::caller::{Answer, Caller};
use crate::contract::order::{OrderDetail, OrderFilter, OrderView};
use crate::contract::page::{Page, PageRequest};
use crate::domain::matching::Windows;
use crate::domain::money::{Currency, Money};
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
    windows: Windows,
    /// Orders and versions of which the log has said that their content differs: the wallet may send them for ever.
    told: HashSet<(String, i64)>,
}

impl OrderBook {
    /// An order book that wakes the matcher.
    #[must_use]
    pub fn new(store: Store, matcher: Nudger, windows: Windows) -> Self {
        Self { store, matcher, windows, told: HashSet::new() }
    }

    /// Takes orders, and wakes the matcher.
    ///
    /// # Errors
    /// Where one of them is wrong, or the store cannot commit: then none is taken.
    pub async fn put(&mut self, caller: &Caller, orders: Vec<OrderInput>) -> Result<Answer, Refusal> {
        let orders = orders_of(orders)?;
        let now = self.store.now();
        let mut conflicting = Vec::new();
        let answer = self
            .store
            .command(caller, "orders.put", async |txn| {
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
        Serving::exclusive(async move { self.put(&msg.caller, msg.orders).await })
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
        match order_of(input) {
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

fn order_of(input: OrderInput) -> Result<Order, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut text = |field: &str, value: &str, least: usize, most: usize| {
        let length = value.chars().count();
        if length < least || length > most {
            errors.push(FieldError::new(field, format!("must have {least} to {most} characters, not {length}")));
        } else if value.chars().any(char::is_control) {
            errors.push(FieldError::new(field, "must have no control characters"));
        }
    };
    text("order_id", &input.order_id, 1, 128);
    text("user_id", &input.user_id, 1, 128);
    text("depositor", &input.depositor, 0, 200);
    text("reference", input.reference.as_deref().unwrap_or_default(), 0, 200);
    text("account", input.account.as_deref().unwrap_or_default(), 0, 64);
    if input.version < 1 {
        errors.push(FieldError::new("version", "must be 1 or more"));
    }
    if input.expires_at.is_some_and(|ends| ends < input.created_at) {
        errors.push(FieldError::new("expires_at", "must not be before created_at"));
    }
    let money = match input.currency.parse::<Currency>() {
        Ok(Currency::TEST) => {
            errors.push(FieldError::new("currency", "XTS is kept for the service's own heartbeat"));
            None
        }
        Ok(currency) => match Money::from_major(&input.amount, currency) {
            Ok(money) if money.minor > 0 => Some(money),
            Ok(_) => {
                errors.push(FieldError::new("amount", "must be above zero"));
                None
            }
            Err(error) => {
                errors.push(FieldError::new("amount", error.to_string()));
                None
            }
        },
        Err(error) => {
            errors.push(FieldError::new("currency", error.to_string()));
            None
        }
    };
    let present = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    match money {
        Some(money) if errors.is_empty() => Ok(Order {
            order_id: input.order_id,
            user_id: input.user_id,
            money,
            depositor: input.depositor,
            reference: present(input.reference),
            account: present(input.account),
            status: input.status,
            created_at: input.created_at,
            expires_at: input.expires_at,
            version: input.version,
        }),
        _ => Err(errors),
    }
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

/// One order with its match, and what nearly fits it.
#[derive(Debug, Message)]
#[rtype(result = "Result<OrderDetail, Refusal>")]
pub struct GetOrder {
    /// The wallet's id of it.
    pub order_id: String,
}

impl Serve<GetOrder> for OrderBook {
    fn serve<'a>(&'a mut self, msg: GetOrder, _cx: &'a mut Context<Self>) -> Serving<'a, Result<OrderDetail, Refusal>> {
        let (store, windows) = (self.store.clone(), self.windows);
        Serving::detached(async move {
            let order = store.order_view(&msg.order_id).await?;
            let order = order.ok_or_else(|| Refusal::NotFound(format!("there is no order {}", msg.order_id)))?;
            let near_misses = store.near_misses_of_order(&msg.order_id, &windows).await?;
            Ok(OrderDetail { order, near_misses })
        })
    }
}
