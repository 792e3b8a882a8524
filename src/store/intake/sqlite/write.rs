//! Writes a plan to SQLite.

use std::collections::HashMap;
use std::fmt::Write as _;

use rusqlite::{CachedStatement, Transaction, params};

use super::ACTOR;
use crate::domain::time::UnixMs;
use crate::store::StoreError;
use crate::store::event::rows_of;
use crate::store::intake::Incoming;
use crate::store::intake::plan::{Facts, Head, NewSms, Plan};
use crate::store::sms_change::Told;

pub(super) fn write(
    txn: &Transaction<'_>,
    plan: &Plan<'_>,
    heads: &HashMap<i64, Head>,
    now: UnixMs,
) -> Result<(), StoreError> {
    let mut told = Told::by(ACTOR, now);
    insert_sms(txn, &plan.made, now)?;
    for row in &plan.made {
        told.created(&row.stand(), row.quarantine);
    }
    insert_sightings(txn, &plan.sightings, now)?;
    for head in plan.touched().iter().filter_map(|id| heads.get(id)) {
        if let Some((facts, reason)) = plan.change(head) {
            update(txn, head, &facts, now)?;
            told.changed(&head.stand(&head.facts, head.version), &head.stand(&facts, head.version + 1), reason)?;
        }
    }
    let mut history = txn.prepare_cached(
        "INSERT INTO sms_history (sms_id, at, actor, from_state, to_state, review, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for row in &told.history {
        let values = params![row.sms_id, now.0, ACTOR, row.from_state, row.to_state, row.review, row.reason];
        history.execute(values)?;
    }
    let last: Option<i64> = txn.prepare_cached("SELECT max(last_id) FROM event")?.query_row([], |row| row.get(0))?;
    let mut events = txn.prepare_cached("INSERT INTO event (last_id, first_id, at, events) VALUES (?1, ?2, ?3, ?4)")?;
    for row in rows_of(&told.events, last.unwrap_or(0) + 1, now) {
        events.execute(params![row.last_id, row.first_id, row.at, row.events])?;
    }
    Ok(())
}

fn insert_sms(txn: &Transaction<'_>, made: &[NewSms<'_>], now: UnixMs) -> Result<(), StoreError> {
    const COLUMNS: &str = "INSERT INTO sms (id, line, sender, sender_key, text, fingerprint, received_at, occurred_at, \
        to_the_minute, stored_at, sources, state, state_since, review, flags, attempts, version, updated_at, provisional_key)";
    const VALUES: &str = "(:0, :1, :2, :3, :4, :5, :6, :6, 0, ?1, :7, :8, ?1, :9, :10, 0, 1, ?1, :11)";
    insert(txn, (COLUMNS, VALUES, 12), now, made, |statement, at, row| {
        let facts = &row.facts;
        statement.raw_bind_parameter(at, row.id)?;
        statement.raw_bind_parameter(at + 1, row.line)?;
        statement.raw_bind_parameter(at + 2, &facts.sender.shown)?;
        statement.raw_bind_parameter(at + 3, &facts.sender.key)?;
        statement.raw_bind_parameter(at + 4, row.text)?;
        statement.raw_bind_parameter(at + 5, row.fingerprint)?;
        statement.raw_bind_parameter(at + 6, row.received_at.0)?;
        statement.raw_bind_parameter(at + 7, facts.sources)?;
        statement.raw_bind_parameter(at + 8, facts.state.as_str())?;
        statement.raw_bind_parameter(at + 9, row.review.as_str())?;
        statement.raw_bind_parameter(at + 10, facts.flags.0)?;
        statement.raw_bind_parameter(at + 11, &facts.sender.provisional_key)
    })
}

