//! What is to be told to browsers, where all who know of it meet. It outlives the actors: what one of them put here before it
//! crashed is told by the next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};

use super::change::{Id, Topic};
use super::pending::{Pending, Refresh};
use crate::supervision::Nudger;

/// The board.
#[derive(Debug, Default)]
pub struct Board {
    pending: Mutex<Pending>,
    top_info: Mutex<Latest>,
    /// The last stored event of recon that was put here.
    last_event: Mutex<Option<i64>>,
    is_heard: AtomicBool,
    wakes: OnceLock<Wakes>,
}

/// The counters as they were last counted.
#[derive(Debug, Default)]
struct Latest {
    value: Value,
    /// The message that tells them; it is another one where a counter changed.
    told: Option<Arc<str>>,
}

/// Who is woken.
#[derive(Debug)]
struct Wakes {
    hub: Nudger,
    counters: Nudger,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    /// From now on wakes the hub where there is something to tell, and the counters where there is something to count.
    pub fn wakes(&self, hub: Nudger, counters: Nudger) {
        // Set once, when the actors are started.
        let _ = self.wakes.set(Wakes { hub, counters });
    }

    /// A thing changed: browsers that show it read it again.
    pub fn changed(&self, topic: Topic, id: impl Into<Id>) {
        locked(&self.pending).add(topic, id.into());
        self.wake_hub();
    }

    /// Anything of a topic may have changed.
    pub fn all_changed(&self, topics: &[Topic]) {
        let mut pending = locked(&self.pending);
        for topic in topics {
            pending.add_all(*topic);
        }
        drop(pending);
        self.wake_hub();
    }

    /// A counter of the top bar may have changed.
    pub fn recount(&self) {
        if let Some(wakes) = self.wakes.get() {
            wakes.counters.nudge();
        }
    }

    fn wake_hub(&self) {
        if let Some(wakes) = self.wakes.get() {
            wakes.hub.nudge();
        }
    }

    /// The refresh that is to be told next.
    pub(super) fn take(&self) -> Option<Refresh> {
        locked(&self.pending).take()
    }

    /// Whether a refresh is to be told.
    pub(super) fn is_waiting(&self) -> bool {
        !locked(&self.pending).is_empty()
    }

    /// Forgets what is to be told: nobody is there.
    pub(super) fn forget(&self) {
        *locked(&self.pending) = Pending::default();
    }

    /// Keeps the counters as they were just counted.
    pub(super) fn counted(&self, value: Value) {
        let mut latest = locked(&self.top_info);
        let told: Arc<str> = json!({ "event": "top_info", "data": value }).to_string().into();
        let is_news = !same_counters(&latest.value, &value);
        *latest = Latest { value, told: Some(told) };
        drop(latest);
        if is_news {
            self.wake_hub();
        }
    }

    /// The counters as they were last counted, and the message that tells them; none before the first count.
    pub(super) fn top_info(&self) -> Option<(Value, Arc<str>)> {
        let latest = locked(&self.top_info);
        latest.told.clone().map(|told| (latest.value.clone(), told))
    }

    /// Whether recon's event stream is being read.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.is_heard.load(Ordering::Acquire)
    }

    /// Notes whether recon's event stream is being read; the counters say so.
    pub(super) fn heard(&self, is_heard: bool) {
        if self.is_heard.swap(is_heard, Ordering::AcqRel) != is_heard {
            self.recount();
        }
    }

    /// The last stored event of recon that was put here.
    pub(super) fn last_event(&self) -> Option<i64> {
        *locked(&self.last_event)
    }

    /// A stored event of recon is put here; answers whether it follows the last one.
    pub(super) fn follows(&self, id: i64) -> bool {
        let last = locked(&self.last_event).replace(id);
        last.is_none_or(|last| id == last.saturating_add(1))
    }
}

/// Whether two counts differ in nothing but their time.
pub(super) fn same_counters(one: &Value, other: &Value) -> bool {
    let without_time = |value: &Value| {
        let mut value = value.clone();
        if let Some(fields) = value.as_object_mut() {
            fields.remove("as_of");
        }
        value
    };
    without_time(one) == without_time(other)
}
