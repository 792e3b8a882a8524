//! What the probes ask of the store and of the heartbeat.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::bus::Fleet;
use crate::config::Role;
use crate::domain::time::UnixMs;
use crate::http::health::Check;
use crate::http::state::Readiness;
use crate::store::Store;

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
    let mut checks: Vec<Arc<dyn Check>> =
        vec![Arc::new(StoreCheck::new(store)), Arc::new(TelegramCheck { store: store.clone() })];
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
