//! What the wallet's probes ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;

use super::outbox::Reach;
use super::store::WalletStore;
use crate::http::health::Check;
use crate::http::ports::Actors;
use crate::http::state::Readiness;
use crate::supervision::{ActorStatus, Supervision};

/// Whether the wallet's database takes writes and has all migrations.
pub fn readiness(store: &WalletStore) -> Arc<dyn Readiness> {
    Arc::new(StoreCheck::new(store))
}

/// What health asks besides the actors: the store, recon, the outbox.
pub fn all(store: &WalletStore, reach: &Arc<Reach>) -> Vec<Arc<dyn Check>> {
    vec![
        Arc::new(StoreCheck::new(store)),
        Arc::new(ReconCheck { store: store.clone(), reach: Arc::clone(reach) }),
        Arc::new(OutboxCheck { store: store.clone() }),
    ]
}

/// The wallet's own actors and the supervisor, where others run in the same process: how those are is not the wallet's
/// health.
pub struct OwnActors(pub Supervision);

impl Actors for OwnActors {
    fn list(&self) -> Vec<ActorStatus> {
        let is_own = |actor: &ActorStatus| actor.kind.starts_with("wallet_") || actor.kind == "supervisor";
        self.0.list().into_iter().filter(is_own).collect()
    }
}

struct StoreCheck {
    store: WalletStore,
    /// Whether the store was once seen with all migrations: they do not go away again while this program runs.
    migrated: AtomicBool,
}

impl StoreCheck {
    fn new(store: &WalletStore) -> Self {
        Self { store: store.clone(), migrated: AtomicBool::new(false) }
    }

    async fn writable(&self) -> Result<(), String> {
        if !self.migrated.load(Ordering::Relaxed) {
            let pending = self.store.pending_migrations().await.map_err(|error| error.to_string())?;
            if !pending.is_empty() {
                return Err(format!("the wallet's database lacks {} migrations; run `recon migrate`", pending.len()));
            }
            self.migrated.store(true, Ordering::Relaxed);
        }
        self.store.probe_write().await.map_err(|error| format!("the wallet's database takes no writes: {error}"))
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

/// Whether recon can be told of orders. Not critical: the wallet itself works without it.
struct ReconCheck {
    store: WalletStore,
    reach: Arc<Reach>,
}

impl Check for ReconCheck {
    fn name(&self) -> &'static str {
        "recon"
    }

    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(std::future::ready(self.reach.told(self.store.now())))
    }
}

/// Whether any order event needs a person.
struct OutboxCheck {
    store: WalletStore,
}

impl Check for OutboxCheck {
    fn name(&self) -> &'static str {
        "outbox"
    }

    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            let tally = self.store.outbox_tally().await.map_err(|error| error.to_string())?;
            let mut wrong = Vec::new();
            if tally.refused > 0 {
                let orders = tally.refused_orders.join(", ");
                wrong.push(format!(
                    "recon refuses {} order events (of {orders}); see /internal/outbox?state=refused",
                    tally.refused
                ));
            }
            if let Some(oldest) = tally.oldest.filter(|_| tally.stuck > 0) {
                wrong.push(format!(
                    "{} order events are stuck: not delivered for more than 24 h, the oldest since {oldest}",
                    tally.stuck
                ));
            }
            if wrong.is_empty() { Ok(format!("{} order events wait", tally.pending)) } else { Err(wrong.join("; ")) }
        })
    }
}
