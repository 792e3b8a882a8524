//! What the probes ask of the store and of the heartbeat.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::bus::{FORGET_AFTER, Fleet};
use crate::config::Role;
use crate::domain::time::UnixMs;
use crate::http::health::Check;
use crate::http::state::Readiness;
use crate::store::Store;
use crate::store::device_rhythm::Hearing;

/// When the heartbeat has not come out for this long, health says so.
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(150);

/// A worker that is started together with the service shows itself within this time.
const WORKER_WITHIN: Duration = Duration::from_secs(15);

/// Whether the store takes writes and has all migrations.
pub(super) fn readiness(store: &Store) -> Arc<dyn Readiness> {
    Arc::new(StoreCheck::new(store))
}

/// What health asks besides the actors.
pub(super) fn all(store: &Store, worker: bool) -> Vec<Arc<dyn Check>> {
    let mut checks: Vec<Arc<dyn Check>> = vec![
        Arc::new(StoreCheck::new(store)),
        Arc::new(PhonesCheck { store: store.clone() }),
        Arc::new(TelegramCheck { store: store.clone() }),
    ];
    if worker {
        checks.push(Arc::new(HeartbeatCheck { store: store.clone(), started: store.now() }));
    }
    checks
}

struct StoreCheck {
    store: Store,
    /// Whether the store was once seen with all migrations: they do not go away again while this program runs.
    migrated: AtomicBool,
}

impl StoreCheck {
    fn new(store: &Store) -> Self {
        Self { store: store.clone(), migrated: AtomicBool::new(false) }
    }

    async fn writable(&self) -> Result<(), String> {
        if !self.migrated.load(Ordering::Relaxed) {
            let pending = self.store.pending_migrations().await.map_err(|error| error.to_string())?;
            if !pending.is_empty() {
                return Err(format!("the database lacks {} migrations; run `recon migrate`", pending.len()));
            }
            self.migrated.store(true, Ordering::Relaxed);
        }
        self.store.probe_write().await.map_err(|error| format!("the store takes no writes: {error}"))
    }
}

impl Readiness for StoreCheck {
    fn ready(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(self.writable())
    }
}

impl Check for StoreCheck {
    fn name(&self) -> &'static str {
        "store"
    }

    fn critical(&self) -> bool {
        true
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { self.writable().await.map(|()| "migrated and writable".to_owned()) })
    }
}

/// Whether a worker runs in another process, for one that has none itself.
pub(super) fn worker_elsewhere(fleet: &Fleet, started: UnixMs) -> Arc<dyn Check> {
    Arc::new(WorkerCheck { fleet: fleet.clone(), started })
}

/// Which other processes have fallen silent, and since when.
pub(super) fn processes(fleet: &Fleet) -> Arc<dyn Check> {
    Arc::new(ProcessesCheck { fleet: fleet.clone() })
}

struct ProcessesCheck {
    fleet: Fleet,
}

impl Check for ProcessesCheck {
    fn name(&self) -> &'static str {
        "processes"
    }

    /// Whether the silent one is missed its loops say: they are not fresh, and those that everything needs are critical.
    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            let silent = self.fleet.silent();
            if silent.is_empty() {
                return Ok("every process says how it is".to_owned());
            }
            let each =
                silent.iter().map(|silent| format!("{} ({}) since {}", silent.process, silent.roles, silent.since));
            Err(format!(
                "silent: {}; its loops are not fresh. Start it again, or it is forgotten {} min after its last word",
                each.collect::<Vec<_>>().join(", "),
                FORGET_AFTER.as_secs() / 60
            ))
        })
    }
}

struct WorkerCheck {
    fleet: Fleet,
    started: UnixMs,
}

impl Check for WorkerCheck {
    fn name(&self) -> &'static str {
        "worker"
    }

    fn critical(&self) -> bool {
        true
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            if self.fleet.has_other(Role::Worker.as_str()) {
                return Ok("a worker runs in another process".to_owned());
            }
            if self.fleet.now().since(self.started) <= WORKER_WITHIN {
                return Ok("a worker is given time to start".to_owned());
            }
            Err("no worker runs: messages are stored and stay as they are; start `recon run --roles worker`".to_owned())
        })
    }
}

/// Whether any phone is silent for longer than it usually is.
struct PhonesCheck {
    store: Store,
}

/// So many phones are named; the list has all.
const NAMED_MAX: usize = 10;

impl Check for PhonesCheck {
    fn name(&self) -> &'static str {
        "phones"
    }

    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { told(&self.store.hearings().await.map_err(|error| error.to_string())?) })
    }
}

