//! Intake on SQLite: look-ups, decision and writes of a batch in one go, on one thread, by prepared statements (ADR-009).
//!
//! Every statement of sea-orm is a trip to SQLite's thread and back, which costs a busy machine more than the statement
//! does; and a multi-row insert is another text for each number of rows.

mod write;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use self::write::write;
use super::Incoming;
use super::fingerprint::hash_of;
use super::plan::{Facts, Head, Plan, Sorted, count_new};
use super::recent::{Hour, RecentTexts, hours_around, span_of};
use crate::database::connect;
use crate::domain::flags::Flags;
use crate::domain::identity::{self, KnownSms};
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Taken;
use crate::store::StoreError;
use crate::store::sms::word;

/// Who changes a message at intake, in its history.
pub(super) const ACTOR: &str = "inbox";

/// The connection of the inbox.
#[derive(Debug)]
pub(in crate::store) struct SqliteIntake {
    file: PathBuf,
    /// Opened at the first batch. After a failure none: what is in memory may not be what is stored.
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    connection: Connection,
    recent: RecentTexts,
}

impl SqliteIntake {
    pub(in crate::store) fn new(file: PathBuf) -> Self {
        Self { file, open: Mutex::new(None) }
    }

    /// Stores a batch and answers each delivery in its order. To be called by whoever holds the writer's gate.
    pub(super) fn take(
        &self,
        incoming: &[Incoming<'_>],
        window: Duration,
        now: UnixMs,
    ) -> Result<Vec<Taken>, StoreError> {
        let mut slot = self.open.lock().unwrap_or_else(|poisoned| {
            let mut slot = PoisonError::into_inner(poisoned);
            *slot = None;
            slot
        });
        let mut open = match slot.take() {
            Some(open) => open,
            None => Open { connection: connect::for_intake(&self.file)?, recent: RecentTexts::default() },
        };
        let taken = take(&mut open, incoming, window, now)?;
        *slot = Some(open);
        Ok(taken)
    }

    /// Closes the connection.
    pub(in crate::store) fn close(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn take(open: &mut Open, incoming: &[Incoming<'_>], window: Duration, now: UnixMs) -> Result<Vec<Taken>, StoreError> {
    let txn = open.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let incoming = &as_trusted_now(&txn, incoming)?[..];
    let known = known_sightings(&txn, incoming)?;
    let mut sorted = Sorted::of(incoming, &known);
    if sorted.fresh.is_empty() {
        return sorted.answers();
    }
    let heads = equal_texts(&txn, &mut open.recent, incoming, &sorted.fresh)?;
    let known = known_sms(&txn, &heads)?;
    let sightings: Vec<_> = sorted.fresh.iter().map(|place| incoming[*place].sighting()).collect();
    let assignments = identity::assign(&known, &sightings, window);
    let first_id = if count_new(&assignments) == 0 { 0 } else { next_id(&txn)? };
    let plan = Plan::make(incoming, &mut sorted, &assignments, first_id);
    write(&txn, &plan, &heads, now)?;
    txn.commit()?;
    for row in &plan.made {
        open.recent.add(row.received_at, &hash_of(&row.fingerprint), row.id);
    }
    sorted.answers()
}

/// The deliveries with the trust that their devices have now: one may have lost it since the request was read, and what it
/// brings would then flow past the distrust.
fn as_trusted_now<'a>(txn: &Transaction<'_>, incoming: &[Incoming<'a>]) -> Result<Vec<Incoming<'a>>, StoreError> {
    let mut find = txn.prepare_cached("SELECT trusted FROM shooter_device WHERE id = ?1")?;
    let mut trusted: HashMap<i64, Option<bool>> = HashMap::new();
    let mut now = Vec::with_capacity(incoming.len());
    for one in incoming {
        let device_is_trusted = match one.device() {
            None => None,
            Some(id) => match trusted.get(&id) {
                Some(known) => *known,
                None => *trusted.entry(id).or_insert(find.query_row([id], |row| row.get(0)).optional()?),
            },
        };
        // A device that was deleted meanwhile counts as it did when it sent.
        now.push(Incoming { trusted: device_is_trusted.unwrap_or(one.trusted), ..*one });
    }
    Ok(now)
}

/// For each delivery, the message that its key brought before.
fn known_sightings(txn: &Transaction<'_>, incoming: &[Incoming<'_>]) -> Result<Vec<Option<i64>>, StoreError> {
    let sql = "SELECT sms_id FROM sighting WHERE source_kind = ?1 AND source_id = ?2 AND source_key = ?3";
    let mut find = txn.prepare_cached(sql)?;
    incoming
        .iter()
        .map(|one| {
            let key = params![one.source.kind.as_str(), one.source.id, one.delivery.key.0];
            Ok(find.query_row(key, |row| row.get(0)).optional()?)
        })
        .collect()
}

/// Messages of the same line and text around the new ones.
fn equal_texts(
    txn: &Transaction<'_>,
    recent: &mut RecentTexts,
    incoming: &[Incoming<'_>],
    fresh: &[usize],
) -> Result<HashMap<i64, Head>, StoreError> {
    let hours: BTreeSet<Hour> =
        fresh.iter().flat_map(|place| hours_around(incoming[*place].delivery.received_at)).collect();
    for hour in recent.missing(&hours) {
        let (from, to) = span_of(hour);
        let sql = "SELECT fingerprint, id FROM sms WHERE received_at >= ?1 AND received_at < ?2 AND id > 0";
        let mut texts = txn.prepare_cached(sql)?;
        let stored = texts.query_map([from, to], |row| {
            let stored = row.get_ref(0)?.as_blob()?;
            Ok((hash_of(stored), row.get(1)?))
        })?;
        recent.fill(hour, stored.collect::<Result<Vec<_>, _>>()?);
    }
    let mut heads = HashMap::new();
    let mut read: Option<CachedStatement<'_>> = None;
    for place in fresh {
        let one = &incoming[*place];
        for id in recent.find(one.delivery.received_at, &one.hash) {
            if heads.contains_key(&id) {
                continue;
            }
            let statement = match &mut read {
                Some(statement) => statement,
                none => none.insert(txn.prepare_cached(HEAD)?),
            };
            if let Some(head) = statement.query_row([id], |row| Ok(head_of(row))).optional()? {
                heads.insert(id, head?);
            }
        }
    }
    Ok(heads)
}

const HEAD: &str = "SELECT id, fingerprint, received_at, review, order_id, version, sender, sender_key, sources, state, \
    flags FROM sms WHERE id = ?1";

fn head_of(row: &Row<'_>) -> Result<Head, StoreError> {
    let id = row.get("id")?;
    let state: String = row.get("state")?;
    Ok(Head {
        id,
        hash: hash_of(&row.get::<_, Vec<u8>>("fingerprint")?),
        received_at: UnixMs(row.get("received_at")?),
        review: row.get("review")?,
        order_id: row.get("order_id")?,
        version: row.get("version")?,
        facts: Facts {
            sender: row.get::<_, String>("sender")?.into(),
            sender_key: row.get::<_, String>("sender_key")?.into(),
            sources: row.get("sources")?,
            state: word("sms.state", id, &state)?,
            flags: Flags(row.get("flags")?),
        },
    })
}

fn known_sms(txn: &Transaction<'_>, heads: &HashMap<i64, Head>) -> Result<Vec<KnownSms>, StoreError> {
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let mut find = txn.prepare_cached("SELECT source_kind, source_id FROM sighting WHERE sms_id = ?1")?;
    let mut known = Vec::with_capacity(heads.len());
    for head in heads.values() {
        let rows = find.query_map([head.id], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut sources = Vec::new();
        for row in rows {
            let (kind, id) = row?;
            sources.push(SourceRef { kind: word("sighting.source_kind", head.id, &kind)?, id });
        }
        known.push(head.known(sources));
    }
    Ok(known)
}

/// Messages are never deleted, so that the next id is the one behind the last.
fn next_id(txn: &Transaction<'_>) -> Result<i64, StoreError> {
    let last: Option<i64> = txn.prepare_cached("SELECT max(id) FROM sms")?.query_row([], |row| row.get(0))?;
    Ok(last.unwrap_or(0).max(0) + 1)
}
