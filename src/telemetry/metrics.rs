//! The metrics: their names, units and meanings in one place, and the recorder behind `/metrics`.
//!
//! No label carries a phone, a name or an order.

use std::sync::{Mutex, PoisonError};

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};

/// The names, for those who count.
pub mod names {
    /// Deliveries taken, by `source` and `status` (stored, duplicate, held, ignored).
    pub const SMS_INGESTED: &str = "recon_sms_ingested_total";
    /// Deliveries under a known id that say something else than the first did, by `source`.
    pub const REPEATS_DIFFERING: &str = "recon_repeats_differing_total";
    /// Messages per commit of the inbox.
    pub const INBOX_COMMIT_MESSAGES: &str = "recon_inbox_commit_messages";
    /// Seconds of a commit of the inbox.
    pub const INBOX_COMMIT_SECONDS: &str = "recon_inbox_commit_duration_seconds";
    /// Messages that a template was asked to read, by `outcome`.
    pub const PARSE: &str = "recon_parse_total";
    /// Deposits that the matcher decided, by `outcome`.
    pub const MATCH: &str = "recon_match_total";
    /// Messages that the whitelist was asked about, by `outcome`.
    pub const WHITELIST: &str = "recon_whitelist_total";
    /// Messages that stand in a stage past its deadline, by `state`.
    pub const SMS_STUCK: &str = "recon_sms_stuck";
    /// Matches without an open order that cannot be mended.
    pub const MATCHES_UNMENDED: &str = "recon_matches_unmended";
    /// Age of the oldest message that is not decided.
    pub const UNDECIDED_OLDEST_AGE_SECONDS: &str = "recon_sms_undecided_oldest_age_seconds";
    /// Messages that wait for a person.
    pub const REVIEW_QUEUE_DEPTH: &str = "recon_review_queue_depth";
    /// Age of the oldest message that waits for a person.
    pub const REVIEW_OLDEST_AGE_SECONDS: &str = "recon_review_oldest_age_seconds";
    /// Breaks of balance chains that wait for a person.
    pub const CHAIN_BREAKS_OPEN: &str = "recon_chain_breaks_open";
    /// Restarts of actors, by `actor` and `reason`.
    pub const ACTOR_RESTARTS: &str = "recon_actor_restarts_total";
    /// When a loop last succeeded, by `loop`.
    pub const LOOP_LAST_SUCCESS: &str = "recon_loop_last_success_timestamp_seconds";
    /// When the synthetic message last came through the whole pipeline.
    pub const HEARTBEAT_LAST_SUCCESS: &str = "recon_heartbeat_last_success_timestamp_seconds";
    /// Orders that came again in the same version with other content.
    pub const ORDERS_CONFLICTING: &str = "recon_orders_conflicting_total";
    /// Writes refused because another process runs the source now, by `source`.
    pub const SOURCE_STALE_WRITES: &str = "recon_source_stale_writes_total";
    /// Updates of Telegram, by `outcome`.
    pub const TELEGRAM_UPDATES: &str = "recon_telegram_updates_total";
    /// Frames of Pushbullet's stream, by `kind`.
    pub const PUSHBULLET_FRAMES: &str = "recon_pushbullet_frames_total";
    /// What came of Pushbullet and cannot be read.
    pub const PUSHBULLET_UNDECODABLE: &str = "recon_pushbullet_undecodable_total";
    /// Conversations in which messages may be missing.
    pub const PUSHBULLET_GAPS: &str = "recon_pushbullet_possible_gaps_total";
    /// Writes that the wallet was asked for, by `request` (place, approve, close, retry) and `outcome` (done, replayed, conflict).
    pub const WALLET_REQUESTS: &str = "recon_wallet_requests_total";
    /// Calls of the wallet's outbox to recon, by `outcome` (delivered, refused, failed, away).
    pub const WALLET_OUTBOX_CALLS: &str = "recon_wallet_outbox_calls_total";
    /// Order events that recon is still to be told of.
    pub const WALLET_OUTBOX_PENDING: &str = "recon_wallet_outbox_pending";
    /// Age of the oldest of them; 0 where there is none.
    pub const WALLET_OUTBOX_OLDEST_AGE_SECONDS: &str = "recon_wallet_outbox_oldest_age_seconds";
    /// Those that have waited for more than 24 hours.
    pub const WALLET_OUTBOX_STUCK: &str = "recon_wallet_outbox_stuck";
    /// Order events that recon will not take.
    pub const WALLET_OUTBOX_REFUSED: &str = "recon_wallet_outbox_refused";
    /// Approvals that are not resolved yet, by `state` (pending, unknown, stuck).
    pub const ADMIN_APPROVALS: &str = "recon_admin_approvals";
    /// Age of the oldest of them; 0 where there is none.
    pub const ADMIN_APPROVALS_OLDEST_AGE_SECONDS: &str = "recon_admin_approvals_oldest_age_seconds";
    /// Sendings of approvals to the wallet, by `outcome` (approved, refused, again, held_back).
    pub const ADMIN_APPROVAL_SENDS: &str = "recon_admin_approval_sends_total";
    /// Browsers on the admin edge's live socket.
    pub const ADMIN_LIVE_CONNECTIONS: &str = "recon_admin_live_connections";
    /// Of them, those that were cut off since they did not read or answer.
    pub const ADMIN_LIVE_DROPPED: &str = "recon_admin_live_dropped_total";
    /// Requests answered, by `route`, `method` and `status`.
    pub const HTTP_REQUESTS: &str = "recon_http_requests_total";
    /// Seconds of a request, by `route` and `method`.
    pub const HTTP_REQUEST_SECONDS: &str = "recon_http_request_duration_seconds";
}

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// It only rises.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Values in buckets.
    Histogram,
}

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name; the suffix is its unit.
    pub name: &'static str,
    /// How it moves.
    pub kind: MetricKind,
    /// What it tells.
    pub meaning: &'static str,
}

