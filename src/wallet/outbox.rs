//! Delivers order events to recon, for ever: in order for each order, many orders in one request, and around those that
//! recon cannot take.
//!
//! A request that fails over what is in it is cut in halves until the broken order stands alone: that one waits (or
//! stops, where recon refused it), and the others are delivered.

mod reach;

pub use reach::Reach;

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;

use super::domain::delivery::{BATCH_MAX, Verdict, again_at};
use super::recon_client::{ReconClient, Told};
use super::store::{Event, OutboxTally, WalletStore};
use crate::database::{STORE_PAUSE, StoreError, outlast};
use crate::domain::retry::PERMILLE;
use crate::domain::time::UnixMs;
use crate::supervision::{Child, Context};
use crate::telemetry::names;

/// The kind of this loop.
pub const KIND: &str = "wallet_outbox";

/// The longest that it goes without looking.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);
/// How often it asks whether recon is there, where there is nothing to tell.
const ASK_EVERY: Duration = Duration::from_secs(30);
/// So many orders that fail alone, and none that is taken: then it is not the orders' fault.
const FAIL_ALONE: usize = 3;

/// The actor.
#[derive(Debug)]
pub struct Outbox {
    store: WalletStore,
    recon: ReconClient,
    reach: Arc<Reach>,
    /// Recon asked to be left alone until then.
    not_before: UnixMs,
    stuck_told: bool,
}

/// What a round came to.
#[derive(Default)]
struct Round {
    delivered: usize,
    failed_alone: usize,
    /// Recon is away: nothing more is sent in this round.
    away: Option<Told>,
}

impl Outbox {
    /// An outbox to that recon. `reach` is told how it is.
    #[must_use]
    pub fn new(store: WalletStore, recon: ReconClient, reach: Arc<Reach>) -> Self {
        Self { store, recon, reach, not_before: UnixMs(i64::MIN), stuck_told: false }
    }

    async fn round(&mut self, cx: &Context<Self>) -> Result<bool, StoreError> {
        let mut is_well = true;
        while self.store.now() >= self.not_before && !cx.stopping() {
            let events = self.store.due(BATCH_MAX).await?;
            if events.is_empty() {
                break;
            }
            is_well = self.deliver(events, cx).await?;
            if !is_well {
                break;
            }
        }
        if self.reach.is_unasked_for(ASK_EVERY, self.store.now()) && self.store.now() >= self.not_before {
            let asked = self.recon.reach().await;
            is_well = asked.is_ok();
            self.heard(asked).await?;
        }
        self.show(&self.store.outbox_tally().await?);
        Ok(is_well)
    }

    /// Sends these events, of which no two are of one order. Answers whether recon was there.
    async fn deliver(&mut self, events: Vec<Event>, cx: &Context<Self>) -> Result<bool, StoreError> {
        let mut round = Round::default();
        let mut waiting = vec![events];
        while let Some(events) = waiting.pop() {
            if cx.stopping() {
                return Ok(true);
            }
            if round.away.is_none() && round.failed_alone >= FAIL_ALONE && round.delivered == 0 {
                let words = "recon fails on every order".to_owned();
                round.away = Some(Told { verdict: Verdict::Away, words, retry_after: None });
            }
            if let Some(told) = &round.away {
                self.postpone(&events, false, told).await?;
                continue;
            }
            let told = self.recon.tell(events.iter().map(|event| event.order.clone()).collect()).await;
            cx.progress();
            self.settle(events, told, &mut round, &mut waiting).await?;
        }
        match round.away {
            None => self.heard(Ok(())).await?,
            Some(told) => self.heard(Err(told.words)).await?,
        }
        Ok(self.reach.is_well())
    }

