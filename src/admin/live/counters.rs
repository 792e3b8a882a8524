//! Counts what the top bar shows whenever something says that it may have changed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::board::Board;
use crate::admin::top_info::TopInfo;
use crate::supervision::{Child, Context};

/// The kind of this actor, and its id.
pub const KIND: &str = "admin_top_info";

/// How soon after a count the next one may come.
const PACE: Duration = Duration::from_millis(250);
/// How often is counted where nothing asks for it: recon may hear of the wallet's orders late.
const PERIOD: Duration = Duration::from_secs(15);

/// The actor.
pub struct Counters {
    top_info: Arc<TopInfo>,
    board: Arc<Board>,
}

impl Counters {
    /// Counts by `top_info`, and puts it on the `board`.
    #[must_use]
    pub fn new(top_info: Arc<TopInfo>, board: Arc<Board>) -> Self {
        Self { top_info, board }
    }
}

impl Child for Counters {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            // Who follows recon's stream knows first that recon is gone: nobody waits for its answer then.
            let counted = self.top_info.count(self.board.is_heard()).await;
            self.board.counted(counted.top_info);
            if counted.answered {
                cx.succeeded();
            } else {
                cx.tried();
            }
            let next = Instant::now() + PACE;
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, PERIOD).await;
            while Instant::now() < next && !cx.stopping() {
                tokio::time::sleep_until(next).await;
            }
        }
    }
}
