//! Judging a chain again from where it changed until nothing can differ any more.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use entity::chain_link::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::chain::{Judged, Link, MINUTE_LINKS_MAX, Stand, judge};
use crate::domain::time::UnixMs;
use crate::store::StoreError;

/// Links that are read at once.
const PAGE: u64 = 64;

/// A link as it was stored, where it was, and as it is to be.
#[derive(Debug)]
pub(super) struct Rejudged {
    pub(super) before: Option<Model>,
    pub(super) after: Model,
}

/// Judges the chain `account_key` again in the minutes that are `due`, in which `incoming` links have been added or others
/// removed, and after them for as long as it stands otherwise than before. Answers what changed.
///
/// What is stored of `incoming` links, or of removed ones, must be gone already.
pub(super) async fn walk(
    txn: &DatabaseTransaction,
    account_key: &str,
    mut incoming: BTreeMap<i64, Vec<Model>>,
    mut due: BTreeSet<i64>,
) -> Result<Vec<Rejudged>, StoreError> {
    let mut changed = Vec::new();
    while let Some(from) = due.pop_first() {
        let (mut stand, mut group) = opening(txn, account_key, from).await?;
        let mut later = Later { account_key, rows: VecDeque::new(), read_to: (from, i64::MAX), is_all: false };
        let (mut minute, mut is_due) = (from, true);
        loop {
            let stood = group.last().map(stand_of).transpose()?;
            stand = judge_minute(stand, group, incoming.remove(&minute).unwrap_or_default(), &mut changed)?;
            if !is_due && stood.as_ref() == Some(&stand) {
                break;
            }
            let stored = later.first_minute(txn).await?;
            let Some(next) = [stored, due.first().copied()].into_iter().flatten().min() else { break };
            is_due = due.remove(&next);
            group = if stored == Some(next) { later.take_minute(txn, next).await? } else { Vec::new() };
            minute = next;
        }
    }
    Ok(changed)
}

/// Where the chain stood before `minute`, and the links of it. Of a minute with very many links only the last ones are judged
/// again, so that a flood costs no more than its own messages.
async fn opening(txn: &DatabaseTransaction, account_key: &str, minute: i64) -> Result<(Stand, Vec<Model>), StoreError> {
    let latest_first = || {
        Entity::find()
            .filter(Column::AccountKey.eq(account_key))
            .order_by_desc(Column::Minute)
            .order_by_desc(Column::Place)
    };
    let most = MINUTE_LINKS_MAX;
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut group = latest_first().filter(Column::Minute.eq(minute)).limit(limit).all(txn).await?;
    group.reverse();
    let before = if group.len() > most {
        Some(group.remove(0))
    } else {
        latest_first().filter(Column::Minute.lt(minute)).limit(1).one(txn).await?
    };
    Ok((before.as_ref().map(stand_of).transpose()?.unwrap_or_default(), group))
}

/// The links after a place of the chain, read as they are needed.
struct Later<'a> {
    account_key: &'a str,
    rows: VecDeque<Model>,
    read_to: (i64, i64),
    is_all: bool,
}

impl Later<'_> {
    async fn first_minute(&mut self, txn: &DatabaseTransaction) -> Result<Option<i64>, StoreError> {
        if self.rows.is_empty() {
            self.read(txn).await?;
        }
        Ok(self.rows.front().map(|row| row.minute))
    }

    async fn take_minute(&mut self, txn: &DatabaseTransaction, minute: i64) -> Result<Vec<Model>, StoreError> {
        while !self.is_all && self.rows.back().is_some_and(|row| row.minute == minute) {
            self.read(txn).await?;
        }
        let count = self.rows.iter().take_while(|row| row.minute == minute).count();
        Ok(self.rows.drain(..count).collect())
    }

    async fn read(&mut self, txn: &DatabaseTransaction) -> Result<(), StoreError> {
        if self.is_all {
            return Ok(());
        }
        let (minute, place) = self.read_to;
        let further = Condition::any()
            .add(Column::Minute.gt(minute))
            .add(Condition::all().add(Column::Minute.eq(minute)).add(Column::Place.gt(place)));
        let rows = Entity::find()
            .filter(Column::AccountKey.eq(self.account_key))
            // Beside the exact condition, so that the index is entered at the minute.
            .filter(Column::Minute.gte(minute))
            .filter(further)
            .order_by_asc(Column::Minute)
            .order_by_asc(Column::Place)
            .limit(PAGE)
            .all(txn)
            .await?;
        self.is_all = u64::try_from(rows.len()).is_ok_and(|read| read < PAGE);
        if let Some(last) = rows.last() {
            self.read_to = (last.minute, last.place);
        }
        self.rows.extend(rows);
        Ok(())
    }
}

fn judge_minute(
    stand: Stand,
    stored: Vec<Model>,
    incoming: Vec<Model>,
    changed: &mut Vec<Rejudged>,
) -> Result<Stand, StoreError> {
    let first_place = stored.first().map_or(0, |row| row.place);
    let links = stored.iter().chain(&incoming).map(link_of).collect();
    let mut stored: HashMap<i64, Model> = stored.into_iter().map(|row| (row.sms_id, row)).collect();
    let mut incoming: HashMap<i64, Model> = incoming.into_iter().map(|row| (row.sms_id, row)).collect();
    let mut last = stand.clone();
    for (place, judged) in (first_place..).zip(judge(stand, links)) {
        let before = stored.remove(&judged.sms_id);
        let Some(row) = before.clone().or_else(|| incoming.remove(&judged.sms_id)) else { continue };
        let after = judged_row(row, place, &judged)?;
        last = judged.stand;
        if before.as_ref() != Some(&after) {
            changed.push(Rejudged { before, after });
        }
    }
    Ok(last)
}

fn judged_row(row: Model, place: i64, judged: &Judged) -> Result<Model, StoreError> {
    let stand = serde_json::to_string(&judged.stand).map_err(|error| StoreError::corrupt("a chain's stand", error))?;
    Ok(Model {
        place,
        verdict: judged.verdict.as_str().to_owned(),
        open: judged.verdict.is_break(),
        previous_id: judged.previous.map(|point| point.sms_id),
        previous_balance: judged.previous.map(|point| point.balance),
        repeats: judged.repeats,
        stand,
        ..row
    })
}

fn link_of(row: &Model) -> Link {
    Link {
        sms_id: row.sms_id,
        received_at: UnixMs(row.received_at),
        moved: row.moved,
        balance: row.balance,
        template_id: row.template_id,
        accepted: row.accepted_at.is_some(),
    }
}

fn stand_of(row: &Model) -> Result<Stand, StoreError> {
    serde_json::from_str(&row.stand).map_err(|error| StoreError::corrupt("chain_link.stand", error))
}
