//! Restarts, stops and starts actors of any process for operators, and records it.
//!
//! No actor itself, but what a request runs: it goes by nobody's mailbox, so that every actor obeys, the audit log and
//! the supervisor too, dead or stuck.

use std::time::Duration;

use actix::Message;
use entity::control_request;
use serde::Serialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::bus::{Fleet, Place, carry_out};
use crate::contract::caller::{Answer, Caller};
use crate::contract::system::Control;
use crate::domain::refusal::Refusal;
use crate::store::control::Outcome;
use crate::store::{Done, Store, StoreError};
use crate::supervision::Nudger;

/// How long another process may take to take a request. Then it is given up, and will not be carried out.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// How long it may take until it is done. What was taken and not done by then may still be.
const DONE_WITHIN: Duration = Duration::from_secs(9);
/// How often we look whether it is done.
const LOOK: Duration = Duration::from_millis(50);

/// Restarts, stops or starts an actor and records it: 202 with `{"id","generation","processes"}`; 404 for an unknown id;
/// 503 where a process does not do it in time.
///
/// Without `process` it is done in every process that runs the actor and is not stale; where all are stale, in all.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ControlActor {
    /// Who asks.
    pub caller: Caller,
    /// Which actor.
    pub id: String,
    /// In which process; none: in every one.
    pub process: Option<String>,
    /// What to do.
    pub control: Control,
    /// Why, for the record.
    pub reason: Option<String>,
}

/// The generation of an actor in one process.
#[derive(Clone, Debug, Serialize)]
struct Controlled {
    process: String,
    generation: u64,
}

/// What does it.
#[derive(Clone, Debug)]
pub struct ActorControl {
    store: Store,
    fleet: Fleet,
    /// Tells other processes that something is asked of them.
    relay: Nudger,
}

impl ActorControl {
    /// Control over the actors of `fleet`, recorded in `store`; `relay` is nudged when something is asked of another process.
    #[must_use]
    pub fn new(store: Store, fleet: Fleet, relay: Nudger) -> Self {
        Self { store, fleet, relay }
    }

    /// Records what is asked for, does it, and records what came of it.
    ///
    /// # Errors
    /// There is no such actor; a process did not do it in time; the store cannot commit.
    pub async fn control(&self, asked: ControlActor) -> Result<Answer, Refusal> {
        let ControlActor { caller, id, process, control, reason } = asked;
        if let Some(answer) = self.store.answered(&caller).await? {
            return Ok(answer);
        }
        let places = self.places(&id, process.as_deref())?;
        let subject = format!("actor/{id}");
        let before: Vec<_> = places
            .iter()
            .map(|place| json!({ "process": place.process, "generation": place.actor.generation, "state": place.actor.state }))
            .collect();
        let detail = json!({ "reason": &reason, "before": before });
        self.store.note(&caller, &format!("actor.{control}"), &subject, &detail).await?;
        let why = format!(
            "{} asked{}",
            caller.name(),
            reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
        );
        let (done, not_done) = self.carry_out_in(&places, &id, control, &why).await?;
        if !not_done.is_empty() || done.is_empty() {
            let detail = json!({ "reason": &reason, "processes": &done, "not_done": &not_done });
            self.store.note(&caller, &format!("actor.not_{}", control.past()), &subject, &detail).await?;
            return Err(if not_done.is_empty() { unknown(&id) } else { Refusal::Unavailable(not_done.join("; ")) });
        }
        let generation = done.iter().map(|done| done.generation).max();
        let answer = Answer::new(202, &json!({ "id": id, "generation": generation, "processes": &done }))?;
        let saved = Done { answer: answer.clone(), subject, detail: json!({ "reason": &reason, "processes": &done }) };
        let saved = self.store.command(&caller, &format!("actor.{}", control.past()), async |_txn| Ok(saved)).await;
        // It is done and its asking is on record: the answer does not hang on the second entry.
        Ok(saved.unwrap_or_else(|error| {
            tracing::error!(%error, actor.id = id, "the outcome of an operator's control could not be recorded");
            answer
        }))
    }

    fn places(&self, id: &str, process: Option<&str>) -> Result<Vec<Place>, Refusal> {
        let mut places = self.fleet.places_of(id);
        if let Some(process) = process {
            places.retain(|place| place.process == process);
            if places.is_empty() {
                return Err(Refusal::NotFound(format!("there is no actor {id:?} in a process {process:?}")));
            }
        } else if places.iter().any(|place| !place.stale) {
            places.retain(|place| !place.stale);
        }
        if places.is_empty() { Err(unknown(id)) } else { Ok(places) }
    }

    /// Does it in all places at once: where it is done, and why it is not elsewhere.
    async fn carry_out_in(
        &self,
        places: &[Place],
        id: &str,
        control: Control,
        why: &str,
    ) -> Result<(Vec<Controlled>, Vec<String>), StoreError> {
        let here = async {
            if !places.iter().any(|place| place.here) {
                return None;
            }
            let generation = carry_out(self.fleet.supervision(), id, control, why).await.ok()?;
            Some(Controlled { process: self.fleet.process().to_owned(), generation })
        };
        let processes: Vec<String> =
            places.iter().filter(|place| !place.here).map(|place| place.process.clone()).collect();
        let elsewhere = async {
            if processes.is_empty() {
                return Ok(Vec::new());
            }
            let ids = self.store.request_control(&processes, id, control, why).await?;
            self.relay.nudge();
            self.outcomes(&ids).await
        };
        let (here, elsewhere) = tokio::join!(here, elsewhere);
        let mut done: Vec<Controlled> = here.into_iter().collect();
        let mut not_done = Vec::new();
        for request in elsewhere? {
            match read(request) {
                Ok(Some(controlled)) => done.push(controlled),
                Ok(None) => {}
                Err(sentence) => not_done.push(sentence),
            }
        }
        Ok((done, not_done))
    }

    /// Waits until the requests are done, for as long as makes sense.
    async fn outcomes(&self, ids: &[i64]) -> Result<Vec<control_request::Model>, StoreError> {
        let asked = Instant::now();
        let mut given_up = false;
        loop {
            let requests = self.store.control_requests(ids).await?;
            if requests.iter().all(|request| request.done_at.is_some()) || asked.elapsed() >= DONE_WITHIN {
                return Ok(requests);
            }
            if !given_up && asked.elapsed() >= TAKEN_WITHIN {
                self.store.give_up_control(ids).await?;
                given_up = true;
            }
            sleep(LOOK).await;
        }
    }
}

/// What came of a request to another process: none where it no longer has such an actor; a sentence where it is not done.
fn read(request: control_request::Model) -> Result<Option<Controlled>, String> {
    let process = request.process;
    let outcome = request.outcome.and_then(|word| word.parse::<Outcome>().ok());
    let generation = request.generation.and_then(|generation| u64::try_from(generation).ok());
    match (outcome, generation) {
        (Some(Outcome::Done), Some(generation)) => Ok(Some(Controlled { process, generation })),
        (Some(Outcome::Unknown), _) => Ok(None),
        (Some(Outcome::Taken | Outcome::Done), _) => {
            Err(format!("process {process} has not yet said that it is done; it may still be"))
        }
        (Some(Outcome::GivenUp) | None, _) => Err(format!("process {process} does not answer; nothing was done in it")),
    }
}

fn unknown(id: &str) -> Refusal {
    Refusal::NotFound(format!("there is no actor {id:?}"))
}

#[cfg(test)]
mod tests;
