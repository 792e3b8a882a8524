//! Writing rulings: what is news, first what ends and then what begins.

use std::collections::{BTreeMap, BTreeSet};

use entity::{sms, sms_decision, sms_match};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder};

use super::Decided;
use crate::domain::flags::{Flag, Flags};
use crate::domain::matching::{self, Explanation, MATCHING_FLAGS, Outcome, ReadBy, Ruling, Timing};
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;
use crate::store::StoreError;
use crate::store::order::end_match;
use crate::store::rows::insert;
use crate::store::sms_change::{Change, SmsChanges, is_synthetic, moved, replace_flags, system_review};

/// Writes the rulings that differ from what stands: first what ends, then what begins, so that an order can pass from one
/// sms to another within the round.
pub(super) async fn write_rulings(
    changes: &mut SmsChanges<'_>,
    rows: &BTreeMap<i64, sms::Model>,
    decided: &matching::Bucket<'_>,
    credited: &BTreeSet<i64>,
    done: &mut Decided,
) -> Result<(), StoreError> {
    let mut changed: Vec<News<'_>> = Vec::new();
    for ruling in decided.rulings() {
        let Some(row) = rows.get(&ruling.sms_id) else { continue };
        let next = ruled(row, &ruling, credited.contains(&row.id));
        if let Some(explanation) = news(changes.txn(), row, &next, &ruling, decided).await? {
            changed.push(News { row, next, ruling, explanation });
        }
    }
    for News { row, ruling, explanation, .. } in &changed {
        let (_, order_id) = headline(&ruling.outcome);
        if row.order_id.is_some()
            && row.order_id.as_deref() != order_id
            && let Some(pair) = crate::store::order::active_match_of_sms(changes.txn(), row.id).await?
        {
            end_match(changes, &pair, &explanation.summary).await?;
        }
    }
    write_changed(changes, changed, done).await
}

/// A ruling that differs from what stands.
pub(super) struct News<'a> {
    row: &'a sms::Model,
    next: sms::Model,
    ruling: Ruling,
    explanation: Explanation,
}

pub(super) fn headline(outcome: &Outcome) -> (SmsState, Option<&str>) {
    match outcome {
        Outcome::Matched { order_id, .. } => (SmsState::Matched, Some(order_id)),
        Outcome::Ambiguous => (SmsState::Ambiguous, None),
        Outcome::Unmatched => (SmsState::Unmatched, None),
    }
}

/// The explanation of a ruling that is news; none where the row says the same already, so that nothing is written again
/// and again.
pub(super) async fn news(
    txn: &DatabaseTransaction,
    row: &sms::Model,
    next: &sms::Model,
    ruling: &Ruling,
    decided: &matching::Bucket<'_>,
) -> Result<Option<Explanation>, StoreError> {
    let (state, order_id) = headline(&ruling.outcome);
    if row.state != state.as_str()
        || row.order_id.as_deref() != order_id
        || row.flags != next.flags
        || row.review != next.review
    {
        return Ok(Some(decided.explain(ruling)));
    }
    if state != SmsState::Ambiguous {
        return Ok(None);
    }
    let explanation = decided.explain(ruling);
    let last = sms_decision::Entity::find()
        .filter(sms_decision::Column::SmsId.eq(row.id))
        .order_by_desc(sms_decision::Column::Id)
        .one(txn)
        .await?;
    let Some(last) = last else { return Ok(Some(explanation)) };
    let last: Explanation = serde_json::from_str(&last.explanation)
        .map_err(|error| StoreError::corrupt("sms_decision.explanation", error))?;
    let ids = |of: &Explanation| of.candidates.iter().map(|candidate| candidate.order_id.clone()).collect::<Vec<_>>();
    Ok(if ids(&last) == ids(&explanation) { None } else { Some(explanation) })
}

/// The row as the ruling would have it.
pub(super) fn ruled(row: &sms::Model, ruling: &Ruling, has_credited_twin: bool) -> sms::Model {
    let (state, order_id) = headline(&ruling.outcome);
    let mut next = row.clone();
    next.state = state.as_str().to_owned();
    next.order_id = order_id.map(str::to_owned);
    replace_flags(&mut next, MATCHING_FLAGS.with(Flag::RetriesExhausted), ruling.flags);
    let is_other = next.state != row.state || next.order_id != row.order_id;
    if row.review == Review::Confirmed.as_str() && is_other && ruling.need_check {
        // What was confirmed was something else: nobody has seen this yet (INV-M5, INV-M9).
        next.review = Review::NeedCheck.as_str().to_owned();
        next.review_by = None;
        next.review_at = None;
        next.review_note = None;
        return next;
    }
    let asks = ruling.need_check || asks_for_check(&next, has_credited_twin);
    system_review(&mut next, asks);
    next
}