    /// Does with the events what recon's answer to them means.
    async fn settle(
        &mut self,
        events: Vec<Event>,
        told: Told,
        round: &mut Round,
        waiting: &mut Vec<Vec<Event>>,
    ) -> Result<(), StoreError> {
        let outcome = match told.verdict {
            Verdict::Delivered => "delivered",
            Verdict::Refused => "refused",
            Verdict::Failed => "failed",
            Verdict::Away => "away",
        };
        metrics::counter!(names::WALLET_OUTBOX_CALLS, "outcome" => outcome).increment(1);
        match told.verdict {
            Verdict::Delivered => {
                let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
                self.store.delivered(&ids).await?;
                round.delivered += ids.len();
            }
            Verdict::Refused | Verdict::Failed if events.len() > 1 => {
                let mut first = events;
                let second = first.split_off(first.len() / 2);
                waiting.push(second);
                waiting.push(first);
            }
            Verdict::Refused => {
                for event in &events {
                    tracing::error!(
                        order.id = event.order.order_id,
                        order.version = event.order.version,
                        error = told.words,
                        "recon refuses an order event; it is not sent again until an operator says so"
                    );
                    self.store.refused(event, &told.words).await?;
                }
            }
            Verdict::Failed => {
                round.failed_alone += 1;
                self.postpone(&events, true, &told).await?;
            }
            Verdict::Away => {
                self.postpone(&events, false, &told).await?;
                round.away = Some(told);
            }
        }
        Ok(())
    }

    async fn postpone(&mut self, events: &[Event], own_fault: bool, told: &Told) -> Result<(), StoreError> {
        let now = self.store.now();
        let permille = rand::rng().random_range(PERMILLE);
        if let Some(wait) = told.retry_after {
            self.not_before = self.not_before.max(now.plus(wait));
        }
        let at = |attempts| again_at(now, attempts, permille, told.retry_after);
        self.store.postponed(events, own_fault, &told.words, at).await
    }

    /// Notes whether recon was there, and says each change once.
    async fn heard(&mut self, how: Result<(), String>) -> Result<(), StoreError> {
        let was_away = self.reach.note(how, self.store.now());
        if was_away && self.reach.is_well() {
            tracing::info!("recon answers again; the order events that waited for it are sent");
            self.store.pull_forward().await?;
        }
        Ok(())
    }

    #[allow(clippy::cast_precision_loss, reason = "gauges; counts and seconds are far below 2^52")]
    fn show(&mut self, tally: &OutboxTally) {
        let age = tally.oldest.map_or(0, |oldest| self.store.now().since(oldest).as_secs());
        metrics::gauge!(names::WALLET_OUTBOX_PENDING).set(tally.pending as f64);
        metrics::gauge!(names::WALLET_OUTBOX_OLDEST_AGE_SECONDS).set(age as f64);
        metrics::gauge!(names::WALLET_OUTBOX_STUCK).set(tally.stuck as f64);
        metrics::gauge!(names::WALLET_OUTBOX_REFUSED).set(tally.refused as f64);
        if tally.stuck > 0 && !self.stuck_told {
            tracing::error!(outbox.stuck = tally.stuck, "order events have not reached recon for more than 24 hours");
        }
        self.stuck_told = tally.stuck > 0;
    }

    /// How long there is nothing to do.
    async fn wait(&self) -> Result<Duration, StoreError> {
        let now = self.store.now();
        let next = self.store.next_due().await?.map(|due| due.max(self.not_before));
        Ok(next.map_or(LOOK_AT_LEAST_EVERY, |due| due.since(now)).min(LOOK_AT_LEAST_EVERY))
    }
}

impl Child for Outbox {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let rounded = match self.round(cx).await {
                Ok(is_well) => self.wait().await.map(|wait| (is_well, wait)),
                Err(error) => Err(error),
            };
            let wait = match rounded {
                Ok((is_well, wait)) => {
                    if is_well {
                        cx.succeeded()
                    } else {
                        cx.tried()
                    }
                    wait
                }
                Err(error) => {
                    outlast(KIND, error.into())?;
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
