//! `/recharge/list`: the wallet's orders, each with recon's match and the edge's approval, by one call to each a page.

use std::collections::HashMap;

use serde_json::Value;

use super::compat::Call;
use super::envelope::{Failure, Reply, Words, Wrong};
use super::params::{PageAsked, Params};
use super::peer::{expect, page};
use super::recharge::ORDERS;
use super::words::Say;
use crate::admin::approval::desk::{IntentsOf, OrdersWith};
use crate::admin::approval::intent::Approval;
use crate::admin::client::{Ask, Client};
use crate::admin::frozen::recharge::{NAMES, shown};
use crate::domain::time::UnixMs;
use crate::http::ports::ANSWER_WITHIN;

/// A peer takes so many ids at once,
const IDS_MAX: usize = 500;
/// and a request line has room for so many bytes of them.
const IDS_BYTES_MAX: usize = 6_000;
/// Orders of one approval state that are looked through; more have to be narrowed by another filter.
const WITH_APPROVAL_MAX: u64 = 1_000;

/// Which orders.
struct Filter {
    status: Option<String>,
    user_id: Option<String>,
    order_id: Option<String>,
    approval: Option<Approval>,
    from: Option<UnixMs>,
    to: Option<UnixMs>,
}

impl Filter {
    fn of(params: &mut Params) -> Self {
        let seconds = |seconds: i64| UnixMs(seconds.saturating_mul(1_000));
        let approval = params.text("approval");
        let known = approval.as_deref().and_then(|word| word.parse().ok());
        if approval.is_some() && known.is_none() {
            params.refuse("approval", Say::GiveApproval);
        }
        Self {
            status: params.text("status"),
            user_id: params.text("user_id"),
            order_id: params.text("order_id"),
            approval: known,
            from: params.integer("start_time").map(seconds),
            // The whole last second.
            to: params.integer("end_time").map(|end| seconds(end.saturating_add(1))),
        }
    }

    fn ask(&self) -> Ask {
        let mut ask = Ask::get(ORDERS);
        for (name, value) in [("status", &self.status), ("user_id", &self.user_id)] {
            if let Some(value) = value {
                ask = ask.with(name, value);
            }
        }
        for (name, at) in [("from", self.from), ("to", self.to)] {
            if let Some(at) = at {
                ask = ask.with(name, at);
            }
        }
        ask
    }
}

/// Answers the route.
pub(super) async fn answer(mut call: Call) -> Result<Reply, Failure> {
    let filter = Filter::of(&mut call.params);
    let asked = call.params.page();
    call.params.done()?;
    let (orders, total) = match (&filter.order_id, filter.approval) {
        (None, None) => match page(&call.state.wallet, || filter.ask(), asked, Clone::clone).await? {
            Reply::Page { list, total, .. } => (list, total),
            Reply::Object(_) => return Err(Failure::Failed),
        },
        _ => chosen(&call, &filter, asked).await?,
    };
    let ids: Vec<String> = orders.iter().filter_map(|order| order["order_id"].as_str()).map(str::to_owned).collect();
    let matched = matched(&call, &ids).await?;
    let intents = call.state.approvals.ask(IntentsOf(ids), ANSWER_WITHIN).await??;
    let now = call.state.clock.now();
    let old = |order: &Value| {
        let id = order["order_id"].as_str().unwrap_or_default();
        shown(order, matched.get(id).copied(), intents.get(id), now)
    };
    Ok(Reply::Page { list: orders.iter().map(old).collect(), total, asked })
}

/// Orders that are known by their ids: one that was named, or those whose approval stands so.
async fn chosen(call: &Call, filter: &Filter, asked: PageAsked) -> Result<(Vec<Value>, u64), Failure> {
    let mut ids = match filter.approval {
        Some(approval) => {
            let with = OrdersWith(approval, WITH_APPROVAL_MAX + 1);
            call.state.approvals.ask(with, ANSWER_WITHIN).await??
        }
        None => Vec::new(),
    };
    if u64::try_from(ids.len()).is_ok_and(|count| count > WITH_APPROVAL_MAX) && filter.order_id.is_none() {
        return Err(Failure::Invalid(vec![Wrong { field: "approval".to_owned(), say: Words::Key(Say::PageTooFar) }]));
    }
    if let Some(order_id) = &filter.order_id {
        let is_with = match filter.approval {
            None => true,
            Some(approval) => {
                let intents = call.state.approvals.ask(IntentsOf(vec![order_id.clone()]), ANSWER_WITHIN).await??;
                let now = call.state.clock.now();
                intents.get(order_id).is_some_and(|intent| intent.approval(now) == approval)
            }
        };
        ids = if is_with { vec![order_id.clone()] } else { Vec::new() };
    }
    let found = by_ids(&call.state.wallet, &ids, || filter.ask()).await?;
    let place: HashMap<&str, usize> = ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
    let mut orders = found;
    orders.sort_by_key(|order| order["order_id"].as_str().and_then(|id| place.get(id)).copied());
    let total = u64::try_from(orders.len()).unwrap_or(u64::MAX);
    let skip = usize::try_from((asked.page - 1).saturating_mul(asked.page_size)).unwrap_or(usize::MAX);
    let take = usize::try_from(asked.page_size).unwrap_or(usize::MAX);
    Ok((orders.into_iter().skip(skip).take(take).collect(), total))
}

/// The sms that recon has matched with each of these orders.
///
/// # Errors
/// 7503 where recon does not answer: no sms would say that there is none.
pub(super) async fn matched(call: &Call, ids: &[String]) -> Result<HashMap<String, i64>, Failure> {
    let orders = by_ids(&call.state.recon, ids, || Ask::get("/internal/v2/orders").with("matched", true)).await?;
    let pair = |order: &Value| Some((order["order_id"].as_str()?.to_owned(), order["match"]["sms_id"].as_i64()?));
    Ok(orders.iter().filter_map(pair).collect())
}

async fn by_ids(client: &Client, ids: &[String], ask: impl Fn() -> Ask) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    for joined in joined(ids) {
        let ask = ask().with("ids", joined).with("limit", IDS_MAX);
        let body = expect(client.call(&ask).await?, NAMES)?;
        found.extend(body["items"].as_array().cloned().unwrap_or_default());
    }
    Ok(found)
}

/// The ids with commas between, in as few parts as requests have room for.
fn joined(ids: &[String]) -> Vec<String> {
    let mut parts: Vec<(String, usize)> = Vec::new();
    for id in ids {
        let escaped = id.replace('%', "%25").replace(',', "%2C");
        match parts.last_mut() {
            Some((part, count)) if *count < IDS_MAX && part.len() + escaped.len() < IDS_BYTES_MAX => {
                part.push(',');
                part.push_str(&escaped);
                *count += 1;
            }
            _ => parts.push((escaped, 1)),
        }
    }
    parts.into_iter().map(|(part, _)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_ordinary_ids_is_one_request_and_strange_ones_are_escaped() {
        let ids: Vec<String> = (0..200).map(|number| format!("R-20260422-{number:06}")).collect();
        let parts = joined(&ids);
        assert_eq!((parts.len(), parts[0].split(',').count()), (1, 200));
        assert_eq!(joined(&["a,b".to_owned(), "50%".to_owned()]), ["a%2Cb,50%25"]);
        assert_eq!(joined(&[]), Vec::<String>::new());
        let long: Vec<String> = (0..5).map(|_| "x".repeat(2_500)).collect();
        assert_eq!(joined(&long).len(), 3, "two fit into one");
    }
}