/// Whether a flag that another stage set asks for a check by itself. A twin on a clear match does not; but no match is
/// clear while the same text holds an order already, since it may be one deposit told twice.
pub(super) fn asks_for_check(row: &sms::Model, has_credited_twin: bool) -> bool {
    const ASKING: Flags = Flags::NONE.with(Flag::ChainBreak).with(Flag::SuspiciousText);
    let is_clear = row.state == SmsState::Matched.as_str() && !has_credited_twin;
    row.flags & ASKING.0 != 0 || (Flags(row.flags).has(Flag::Twin) && !is_clear)
}

pub(super) async fn write_changed(
    changes: &mut SmsChanges<'_>,
    changed: Vec<News<'_>>,
    done: &mut Decided,
) -> Result<(), StoreError> {
    let (txn, now) = (changes.txn(), changes.now());
    let rows = changed.iter().map(|news| Change {
        before: news.row,
        after: news.next.clone(),
        reason: Some(news.explanation.summary.clone()),
    });
    let applied = changes.apply_all(rows.collect()).await?;
    let mut decisions = Vec::new();
    let mut pairs = Vec::new();
    for (News { row, ruling, explanation, .. }, after) in changed.into_iter().zip(applied) {
        if after.is_none() {
            return Err(moved(row.id).into());
        }
        let (state, _) = headline(&ruling.outcome);
        if !is_synthetic(row.id) {
            decisions.push(decision_row(row.id, state.as_str(), &explanation, now)?);
        }
        done.changed += 1;
        match state {
            SmsState::Matched => done.matched += 1,
            SmsState::Ambiguous => done.ambiguous += 1,
            _ => done.unmatched += 1,
        }
        if let Outcome::Matched { order_id, timing } = ruling.outcome
            && row.order_id.as_ref() != Some(&order_id)
        {
            // After any confirmation of the text, whatever the clocks say: see `unseen_pairs`.
            let made_at = row.review_at.map_or(now, |seen_at| now.max(UnixMs(seen_at.saturating_add(1))));
            pairs.push(pair_row(row.id, order_id, timing, made_at));
        }
    }
    insert(txn, decisions).await?;
    // INV-M1, INV-M2: the partial unique indexes refuse a second active pair of either.
    insert(txn, pairs).await
}

/// What a person decided against, or without, the rules: the outcome of their link.
pub const BY_HAND: &str = "manual";

/// Notes that a person linked a deposit with an order, as a decision like any other.
///
/// # Errors
/// Where the database fails.
pub async fn note_link(
    txn: &DatabaseTransaction,
    row: &sms::Model,
    order_id: &str,
    operator: &str,
    now: UnixMs,
) -> Result<(), StoreError> {
    let template = row.template_id.zip(row.template_version).map(|(id, version)| ReadBy { id, version });
    let decision = decision_row(row.id, BY_HAND, &Explanation::by_hand(order_id, operator, template), now)?;
    insert(txn, vec![decision]).await
}

pub(super) fn decision_row(
    sms_id: i64,
    outcome: &str,
    explanation: &Explanation,
    now: UnixMs,
) -> Result<sms_decision::ActiveModel, StoreError> {
    let json = serde_json::to_string(explanation).map_err(|error| StoreError::corrupt("an explanation", error))?;
    Ok(sms_decision::ActiveModel {
        id: NotSet,
        sms_id: Set(sms_id),
        at: Set(now.0),
        outcome: Set(outcome.to_owned()),
        rule: Set(explanation.rule.clone()),
        explanation: Set(json),
    })
}

pub(super) fn pair_row(sms_id: i64, order_id: String, timing: Timing, now: UnixMs) -> sms_match::ActiveModel {
    sms_match::ActiveModel {
        id: NotSet,
        sms_id: Set(sms_id),
        order_id: Set(order_id),
        active: Set(true),
        made_by: Set("order_matcher".to_owned()),
        made_at: Set(now.0),
        timing: Set(timing.as_str().to_owned()),
        released_at: Set(None),
        release_reason: Set(None),
    }
}
