//! `/recharge/*`: recharge orders, and the only way to money.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::compat::Call;
use super::envelope::{Failure, Reply, Words, Wrong};
use super::peer::refused;
use super::recharge_page as list;
use super::words::Say;
use crate::admin::approval::desk::{Approve, IntentOfKey, IntentsOf, NoteClosing};
use crate::admin::approval::intent::{Intent, IntentState};
use crate::admin::approval::{Asked, NotBegun, segment};
use crate::admin::client::Ask;
use crate::admin::frozen::recharge::{detailed, shown};
use crate::admin::permission::Permission;
use crate::database::StoreError;
use crate::domain::money::Money;
use crate::http::ports::ANSWER_WITHIN;
use crate::supervision::AskError;

/// Where the wallet's orders are.
pub(super) const ORDERS: &str = "/internal/recharges";

/// Reading, storing and sending end well before. It must not come late: 7503 says that nothing was begun.
const APPROVED_WITHIN: Duration = Duration::from_secs(30);
/// A look at the order after its approval is worth so much waiting.
const LOOK_WITHIN: Duration = Duration::from_secs(2);
const NOTE_MAX: usize = 1_000;

type Answering = LocalBoxFuture<'static, Result<Reply, Failure>>;

/// The orders, newest first.
pub fn list_recharges(call: Call) -> Answering {
    Box::pin(list::answer(call))
}

/// One order, with all that is known of its approval.
pub fn get_recharge(mut call: Call) -> Answering {
    Box::pin(async move {
        let order_id = call.params.needed_text("order_id");
        call.params.done()?;
        let order = order(&call, &order_id).await?;
        let intent = intent_of(&call, &order_id).await?;
        let matched = list::matched(&call, std::slice::from_ref(&order_id)).await?.remove(&order_id);
        Ok(Reply::Object(detailed(&order, matched, intent.as_ref(), call.state.clock.now())))
    })
}

/// Approves an order with the deposit that it is matched with: 0 with the order once the intent is stored, whatever becomes
/// of the wallet's answer.
pub fn approve_recharge(mut call: Call) -> Answering {
    Box::pin(async move {
        let order_id = call.params.needed_text("order_id");
        let sms_id = call.params.integer("sms_id");
        let version = call.params.needed_integer("version");
        let note = note(&mut call, "note");
        call.params.done()?;
        let operator = call.operator()?;
        let asked = Asked {
            key: hex::encode(rand::random::<[u8; 16]>()),
            order_id: order_id.clone(),
            sms_id,
            version,
            note,
            operator: operator.username.clone(),
            operator_id: operator.id,
            may_override: operator.role.may(Permission::Override),
        };
        let key = asked.key.clone();
        let begun = match call.state.approvals.ask(Approve(asked), APPROVED_WITHIN).await {
            Ok(begun) => begun,
            // Whether it was begun the rows know.
            Err(AskError::Lost | AskError::Late) => match intent_of_key(&call, key).await? {
                Some(intent) => Ok((intent.clone(), ordered(&intent))),
                None => return Err(Failure::Unavailable { retry_after_s: 1 }),
            },
            Err(error) => return Err(error.into()),
        };
        let (intent, told) = match begun {
            Ok(begun) => begun,
            Err(NotBegun::NoOrder) => return Err(Failure::NotFound),
            Err(NotBegun::NoLonger) => return Err(Failure::Conflict(current(&call, &order_id).await?)),
            Err(NotBegun::NeedsOverride) => return Err(Failure::Forbidden),
            Err(NotBegun::NeedsNote) => {
                return Err(Failure::Invalid(vec![Wrong { field: "note".to_owned(), say: Words::Key(Say::GiveNote) }]));
            }
            Err(NotBegun::Away(wait)) => return Err(Failure::Unavailable { retry_after_s: wait.as_secs().max(1) }),
        };
        if intent.state == IntentState::Refused {
            return Err(Failure::Conflict(current(&call, &order_id).await?));
        }
        // As it is now, where the wallet says so soon; else as it was read.
        let now = match tokio::time::timeout(LOOK_WITHIN, order(&call, &order_id)).await {
            Ok(Ok(order)) => order,
            _ => told,
        };
        Ok(Reply::Object(detailed(&now, None, Some(&intent), call.state.clock.now())))
    })
}

