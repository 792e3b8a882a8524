//! What a change of messages means for their chains, and what the chains then mean for messages.

use std::collections::{BTreeMap, BTreeSet};

use entity::{chain_link, sms};
use sea_orm::{ActiveModelTrait as _, QueryFilter, QueryOrder, QuerySelect};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel as _};

use super::walk::{Rejudged, walk};
use super::{Facts, SmsChanges};
use crate::domain::chain::{Told, Verdict, sentence};
use crate::domain::flags::{Flag, Flags};
use crate::domain::sms::{Review, SmsState};
use crate::store::matching::bucket_of;
use crate::store::order::mark_buckets;
use crate::store::rows::insert;
use crate::store::sms::word;
use crate::store::sms_change::{Change, system_review};
use crate::store::{Lock, StoreError, lock};

/// Rows that one statement names.
const CHUNK: usize = 500;

/// Below the second after which PostgreSQL looks for circles: it breaks off whom it likes, and that must not be the inbox.
const GIVE_WAY: &str = "SET LOCAL lock_timeout = '900ms'";
const WAIT_AGAIN: &str = "SET LOCAL lock_timeout TO DEFAULT";

/// A message whose link is another one than before.
#[derive(Debug)]
pub(in crate::store) struct LinkChange {
    pub(in crate::store) sms_id: i64,
    pub(in crate::store) before: Option<Facts>,
    pub(in crate::store) after: Option<Facts>,
}

/// What is to be judged again of one chain.
#[derive(Debug, Default)]
struct Due {
    minutes: BTreeSet<i64>,
    incoming: BTreeMap<i64, Vec<chain_link::Model>>,
}

/// Brings the chains to what the messages say now, and writes on the messages what came of it.
pub(in crate::store) async fn follow(changes: &mut SmsChanges<'_>, changed: Vec<LinkChange>) -> Result<(), StoreError> {
    let txn = changes.txn();
    let mut due: BTreeMap<String, Due> = BTreeMap::new();
    let mut stored_before = Vec::new();
    for change in &changed {
        for facts in [&change.before, &change.after].into_iter().flatten() {
            due.entry(facts.account_key.clone()).or_default().minutes.insert(facts.minute);
        }
        if change.before.is_some() {
            stored_before.push(change.sms_id);
        }
    }
    enter(txn, due.keys()).await?;
    let mut known = take(txn, &stored_before).await?;
    let was_open = known.values().filter(|row| row.open).map(|row| row.sms_id).collect();
    let mut left = Vec::new();
    for LinkChange { sms_id, after, .. } in changed {
        let before = known.remove(&sms_id);
        match after {
            Some(facts) => {
                let accepted = before.filter(|row| row.balance == facts.balance && row.moved == facts.moved);
                let row = new_row(sms_id, &facts, accepted);
                let incoming = &mut due.entry(facts.account_key).or_default().incoming;
                incoming.entry(facts.minute).or_default().push(row);
            }
            None => left.push(sms_id),
        }
    }
    judge_again(changes, due, left, &was_open).await
}

/// Judges one link again after a person has taken it as it stands, or taken that back; `row` as it is to be.
pub(super) async fn judge_one_again(changes: &mut SmsChanges<'_>, row: chain_link::Model) -> Result<(), StoreError> {
    let was_open = take(changes.txn(), &[row.sms_id]).await?.into_keys().collect();
    let key = row.account_key.clone();
    let due = Due { minutes: BTreeSet::from([row.minute]), incoming: BTreeMap::from([(row.minute, vec![row])]) };
    judge_again(changes, BTreeMap::from([(key, due)]), Vec::new(), &was_open).await
}

/// Takes the locks of these chains, in one order for all, until the transaction ends.
pub(super) async fn enter(
    txn: &DatabaseTransaction,
    account_keys: impl Iterator<Item = &String>,
) -> Result<(), StoreError> {
    if txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    // The inbox and the matcher hold messages of which some may be links here.
    txn.execute_unprepared(GIVE_WAY).await?;
    for key in account_keys {
        lock(txn, Lock::Key(format!("chain:{key}").as_bytes())).await?;
    }
    Ok(())
}

async fn judge_again(
    changes: &mut SmsChanges<'_>,
    due: BTreeMap<String, Due>,
    left: Vec<i64>,
    was_open: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let txn = changes.txn();
    let mut rejudged = Vec::new();
    for (account_key, Due { minutes, incoming }) in due {
        rejudged.extend(walk(txn, &account_key, incoming, minutes).await?);
    }
    write_links(txn, &rejudged).await?;
    flag(changes, &rejudged, left, was_open).await?;
    if txn.get_database_backend() == DbBackend::Postgres {
        txn.execute_unprepared(WAIT_AGAIN).await?;
    }
    Ok(())
}

/// Takes the links of these messages out of their chains.
async fn take(txn: &DatabaseTransaction, ids: &[i64]) -> Result<BTreeMap<i64, chain_link::Model>, StoreError> {
    let mut taken = BTreeMap::new();
    for chunk in ids.chunks(CHUNK) {
        let of_these = chain_link::Column::SmsId.is_in(chunk.iter().copied());
        let rows = chain_link::Entity::find().filter(of_these.clone()).all(txn).await?;
        taken.extend(rows.into_iter().map(|row| (row.sms_id, row)));
        chain_link::Entity::delete_many().filter(of_these).exec(txn).await?;
    }
    Ok(taken)
}