fn insert_sightings(txn: &Transaction<'_>, sightings: &[(i64, Incoming<'_>)], now: UnixMs) -> Result<(), StoreError> {
    const COLUMNS: &str = "INSERT INTO sighting (source_kind, source_id, source_key, sms_id, external_id, format, \
        received_at, stored_at, raw)";
    const VALUES: &str = "(:0, :1, :2, :3, :4, :5, :6, ?1, :7)";
    insert(txn, (COLUMNS, VALUES, 8), now, sightings, |statement, at, (sms_id, one)| {
        let delivery = one.delivery;
        statement.raw_bind_parameter(at, one.source.kind.as_str())?;
        statement.raw_bind_parameter(at + 1, one.source.id)?;
        statement.raw_bind_parameter(at + 2, &delivery.key.0)?;
        statement.raw_bind_parameter(at + 3, sms_id)?;
        statement.raw_bind_parameter(at + 4, &delivery.external_id)?;
        statement.raw_bind_parameter(at + 5, delivery.format)?;
        statement.raw_bind_parameter(at + 6, delivery.received_at.0)?;
        statement.raw_bind_parameter(at + 7, &delivery.raw)
    })
}

/// Rows in one statement: so many share the cost of running it, and no more forms of it are needed than this and one.
const ROWS: usize = 16;

/// Inserts `rows`. The parts of the statement are its columns, the values of one row (`?1` is now, `:n` the row's own), and how
/// many the row's own are; `bind` gives a row its own, the first at the place that it is told.
fn insert<T>(
    txn: &Transaction<'_>,
    (columns, values, own): (&str, &str, usize),
    now: UnixMs,
    rows: &[T],
    bind: impl Fn(&mut CachedStatement<'_>, usize, &T) -> rusqlite::Result<()>,
) -> Result<(), StoreError> {
    let (many, single) = rows.split_at(rows.len() - rows.len() % ROWS);
    for (rows, count) in [(many, ROWS), (single, 1)] {
        if rows.is_empty() {
            continue;
        }
        let mut statement = txn.prepare_cached(&insert_text(columns, values, own, count))?;
        for chunk in rows.chunks(count) {
            statement.raw_bind_parameter(1, now.0)?;
            for (nth, row) in chunk.iter().enumerate() {
                bind(&mut statement, 2 + nth * own, row)?;
            }
            statement.raw_execute()?;
        }
    }
    Ok(())
}

fn insert_text(columns: &str, values: &str, own: usize, rows: usize) -> String {
    let mut text = format!("{columns} VALUES ");
    for nth in 0..rows {
        if nth > 0 {
            text.push_str(", ");
        }
        let mut parts = values.split(':');
        text.extend(parts.next());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let place: usize = part[..digits].parse().unwrap_or(0);
            let _ = write!(text, "?{}{}", 2 + nth * own + place, &part[digits..]);
        }
    }
    text
}

/// As `sms_change` does it: compare-and-set on the version, and what counts from the change of state begins anew.
fn update(txn: &Transaction<'_>, head: &Head, facts: &Facts<'_>, now: UnixMs) -> Result<(), StoreError> {
    let mut update = txn.prepare_cached(
        "UPDATE sms SET sender = ?3, sender_key = ?4, sources = ?5, flags = ?6, state = ?7, \
         state_since = CASE WHEN state = ?7 THEN state_since ELSE ?8 END, \
         attempts = CASE WHEN state = ?7 THEN attempts ELSE 0 END, \
         next_attempt_at = CASE WHEN state = ?7 THEN next_attempt_at END, \
         provisional_key = ?9, ask_sender = ?10, \
         version = version + 1, updated_at = ?8 WHERE id = ?1 AND version = ?2",
    )?;
    let changed = update.execute(params![
        head.id,
        head.version,
        facts.sender.shown,
        facts.sender.key,
        facts.sources,
        facts.flags.0,
        facts.state.as_str(),
        now.0,
        facts.sender.provisional_key,
        facts.ask_sender,
    ])?;
    // Nobody else writes while this transaction holds the one writer's lock.
    if changed == 1 { Ok(()) } else { Err(StoreError::corrupt("intake", "a message moved under the writer")) }
}
