//! Those who listen to the event feed, and how far each has read.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::contract::system::Event;
use crate::store::{Store, StoreError};

/// Events that wait for one listener.
pub(super) const BUFFER: usize = 256;

/// A listener that takes nothing for so long, while events wait for it, is dropped.
const PATIENCE: Duration = Duration::from_secs(30);

/// All who listen.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    all: Vec<Listener>,
}

#[derive(Debug)]
struct Listener {
    events: mpsc::Sender<Event>,
    /// The last stored event that it was given.
    seen: i64,
    /// Whether it has been given all that the feed has passed on; else it still reads from the store.
    level: bool,
    /// When it last took something.
    moved_at: Instant,
}

impl Listeners {
    /// Whether nobody listens.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether somebody still reads from the store.
    pub(super) fn is_catching_up(&self) -> bool {
        self.all.iter().any(|listener| !listener.level)
    }

    /// Adds a listener: `after` is what it saw last, none where it wants only what comes after `passed`.
    pub(super) fn add(&mut self, after: Option<i64>, passed: i64) -> mpsc::Receiver<Event> {
        let (events, receiver) = mpsc::channel(BUFFER);
        let listener =
            Listener { events, seen: after.unwrap_or(passed), level: after.is_none(), moved_at: Instant::now() };
        self.all.push(listener);
        receiver
    }

    /// Passes on what was stored next. Who has no room reads it from the store later.
    pub(super) fn pass(&mut self, events: &[Event]) {
        for listener in self.all.iter_mut().filter(|listener| listener.level) {
            listener.level = listener.give(events);
            if !listener.level {
                listener.moved_at = Instant::now();
            }
        }
    }

    /// Tells all what stands in no store; who has no room misses it, since the next such event replaces it.
    pub(super) fn tell(&self, event: &Event) {
        for listener in &self.all {
            let _ = listener.events.try_send(event.clone());
        }
    }

    /// Lets those who are behind read on from the store as far as they have room. `passed` is the newest stored event.
    pub(super) async fn catch_up(&mut self, store: &Store, passed: i64) -> Result<(), StoreError> {
        for listener in self.all.iter_mut().filter(|listener| !listener.level) {
            // An id that this store never gave (it was brought back from a copy, say) must not hide what comes.
            listener.seen = listener.seen.min(passed);
            loop {
                let room = u64::try_from(listener.events.capacity()).unwrap_or(0);
                if room == 0 {
                    break;
                }
                let events = store.events_after(listener.seen, room).await?;
                // Nothing is stored after what it has: whatever comes later is passed on to it.
                listener.level = events.is_empty();
                if listener.level || !listener.give(&events) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Forgets those who went away or have stopped taking anything: their stream ends, and they come back with the last
    /// id they saw.
    pub(super) fn drop_gone(&mut self) {
        self.all.retain(|listener| {
            let stuck = !listener.level && listener.moved_at.elapsed() > PATIENCE;
            if stuck {
                tracing::info!("an event listener took nothing for too long and was dropped");
            }
            !stuck && !listener.events.is_closed()
        });
    }
}

impl Listener {
    /// Gives it those of `events` that it has not had; answers whether all of them found room.
    fn give(&mut self, events: &[Event]) -> bool {
        for event in events {
            let Some(id) = event.id.filter(|id| *id > self.seen) else { continue };
            if self.events.try_send(event.clone()).is_err() {
                return false;
            }
            self.seen = id;
            self.moved_at = Instant::now();
        }
        true
    }
}