/// A link that is not judged yet; `accepted`: the same one from before, with what a person said of it.
fn new_row(sms_id: i64, facts: &Facts, accepted: Option<chain_link::Model>) -> chain_link::Model {
    let (accepted_by, accepted_at, accepted_note) =
        accepted.map_or((None, None, None), |row| (row.accepted_by, row.accepted_at, row.accepted_note));
    chain_link::Model {
        sms_id,
        account_key: facts.account_key.clone(),
        minute: facts.minute,
        place: 0,
        received_at: facts.received_at,
        currency: facts.currency.clone(),
        moved: facts.moved,
        balance: facts.balance,
        template_id: facts.template_id,
        verdict: Verdict::NoBalance.as_str().to_owned(),
        open: false,
        previous_id: None,
        previous_balance: None,
        repeats: None,
        stand: String::new(),
        accepted_by,
        accepted_at,
        accepted_note,
    }
}

async fn write_links(txn: &DatabaseTransaction, rejudged: &[Rejudged]) -> Result<(), StoreError> {
    let stale: Vec<i64> = rejudged.iter().filter_map(|one| Some(one.before.as_ref()?.sms_id)).collect();
    for chunk in stale.chunks(CHUNK) {
        let of_these = chain_link::Column::SmsId.is_in(chunk.iter().copied());
        chain_link::Entity::delete_many().filter(of_these).exec(txn).await?;
    }
    insert(txn, rejudged.iter().map(|one| one.after.clone().into_active_model().reset_all()).collect()).await
}

/// Sets and clears `chain_break` where it does not stand as the verdicts say. `left` are no links any more; `was_open`: those
/// links that were taken out, as breaks, before they were judged again.
async fn flag(
    changes: &mut SmsChanges<'_>,
    rejudged: &[Rejudged],
    left: Vec<i64>,
    was_open: &BTreeSet<i64>,
) -> Result<(), StoreError> {
    let mut wanted: BTreeMap<i64, Option<&chain_link::Model>> = left.into_iter().map(|id| (id, None)).collect();
    for Rejudged { before, after } in rejudged {
        let was = before.as_ref().map_or(was_open.contains(&after.sms_id), |before| before.open);
        if after.open || was {
            wanted.insert(after.sms_id, Some(after));
        }
    }
    let ids: Vec<i64> = wanted.keys().copied().collect();
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let find = sms::Entity::find().filter(sms::Column::Id.is_in(chunk.iter().copied()));
        // In the order in which the inbox and the matcher lock them.
        rows.extend(find.order_by_asc(sms::Column::Id).lock_exclusive().all(changes.txn()).await?);
    }
    let mut flagged = Vec::new();
    for row in &rows {
        let link = wanted.get(&row.id).copied().flatten();
        let is_break = link.is_some_and(|link| link.open);
        if is_break == Flags(row.flags).has(Flag::ChainBreak) {
            continue;
        }
        let reason = link.map(told).transpose()?;
        flagged.push(Change { before: row, after: with_break(row, is_break), reason });
    }
    let deposits = flagged.iter().filter(|change| change.after.direction.as_deref() == Some("deposit"));
    let buckets: BTreeSet<_> = deposits.filter_map(|change| bucket_of(&change.after)).collect();
    let (txn, now) = (changes.txn(), changes.now());
    changes.apply_all(flagged).await?;
    mark_buckets(txn, buckets, now).await
}

/// The link in a sentence, for its message's history.
pub(super) fn told(link: &chain_link::Model) -> Result<String, StoreError> {
    let expected = link.previous_balance.and_then(|before| before.checked_add(link.moved));
    Ok(sentence(&Told {
        sms_id: link.sms_id,
        verdict: word("chain_link.verdict", link.sms_id, &link.verdict)?,
        previous_id: link.previous_id,
        repeats: link.repeats,
        missing: expected.and_then(|expected| link.balance?.checked_sub(expected)),
        currency: link.currency.parse().map_err(|error| StoreError::corrupt("chain_link.currency", error))?,
    }))
}

/// The message with the flag or without it. A deposit's own decision is the matcher's: here it is only given back to it.
fn with_break(row: &sms::Model, is_break: bool) -> sms::Model {
    let mut after = row.clone();
    let flags = Flags(row.flags);
    after.flags = if is_break { flags.with(Flag::ChainBreak).0 } else { flags.without(Flag::ChainBreak).0 };
    if is_break {
        system_review(&mut after, true);
        return after;
    }
    match row.state.parse() {
        // A withdrawal asks for nothing else.
        Ok(SmsState::Ignored) => system_review(&mut after, false),
        // The matcher looks at what waits; what waits with a check only where an order comes.
        Ok(SmsState::Unmatched) if row.review != Review::Rejected.as_str() => {
            SmsState::Parsed.as_str().clone_into(&mut after.state);
            system_review(&mut after, false);
        }
        _ => {}
    }
    after
}
