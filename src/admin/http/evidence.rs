//! `/recon/sms*`, `/recon/order`, `/recon/template/list|add`: what recon knows, in recon's own words. The old shapes have no
//! place for sightings, reasons, candidates, the balance chain and the history, and the console shows them.

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::compat::Call;
use super::envelope::{Failure, Reply};
use super::peer::{expect, write};
use crate::admin::client::{Ask, Client};

const SMS: &str = "/internal/v2/sms";
const TEMPLATES: &str = "/internal/v2/templates";
/// The filters of recon's list of messages, and its paging.
const SMS_FILTERS: [&str; 12] =
    ["state", "review", "sender", "source", "line", "order_id", "template_id", "q", "from", "to", "limit", "cursor"];

type Answering = LocalBoxFuture<'static, Result<Reply, Failure>>;

/// Recon's list of messages: `{"items","next_cursor","total"}`, newest first.
pub fn list_sms(call: Call) -> Answering {
    Box::pin(async move { listed(call, SMS, &SMS_FILTERS).await })
}

/// A message with everything that recon knows of it.
pub fn get_sms(mut call: Call) -> Answering {
    Box::pin(async move {
        let id = call.params.needed_integer("id");
        call.params.done()?;
        let detail = expect(call.state.recon.call(&Ask::get(format!("{SMS}/{id}"))).await?, &[])?;
        Ok(Reply::Object(detail))
    })
}

/// An order as recon has it, with its match and near misses, and as the wallet has it, with how it ended and its ledger entry.
/// The one that cannot answer is null and said to be unavailable; 7404 only where neither knows the order.
pub fn get_order(mut call: Call) -> Answering {
    Box::pin(async move {
        let order_id = call.params.needed_text("order_id");
        call.params.done()?;
        let segment = percent_encoding::utf8_percent_encode(&order_id, percent_encoding::NON_ALPHANUMERIC);
        let of_recon = Ask::get(format!("/internal/v2/orders/{segment}"));
        let of_wallet = Ask::get(format!("/internal/recharges/{segment}"));
        let (recon, wallet) = (&call.state.recon, &call.state.wallet);
        let (of_recon, of_wallet) = tokio::join!(found(recon, &of_recon), found(wallet, &of_wallet));
        if matches!((&of_recon, &of_wallet), (Some(None), Some(None))) {
            return Err(Failure::NotFound);
        }
        Ok(Reply::Object(json!({
            "order_id": order_id,
            "recon_available": of_recon.is_some(),
            "recon": of_recon.flatten(),
            "wallet_available": of_wallet.is_some(),
            "wallet": of_wallet.flatten(),
        })))
    })
}

/// None where the peer cannot say; none in it where there is no such thing.
async fn found(peer: &Client, ask: &Ask) -> Option<Option<Value>> {
    match peer.call(ask).await {
        Ok(answer) if answer.is_success() => Some(Some(answer.body)),
        Ok(answer) if answer.status == 404 => Some(None),
        _ => None,
    }
}

/// Recon's list of templates, with their versions and everything that they say.
pub fn list_templates(call: Call) -> Answering {
    Box::pin(async move { listed(call, TEMPLATES, &["limit", "cursor"]).await })
}

/// Adds a template as recon takes it, for instance as it was suggested: with its samples, currency and time zone.
pub fn add_template(mut call: Call) -> Answering {
    Box::pin(async move {
        let template = call.params.needed_object("template");
        call.params.done()?;
        let added = write(&call, Ask::post(TEMPLATES, template), &[]).await?;
        Ok(Reply::Object(added))
    })
}

async fn listed(mut call: Call, path: &'static str, filters: &[&str]) -> Result<Reply, Failure> {
    let mut ask = Ask::get(path).with("count", true);
    for name in filters {
        if let Some(value) = call.params.text(name) {
            ask = ask.with(name, value);
        }
    }
    call.params.done()?;
    Ok(Reply::Object(expect(call.state.recon.call(&ask).await?, &[])?))
}
