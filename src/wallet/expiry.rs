//! Ends the orders whose time is over.

use std::time::Duration;

use super::store::WalletStore;
use crate::database::{STORE_PAUSE, outlast};
use crate::supervision::{Child, Context, Nudger};

/// The kind of this loop.
pub const KIND: &str = "wallet_expiry";
/// How often it looks.
pub const PERIOD: Duration = Duration::from_secs(1);

/// The actor.
#[derive(Debug)]
pub struct Expiry {
    store: WalletStore,
    outbox: Nudger,
    grace: Duration,
}

impl Expiry {
    /// Ends an order `grace` after its `expires_at`, and wakes the outbox.
    #[must_use]
    pub fn new(store: WalletStore, outbox: Nudger, grace: Duration) -> Self {
        Self { store, outbox, grace }
    }

    async fn round(&self, cx: &Context<Self>) -> anyhow::Result<()> {
        loop {
            let (ended, none_left) = self.store.expire(self.store.now().minus(self.grace)).await?;
            if ended > 0 {
                tracing::info!(orders.expired = ended, "orders expired without a deposit");
                self.outbox.nudge();
            }
            cx.progress();
            if none_left || cx.stopping() {
                return Ok(());
            }
        }
    }
}

impl Child for Expiry {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.round(cx).await {
                Ok(()) => {
                    cx.succeeded();
                    PERIOD
                }
                Err(error) => {
                    outlast(KIND, error)?;
                    STORE_PAUSE
                }
            };
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, wait).await;
        }
    }
}