/// Refuses an order.
pub fn reject_recharge(call: Call) -> Answering {
    close(call, "reject")
}

/// Withdraws an order.
pub fn cancel_recharge(call: Call) -> Answering {
    close(call, "cancel")
}

fn close(mut call: Call, how: &'static str) -> Answering {
    Box::pin(async move {
        let order_id = call.params.needed_text("order_id");
        let version = call.params.integer("version");
        call.params.needed_text("reason");
        let reason = note(&mut call, "reason").unwrap_or_default();
        call.params.done()?;
        // What may be credited at any moment is not ended beside it. Whoever approves between this and the wallet's answer
        // meets the wallet's own judgement.
        if intent_of(&call, &order_id).await?.is_some_and(|intent| intent.is_live()) {
            return Err(Failure::Conflict(current(&call, &order_id).await?));
        }
        let operator = call.operator()?.username.clone();
        let mut body = json!({"operator": operator, "reason": reason});
        if let Some(version) = version {
            body["version"] = json!(version);
        }
        let key = hex::encode(rand::random::<[u8; 16]>());
        let ask = Ask::post(format!("{ORDERS}/{}/{how}", segment(&order_id)), body).once(key);
        let answer = call.state.wallet.call(&ask).await?;
        match answer.status {
            200 => {
                // The wallet has the operator and the reason, too: it is no reason to fail that the edge's own audit cannot.
                let noted = NoteClosing { operator, how, order_id: order_id.clone(), reason };
                if !matches!(call.state.approvals.ask(noted, ANSWER_WITHIN).await, Ok(Ok(()))) {
                    tracing::error!(order.id = order_id, "an order was ended, and the edge's audit could not be told");
                }
                let intent = intent_of(&call, &order_id).await?;
                Ok(Reply::Object(shown(
                    &order(&call, &order_id).await.unwrap_or(answer.body),
                    None,
                    intent.as_ref(),
                    call.state.clock.now(),
                )))
            }
            409 => Err(Failure::Conflict(current(&call, &order_id).await?)),
            _ => Err(refused(&answer, &[])),
        }
    })
}

/// What an intent knows of its order, where nobody has just read it.
fn ordered(intent: &Intent) -> Value {
    let decided = &intent.decided;
    let money = Money { minor: decided.ordered, ..decided.money };
    json!({
        "order_id": decided.order_id, "user_id": decided.user_id, "amount": money.to_major(),
        "currency": money.currency, "version": decided.order_version,
    })
}

/// An order as the wallet tells it.
async fn order(call: &Call, order_id: &str) -> Result<Value, Failure> {
    let answer = call.state.wallet.call(&Ask::get(format!("{ORDERS}/{}", segment(order_id)))).await?;
    super::peer::expect(answer, &[])
}

/// The order as it is now, for a 7409. What recon cannot say meanwhile stays open.
async fn current(call: &Call, order_id: &str) -> Result<Value, Failure> {
    let order = order(call, order_id).await?;
    let intent = intent_of(call, order_id).await?;
    let ids = [order_id.to_owned()];
    let matched = list::matched(call, &ids).await.ok().and_then(|mut matched| matched.remove(order_id));
    Ok(shown(&order, matched, intent.as_ref(), call.state.clock.now()))
}

async fn intent_of(call: &Call, order_id: &str) -> Result<Option<Intent>, Failure> {
    let ids = vec![order_id.to_owned()];
    Ok(call.state.approvals.ask(IntentsOf(ids), ANSWER_WITHIN).await??.remove(order_id))
}

async fn intent_of_key(call: &Call, key: String) -> Result<Option<Intent>, Failure> {
    Ok(call.state.approvals.ask(IntentOfKey(key), ANSWER_WITHIN).await??)
}

/// A text of one line that the wallet takes, too.
fn note(call: &mut Call, name: &str) -> Option<String> {
    let text = call.params.text(name)?;
    let line: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    if line.chars().count() > NOTE_MAX {
        call.params.refuse(name, Say::TooLong);
        return None;
    }
    Some(line)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the admin edge's store cannot answer");
        Self::Unavailable { retry_after_s: 1 }
    }
}
