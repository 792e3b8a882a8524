//! Follows the outbox and passes events to those who listen.

mod listeners;

use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use tokio::sync::{Notify, mpsc, watch};

use self::listeners::Listeners;
use crate::bus::Fleet;
use crate::contract::system::{Event, TopInfo};
use crate::domain::refusal::Refusal;
use crate::store::{Store, StoreError};
use crate::supervision::{ActorStatus, Child, Context, Nudger, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "event_feed";

/// How often the store is asked for what other processes committed.
const PERIOD: Duration = Duration::from_secs(1);

/// How often a listener that reads from the store is given more.
const CATCH_UP_PERIOD: Duration = Duration::from_millis(20);

/// Events read at once.
const BATCH: u64 = 256;

/// The actor. Everybody is served from one place in the outbox; who is behind it reads from the store until they are level.
#[derive(Debug)]
pub struct EventFeed {
    store: Store,
    fleet: Fleet,
    top_info: Arc<watch::Sender<Option<TopInfo>>>,
    /// Told of everything that may change the counters, while somebody listens.
    board: Nudger,
    /// Held while somebody listens: the board counts as often as it should only then.
    counters: Option<watch::Receiver<Option<TopInfo>>>,
    /// The last stored event that was passed on; none before the first look at the store.
    passed: Option<i64>,
    listeners: Listeners,
    /// Somebody began to listen: they need not wait for the next look.
    joined: Arc<Notify>,
}

impl EventFeed {
    /// The actor over `store`; `top_info` is where [`super::top_info::TopInfoBoard`], which `board` nudges, puts its counters.
    #[must_use]
    pub fn new(store: Store, fleet: Fleet, top_info: Arc<watch::Sender<Option<TopInfo>>>, board: Nudger) -> Self {
        Self {
            store,
            fleet,
            top_info,
            board,
            counters: None,
            passed: None,
            listeners: Listeners::default(),
            joined: Arc::default(),
        }
    }

    /// Passes on what has been stored since the last look.
    async fn follow(&mut self) -> Result<(), StoreError> {
        if self.listeners.is_empty() {
            // Nobody is to be told of it: who comes next begins behind all that is stored.
            self.passed = Some(self.newest().await?);
        }
        let mut passed = self.passed().await?;
        loop {
            let events = self.store.events_after(passed, BATCH).await?;
            let Some(last) = events.last().and_then(|event| event.id) else { break };
            self.listeners.pass(&events);
            passed = last;
            self.passed = Some(passed);
        }
        self.listeners.catch_up(&self.store, passed).await?;
        self.listeners.drop_gone();
        if self.listeners.is_empty() {
            self.counters = None;
        }
        Ok(())
    }

    /// Where the feed stands; a new feed begins behind what is stored already.
    async fn passed(&mut self) -> Result<i64, StoreError> {
        if let Some(passed) = self.passed {
            return Ok(passed);
        }
        let passed = self.newest().await?;
        self.passed = Some(passed);
        Ok(passed)
    }

    /// The last stored event; 0 where there is none.
    async fn newest(&self) -> Result<i64, StoreError> {
        Ok(self.store.event_span().await?.map_or(0, |(_oldest, newest)| newest))
    }

    fn subscribe(&mut self, after: Option<i64>) -> Result<mpsc::Receiver<Event>, Refusal> {
        let Some(passed) = self.passed else {
            return Err(Refusal::Unavailable(
                "the event feed has not read the store yet; try again shortly".to_owned(),
            ));
        };
        self.counters.get_or_insert_with(|| self.top_info.subscribe());
        self.joined.notify_one();
        Ok(self.listeners.add(after, passed))
    }

    /// Tells the counters where they changed since they were told, or `changed` says so.
    fn tell_counters(&mut self, changed: bool) {
        let Some(counters) = &mut self.counters else { return };
        if !changed && !counters.has_changed().unwrap_or(false) {
            return;
        }
        let info = counters.borrow_and_update().clone();
        if let Some(Ok(data)) = info.map(serde_json::to_value) {
            self.listeners.tell(&Event { id: None, kind: "top_info".to_owned(), data });
        }
    }
}

/// What the stream tells of an actor.
fn small_object(actor: &ActorStatus) -> serde_json::Value {
    serde_json::json!({
        "id": actor.id, "kind": actor.kind, "state": actor.state, "generation": actor.generation,
        "fresh": actor.fresh, "restarts": actor.restarts,
    })
}

/// Why the feed looks again.
enum Woken {
    /// It is time, or somebody joined.
    Time,
    /// Something was committed.
    Commit,
    /// An actor changed; none where some changes were missed.
    Actor(Option<Box<ActorStatus>>),
    /// The counters changed.
    Counters,
}

/// Resolves when the counters change; never where nobody listens.
async fn changed(counters: Option<&mut watch::Receiver<Option<TopInfo>>>) {
    let Some(counters) = counters else { return std::future::pending().await };
    if counters.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Child for EventFeed {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        let mut commits = self.store.commits();
        let mut actors = self.fleet.changes();
        let joined = Arc::clone(&self.joined);
        let mut counted = false;
        loop {
            match self.follow().await {
                Ok(()) => cx.succeeded(),
                // Those who listen stay, and are told once the store answers again.
                Err(error) => tracing::warn!(%error, "the event feed could not follow the store"),
            }
            self.tell_counters(counted);
            if cx.stopping() {
                return Ok(());
            }
            let period = if self.listeners.is_catching_up() { CATCH_UP_PERIOD } else { PERIOD };
            let listening = !self.listeners.is_empty();
            // Out of the actor while it serves: a subscription takes counters of its own.
            let mut counters = self.counters.take();
            let woken = tokio::select! {
                // A subscription is made in one go, so that leaving this wait for another cannot cut one short.
                _ = cx.serve_until_nudged(self, period) => Woken::Time,
                () = joined.notified() => Woken::Time,
                () = changed(counters.as_mut()) => Woken::Counters,
                _ = commits.changed(), if listening => Woken::Commit,
                actor = actors.next() => Woken::Actor(actor.map(Box::new)),
            };
            self.counters = counters.or(self.counters.take());
            counted = matches!(woken, Woken::Counters);
            if listening && matches!(woken, Woken::Commit | Woken::Actor(_)) {
                self.board.nudge();
            }
            if let Woken::Actor(Some(actor)) = woken {
                let data = small_object(&actor);
                self.listeners.tell(&Event { id: None, kind: "actor.changed".to_owned(), data });
            }
        }
    }
}

impl Serve<Subscribe> for EventFeed {
    fn serve<'a>(
        &'a mut self,
        msg: Subscribe,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<mpsc::Receiver<Event>, Refusal>> {
        Serving::ready(self.subscribe(msg.after))
    }
}

/// Starts listening. A listener that falls behind by more than its buffer is given the rest from the store as it takes
/// what it has; one that takes nothing for 30 s, and all when the feed restarts, see their stream end: they then come back
/// with the last id they saw. Where retention has forgotten events after `after`, those that are kept come.
#[derive(Debug, Message)]
#[rtype(result = "Result<mpsc::Receiver<Event>, Refusal>")]
pub struct Subscribe {
    /// Everything after this id first; none: only what comes.
    pub after: Option<i64>,
}

#[cfg(test)]
mod tests;
