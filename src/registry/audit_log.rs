//! Reads the audit log, and records what operators do to actors.

use actix::Message;
use futures_util::FutureExt as _;
use serde_json::json;

use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::system::{AuditFilter, AuditView};
use crate::domain::refusal::Refusal;
use crate::store::{Done, Store};
use crate::supervision::{Child, Context, Serve, Serving, Supervision};

/// The kind of this actor, and its id.
pub const KIND: &str = "audit_log";

/// The actor.
#[derive(Debug)]
pub struct AuditLog {
    store: Store,
    supervision: Supervision,
}

impl AuditLog {
    /// The actor over `store`, acting through `supervision`.
    #[must_use]
    pub fn new(store: Store, supervision: Supervision) -> Self {
        Self { store, supervision }
    }
}

/// Records what is asked for, does it, and records what came of it. Works without the actor's mailbox, so that a dead or
/// stuck one obeys too.
async fn control(store: Store, supervision: Supervision, asked: ControlActor) -> Result<Answer, Refusal> {
    let ControlActor { caller, id, control, reason } = asked;
    if let Some(answer) = store.answered(&caller).await? {
        return Ok(answer);
    }
    let Some(before) = supervision.get(&id) else { return Err(unknown(&id)) };
    let subject = format!("actor/{id}");
    let detail = json!({ "reason": &reason, "generation": before.generation, "state": before.state });
    store.note(&caller, &format!("actor.{control}"), &subject, &detail).await?;
    let why = format!("{} asked{}", caller.name(), reason.map(|reason| format!(": {reason}")).unwrap_or_default());
    let outcome = match control {
        // Waiting for the end of the actor that waits would never end, and once stopped nobody could start it again.
        Control::Restart | Control::Stop if id == KIND => Ok(before.generation + 1),
        Control::Restart => supervision.restart(&id, &why).await,
        Control::Stop => supervision.stop(&id, &why).await,
        Control::Start => supervision.start_again(&id, &why).await,
    };
    let action = format!("actor.{}", control.past());
    let Ok(generation) = outcome else {
        let detail = json!({ "error": "it was removed meanwhile, or the process is ending" });
        store.note(&caller, &format!("actor.not_{}", control.past()), &subject, &detail).await?;
        return Err(unknown(&id));
    };
    let answer = Answer::new(202, &json!({ "id": id, "generation": generation }))?;
    let done = Done { answer: answer.clone(), subject, detail: json!({ "generation": generation }) };
    let saved = store.command(&caller, &action, async |_txn| Ok(done)).await;
    if id == KIND && control != Control::Start {
        // The request is made by the first poll; what comes of it is not for this instance to see.
        drop(supervision.restart(&id, &why).now_or_never());
    }
    // It is done and its asking is on record: the answer does not hang on the second entry.
    Ok(saved.unwrap_or_else(|error| {
        tracing::error!(%error, actor.id = id, "the outcome of an operator's control could not be recorded");
        answer
    }))
}

fn unknown(id: &str) -> Refusal {
    Refusal::NotFound(format!("there is no actor {id:?}"))
}

impl Child for AuditLog {}

impl Serve<ListAudit> for AuditLog {
    fn serve<'a>(
        &'a mut self,
        msg: ListAudit,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<AuditView>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.audit_page(&msg.filter, msg.page).await?) })
    }
}

impl Serve<ControlActor> for AuditLog {
    fn serve<'a>(&'a mut self, msg: ControlActor, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        // Beside: one request that waits for the supervisor must not hold up the others.
        Serving::detached(control(self.store.clone(), self.supervision.clone(), msg))
    }
}

/// A page of the audit log.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<AuditView>, Refusal>")]
pub struct ListAudit {
    /// Which entries.
    pub filter: AuditFilter,
    /// Which page.
    pub page: PageRequest,
}

/// Restarts, stops or starts an actor and records it: 202 with `{"id","generation"}`; 404 for an unknown id.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ControlActor {
    /// Who asks.
    pub caller: Caller,
    /// Which actor.
    pub id: String,
    /// What to do.
    pub control: Control,
    /// Why, for the record.
    pub reason: Option<String>,
}

crate::text_enum! {
    /// What an operator does to an actor.
    pub enum Control {
        /// A new instance, also when the old one is dead or stuck.
        Restart = "restart",
        /// No instance until somebody starts it.
        Stop = "stop",
        /// An instance, where there is none.
        Start = "start",
    }
}

impl Control {
    /// How the audit says that it is done.
    const fn past(self) -> &'static str {
        match self {
            Self::Restart => "restarted",
            Self::Stop => "stopped",
            Self::Start => "started",
        }
    }
}

#[cfg(test)]
mod tests;