const fn metric(name: &'static str, kind: MetricKind, meaning: &'static str) -> Metric {
    Metric { name, kind, meaning }
}

/// Every metric of the program.
pub const METRICS: &[Metric] = &[
    metric(names::SMS_INGESTED, MetricKind::Counter, "Deliveries taken, by source and status."),
    metric(
        names::REPEATS_DIFFERING,
        MetricKind::Counter,
        "Deliveries under a known id with another text than the first, by source.",
    ),
    metric(names::INBOX_COMMIT_MESSAGES, MetricKind::Histogram, "Messages per commit of the inbox."),
    metric(names::INBOX_COMMIT_SECONDS, MetricKind::Histogram, "Duration of a commit of the inbox."),
    metric(names::PARSE, MetricKind::Counter, "Messages that templates were asked to read, by outcome."),
    metric(names::MATCH, MetricKind::Counter, "Deposits that the matcher decided, by outcome."),
    metric(names::WHITELIST, MetricKind::Counter, "Messages that the whitelist was asked about, by outcome."),
    metric(names::SMS_STUCK, MetricKind::Gauge, "Messages that stand in a stage past its deadline, by state."),
    metric(names::MATCHES_UNMENDED, MetricKind::Gauge, "Matches without an open order that cannot be mended."),
    metric(names::UNDECIDED_OLDEST_AGE_SECONDS, MetricKind::Gauge, "Age of the oldest message that is not decided."),
    metric(names::REVIEW_QUEUE_DEPTH, MetricKind::Gauge, "Messages that wait for a person."),
    metric(names::REVIEW_OLDEST_AGE_SECONDS, MetricKind::Gauge, "Age of the oldest message that waits for a person."),
    metric(names::CHAIN_BREAKS_OPEN, MetricKind::Gauge, "Breaks of balance chains that wait for a person."),
    metric(names::ACTOR_RESTARTS, MetricKind::Counter, "Restarts of actors, by actor and reason."),
    metric(names::LOOP_LAST_SUCCESS, MetricKind::Gauge, "When a loop last succeeded, by loop."),
    metric(names::HEARTBEAT_LAST_SUCCESS, MetricKind::Gauge, "When the synthetic message last came through."),
    metric(names::ORDERS_CONFLICTING, MetricKind::Counter, "Orders told again in the same version with other content."),
    metric(names::SOURCE_STALE_WRITES, MetricKind::Counter, "Writes under a lease that another process has taken."),
    metric(names::TELEGRAM_UPDATES, MetricKind::Counter, "Updates of Telegram, by outcome."),
    metric(names::PUSHBULLET_FRAMES, MetricKind::Counter, "Frames of Pushbullet's stream, by kind."),
    metric(names::PUSHBULLET_UNDECODABLE, MetricKind::Counter, "What came of Pushbullet and cannot be read."),
    metric(names::PUSHBULLET_GAPS, MetricKind::Counter, "Conversations found with messages perhaps missing."),
    metric(
        names::WALLET_REQUESTS,
        MetricKind::Counter,
        "Writes that the wallet was asked for, by request and outcome.",
    ),
    metric(names::WALLET_OUTBOX_CALLS, MetricKind::Counter, "Calls of the wallet's outbox to recon, by outcome."),
    metric(names::WALLET_OUTBOX_PENDING, MetricKind::Gauge, "Order events that recon is still to be told of."),
    metric(names::WALLET_OUTBOX_OLDEST_AGE_SECONDS, MetricKind::Gauge, "Age of the oldest of them."),
    metric(names::WALLET_OUTBOX_STUCK, MetricKind::Gauge, "Order events not delivered for more than 24 hours."),
    metric(names::WALLET_OUTBOX_REFUSED, MetricKind::Gauge, "Order events that recon will not take."),
    metric(names::ADMIN_APPROVALS, MetricKind::Gauge, "Approvals that are not resolved yet, by state."),
    metric(names::ADMIN_APPROVALS_OLDEST_AGE_SECONDS, MetricKind::Gauge, "Age of the oldest of them."),
    metric(names::ADMIN_APPROVAL_SENDS, MetricKind::Counter, "Sendings of approvals to the wallet, by outcome."),
    metric(names::ADMIN_LIVE_CONNECTIONS, MetricKind::Gauge, "Browsers on the admin edge's live socket."),
    metric(names::ADMIN_LIVE_DROPPED, MetricKind::Counter, "Browsers cut off since they did not read or answer."),
    metric(names::HTTP_REQUESTS, MetricKind::Counter, "Requests answered, by route, method and status."),
    metric(names::HTTP_REQUEST_SECONDS, MetricKind::Histogram, "Duration of a request, by route and method."),
];

