//! Counts what the top bar shows, and publishes the figures that alarms watch.

use crate::telemetry::names;
use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::bus::Fleet;
use crate::contract::system::TopInfo;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::store::{Store, StoreError};
use crate::supervision::{Child, Context, Serve, Serving, Woke};

/// The kind of this actor, and its id.
pub const KIND: &str = "top_info";

/// Counters are at most this old.
const FRESH: Duration = Duration::from_secs(1);

/// While somebody listens, how soon after a count the next one may come: a change is told well within a second.
const PACE: Duration = Duration::from_millis(300);

/// While somebody listens, how long to go without counting where nothing asks for it: other processes commit too, and days
/// end.
const RECOUNT: Duration = Duration::from_secs(5);

/// How often the gauges are set.
const GAUGES: Duration = Duration::from_secs(15);

/// The actor.
#[derive(Debug)]
pub struct TopInfoBoard {
    store: Store,
    fleet: Fleet,
    /// The operators' time zone: it says when today begins.
    time_zone: TimeZone,
    /// Where changed counters go. Counted by itself only while it has receivers.
    changes: Arc<watch::Sender<Option<TopInfo>>>,
    commits: watch::Receiver<u64>,
    counted: Option<(Instant, TopInfo)>,
    /// Whether the event feed saw something change since the last count: an actor, mostly.
    asked: bool,
    gauges_set_at: Option<Instant>,
}

impl TopInfoBoard {
    /// The actor over `store`; a day is a day of `time_zone`; counters that changed go to `changes`.
    #[must_use]
    pub fn new(store: Store, fleet: Fleet, time_zone: TimeZone, changes: Arc<watch::Sender<Option<TopInfo>>>) -> Self {
        let commits = store.commits();
        Self { store, fleet, time_zone, changes, commits, counted: None, asked: false, gauges_set_at: None }
    }

    /// The counters, counted again where they are older than a second.
    async fn current(&mut self) -> Result<TopInfo, StoreError> {
        match &self.counted {
            Some((at, info)) if at.elapsed() < FRESH => Ok(info.clone()),
            _ => self.count().await,
        }
    }

    async fn count(&mut self) -> Result<TopInfo, StoreError> {
        let started = Instant::now();
        // Before the reading: a commit during it asks for another count.
        self.commits.mark_unchanged();
        self.asked = false;
        let now = self.store.now();
        let (from, to) = day_of(now, &self.time_zone);
        let counts = self.store.counts(from, to).await?;
        let stale = self.fleet.list().iter().filter(|actor| !actor.fresh).count();
        let info = TopInfo {
            sms_need_check_cnt: counts.need_check,
            sms_unmatched_cnt: counts.unmatched,
            sms_unparsed_cnt: counts.unparsed,
            sms_today_cnt: counts.today,
            sms_today_amount: counts.today_amount,
            shooter_device_untrusted_cnt: counts.untrusted_devices,
            loops_stale_cnt: u64::try_from(stale).unwrap_or(u64::MAX),
            as_of: now,
        };
        self.changes.send_if_modified(|last| {
            let same = last.as_ref().is_some_and(|last| TopInfo { as_of: now, ..last.clone() } == info);
            *last = Some(info.clone());
            !same
        });
        self.counted = Some((started, info.clone()));
        Ok(info)
    }

    /// Counts where somebody listens and something may have changed.
    async fn follow(&mut self) -> Result<(), StoreError> {
        if self.changes.receiver_count() == 0 {
            return Ok(());
        }
        let age = self.counted.as_ref().map(|(at, _)| at.elapsed());
        if age.is_none_or(|age| age >= RECOUNT || (self.is_asked() && age >= PACE)) {
            self.count().await?;
        }
        Ok(())
    }

    fn is_asked(&self) -> bool {
        self.asked || self.commits.has_changed().unwrap_or(false)
    }

    /// How long until the next look: a count that was asked for too soon comes when it may.
    fn wait(&self) -> Duration {
        let age = self.counted.as_ref().map(|(at, _)| at.elapsed()).filter(|age| *age < PACE);
        let listening = self.changes.receiver_count() > 0;
        age.filter(|_| listening && self.is_asked()).map_or(FRESH, |age| PACE.saturating_sub(age))
    }

    async fn set_gauges(&mut self) -> Result<(), StoreError> {
        if self.gauges_set_at.is_some_and(|at| at.elapsed() < GAUGES) {
            return Ok(());
        }
        let waits = self.store.waits().await?;
        let breaks = self.store.open_breaks().await?;
        let info = self.current().await?;
        let age = |since: Option<UnixMs>| since.map_or(0.0, |since| info.as_of.since(since).as_secs_f64());
        let depth = u32::try_from(info.sms_need_check_cnt).unwrap_or(u32::MAX);
        metrics::gauge!(names::REVIEW_QUEUE_DEPTH).set(depth);
        metrics::gauge!(names::CHAIN_BREAKS_OPEN).set(u32::try_from(breaks).unwrap_or(u32::MAX));
        metrics::gauge!(names::REVIEW_OLDEST_AGE_SECONDS).set(age(waits.review_since));
        metrics::gauge!(names::UNDECIDED_OLDEST_AGE_SECONDS).set(age(waits.undecided_since));
        self.gauges_set_at = Some(Instant::now());
        Ok(())
    }
}

/// The operators' day around `now`: its first moment and that of the next. Not always 24 hours.
fn day_of(now: UnixMs, time_zone: &TimeZone) -> (UnixMs, UnixMs) {
    let today = now.to_timestamp().to_zoned_datetime(time_zone.clone()).date();
    let start = |date: jiff::civil::Date| {
        date.to_zoned_datetime(time_zone.clone()).map(|start| UnixMs::from(start.timestamp()))
    };
    let from = start(today);
    let to = today.tomorrow().and_then(start);
    match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        // Beyond the ends of the calendar: the day before and the day after this moment.
        _ => (now.minus(Duration::from_hours(24)), now.plus(Duration::from_hours(24))),
    }
}

impl Child for TopInfoBoard {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let round = match self.follow().await {
                Ok(()) => self.set_gauges().await,
                Err(error) => Err(error),
            };
            match round {
                Ok(()) => cx.succeeded(),
                // Who asks gets the store's refusal; health shows that this loop does not succeed.
                Err(error) => tracing::warn!(%error, "the counters of the top bar could not be counted"),
            }
            if cx.stopping() {
                return Ok(());
            }
            // The event feed nudges, while somebody listens.
            let wait = self.wait();
            self.asked |= cx.serve_until_nudged(self, wait).await == Woke::Nudged;
        }
    }
}

impl Serve<GetTopInfo> for TopInfoBoard {
    fn serve<'a>(&'a mut self, _msg: GetTopInfo, _cx: &'a mut Context<Self>) -> Serving<'a, Result<TopInfo, Refusal>> {
        Serving::exclusive(async move { Ok(self.current().await?) })
    }
}

/// The counters, at most a second old.
#[derive(Debug, Message)]
#[rtype(result = "Result<TopInfo, Refusal>")]
pub struct GetTopInfo;

#[cfg(test)]
mod tests;