fn told(phones: &[Hearing]) -> Result<String, String> {
    let named = |names: Vec<String>| match names.len().checked_sub(NAMED_MAX) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..NAMED_MAX].join(", ")),
    };
    let silent = |phone: &Hearing| phone.silent_since.map(|since| format!("{} (since {since})", phone.name));
    let silent: Vec<String> = phones.iter().filter_map(silent).collect();
    if !silent.is_empty() {
        return Err(format!("silent for longer than usual: {}", named(silent)));
    }
    let unknown: Vec<String> = phones.iter().filter(|phone| !phone.known).map(|phone| phone.name.clone()).collect();
    if unknown.is_empty() {
        return Ok("no phone is silent for longer than usual".to_owned());
    }
    Ok(format!("no phone is known to be silent; of these it cannot be told yet: {}", named(unknown)))
}

/// Whether Telegram may have dropped messages before they were fetched.
struct TelegramCheck {
    store: Store,
}

impl Check for TelegramCheck {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            let lost = self.store.bots_with_loss().await.map_err(|error| error.to_string())?;
            if lost.is_empty() {
                return Ok("no bot was unread for longer than Telegram keeps messages".to_owned());
            }
            let bots: Vec<String> = lost.iter().map(|(id, name)| format!("{id} ({name})")).collect();
            Err(format!(
                "loss window exceeded: nothing was fetched for more than 24 h of telegram bot {}; compare the bank's list, then \
                 `recon telegram loss-seen ID`",
                bots.join(", ")
            ))
        })
    }
}

struct HeartbeatCheck {
    store: Store,
    started: UnixMs,
}

impl Check for HeartbeatCheck {
    fn name(&self) -> &'static str {
        "heartbeat"
    }

    fn critical(&self) -> bool {
        true
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            let arrived = self.store.heartbeat_arrived_at().await.map_err(|error| error.to_string())?;
            let now = self.store.now();
            // A process that has just started is given the time of one heartbeat.
            let age = now.since(arrived.unwrap_or(self.started).max(self.started));
            if age <= HEARTBEAT_WITHIN {
                return Ok(match arrived {
                    Some(at) => {
                        format!("a message last came through the whole pipeline {} s ago", now.since(at).as_secs())
                    }
                    None => "the first heartbeat is on its way".to_owned(),
                });
            }
            Err(format!("no heartbeat has come out of the pipeline for {} s", age.as_secs()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(name: &str, silent: bool, known: bool) -> Hearing {
        Hearing { id: 1, name: name.to_owned(), silent_since: silent.then_some(UnixMs(0)), known }
    }

    /// Reliability row 30, in a time of its own: the row and the check are those of the daemon.
    #[tokio::test]
    async fn a_heartbeat_that_no_longer_arrives_shows_within_three_minutes() {
        use crate::domain::sms::SmsState;
        use crate::store::testing::{base, message, stores};
        for store in stores().await {
            let check = HeartbeatCheck { store: Store::clone(&store), started: store.now() };
            let passes = async |seconds: u64| {
                // Only while nobody waits for the store, whose answers come in the machine's time.
                tokio::time::pause();
                tokio::time::advance(Duration::from_secs(seconds)).await;
                tokio::time::resume();
            };
            assert!(check.run().await.unwrap().contains("on its way"));
            let arrived = message("heartbeat", SmsState::Unmatched, base());
            store.put_sms(entity::sms::Model { id: -1, ..arrived }).await;
            assert!(store.note_heartbeat().await.unwrap());
            passes(120).await;
            assert!(check.run().await.unwrap().contains("came through"), "two periods: one may be on its way");
            passes(55).await;
            let said = check.run().await.unwrap_err();
            assert!(said.starts_with("no heartbeat has come out of the pipeline for 17"), "{said}");
            assert!(check.critical(), "health is bad, not only degraded");
            assert!(store.note_heartbeat().await.unwrap());
            check.run().await.unwrap();
        }
    }

    #[test]
    fn silent_phones_are_named_and_unknown_ones_are_not_called_well() {
        assert!(told(&[]).is_ok() && told(&[phone("a", false, true)]).is_ok());
        let unknown = told(&[phone("a", false, true), phone("b", false, false)]).unwrap();
        assert!(unknown.ends_with("cannot be told yet: b"), "{unknown}");
        let silent = told(&[phone("a", true, true), phone("b", false, false)]).unwrap_err();
        assert_eq!(silent, "silent for longer than usual: a (since 1970-01-01T00:00:00Z)");
        let many: Vec<_> = (0..12).map(|number| phone(&format!("p{number}"), true, true)).collect();
        assert!(told(&many).unwrap_err().ends_with(" and 2 more"));
    }
}