/// From 250 us, a request to memory, to 10 s, the longest that one may take.
const SECONDS_BUCKETS: &[f64] =
    &[0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Up to the largest group that one commit takes.
const COUNT_BUCKETS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0];

static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// Installs the process's metrics recorder at the first call and describes every metric; each call gives its handle.
///
/// Whoever holds the handle renders `/metrics` with it, and calls `run_upkeep` now and then so that histograms do not
/// grow between scrapes.
pub fn install_metrics() -> Result<PrometheusHandle, BuildError> {
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let handle = builder()?.install_recorder()?;
    describe();
    *installed = Some(handle.clone());
    Ok(handle)
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    use metrics_exporter_prometheus::Matcher;
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_messages".to_owned()), COUNT_BUCKETS)
}

fn describe() {
    for metric in METRICS {
        let unit = if metric.name.ends_with("_seconds") { Unit::Seconds } else { Unit::Count };
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, unit, metric.meaning),
            MetricKind::Gauge => describe_gauge!(metric.name, unit, metric.meaning),
            MetricKind::Histogram => describe_histogram!(metric.name, unit, metric.meaning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_of_prometheus() {
        for metric in METRICS {
            assert!(metric.name.starts_with("recon_"), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == MetricKind::Counter, "{}", metric.name);
        }
    }

    #[test]
    fn what_is_counted_is_rendered_with_its_meaning_and_its_buckets() {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        metrics::with_local_recorder(&recorder, || {
            describe();
            metrics::counter!(names::MATCH, "outcome" => "matched").increment(2);
            metrics::histogram!(names::INBOX_COMMIT_SECONDS).record(0.003);
            metrics::histogram!(names::INBOX_COMMIT_MESSAGES).record(7.0);
        });
        let text = handle.render();
        assert!(text.contains("# HELP recon_match_total Deposits that the matcher decided, by outcome."), "{text}");
        assert!(text.contains("recon_match_total{outcome=\"matched\"} 2"), "{text}");
        assert!(text.contains("recon_inbox_commit_duration_seconds_bucket{le=\"0.005\"} 1"), "{text}");
        assert!(text.contains("recon_inbox_commit_messages_bucket{le=\"10\"} 1"), "{text}");
    }
}
