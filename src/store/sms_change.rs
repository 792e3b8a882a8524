//! The one way an sms changes: compare-and-set on its version, with the history row and the event in the same transaction
//! (INV-S1).

use entity::{sms, sms_history};
use sea_orm::IntoActiveModel as _;
use sea_orm::{ActiveModelTrait as _, ActiveValue::NotSet, ActiveValue::Set, DatabaseTransaction, EntityTrait};
use serde::Serialize;

use super::chain::{self, LinkChange, facts_of};
use super::event::{self, NewEvent};
use super::rows::insert;
use super::sms::word;
use super::{Store, StoreError, sms_rows};
use crate::domain::flags::{Flag, Flags};
use crate::domain::refusal::Refusal;
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;

/// A row as it was read, as it is to be, and why.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// As it was read.
    pub before: &'a sms::Model,
    /// As it is to be.
    pub after: sms::Model,
    /// Why, for its history.
    pub reason: Option<String>,
}

/// What is told of an sms: by the event stream as it stands here, and by its history.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Stand<'a> {
    pub(super) id: i64,
    pub(super) state: &'a str,
    pub(super) review: &'a str,
    pub(super) order_id: Option<&'a str>,
    pub(super) flags: Flags,
    pub(super) version: i64,
}

/// What the event stream tells of a change.
#[derive(Serialize)]
struct Updated<'a> {
    #[serde(flatten)]
    stand: &'a Stand<'a>,
    /// The order that it was paired with before, where it is not any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_order_id: Option<&'a str>,
}

impl<'a> From<&'a sms::Model> for Stand<'a> {
    fn from(row: &'a sms::Model) -> Self {
        Self {
            id: row.id,
            state: &row.state,
            review: &row.review,
            order_id: row.order_id.as_deref(),
            flags: Flags(row.flags),
            version: row.version,
        }
    }
}

/// The history and the events of a transaction's changes.
#[derive(Debug)]
pub(super) struct Told<'a> {
    actor: &'a str,
    now: UnixMs,
    /// Their ids are not given yet.
    pub(super) history: Vec<sms_history::Model>,
    pub(super) events: Vec<NewEvent>,
}

impl<'a> Told<'a> {
    /// Of changes made by `actor` (a loop's kind, or `operator:NAME`).
    pub(super) fn by(actor: &'a str, now: UnixMs) -> Self {
        Self { actor, now, history: Vec::new(), events: Vec::new() }
    }

    /// Tells of a new sms; its history begins with why it cannot be read, where it cannot.
    pub(super) fn created(&mut self, sms: &Stand<'_>, quarantine: Option<&str>) {
        if let Some(why) = quarantine {
            self.note(SmsState::Received.as_str(), sms, Some(why.to_owned()));
        }
        self.events.push(NewEvent::new("sms.created", sms));
    }

    /// Tells of a change; its history names it where state or review changed, or where there is a reason.
    ///
    /// # Errors
    /// [`StoreError::IllegalTransition`] where its state does not lead there (INV-S5): the transaction must not commit.
    pub(super) fn changed(
        &mut self,
        before: &Stand<'_>,
        after: &Stand<'_>,
        reason: Option<String>,
    ) -> Result<(), StoreError> {
        may_become(before, after)?;
        if is_synthetic(after.id) {
            return Ok(());
        }
        if before.state != after.state || before.review != after.review || reason.is_some() {
            self.note(before.state, after, reason);
        }
        let former_order_id = before.order_id.filter(|_| before.order_id != after.order_id);
        self.events.push(NewEvent::new("sms.updated", &Updated { stand: after, former_order_id }));
        Ok(())
    }

    fn note(&mut self, from: &str, after: &Stand<'_>, reason: Option<String>) {
        self.history.push(sms_history::Model {
            id: 0,
            sms_id: after.id,
            at: self.now.0,
            actor: self.actor.to_owned(),
            from_state: from.to_owned(),
            to_state: after.state.to_owned(),
            review: after.review.to_owned(),
            reason,
        });
    }
}

fn may_become(before: &Stand<'_>, after: &Stand<'_>) -> Result<(), StoreError> {
    let (from, to) = (word("sms.state", before.id, before.state)?, word("sms.state", after.id, after.state)?);
    if SmsState::may_become(from, to) {
        return Ok(());
    }
    Err(StoreError::IllegalTransition { sms_id: before.id, from, to })
}

/// Changes of one transaction: writes each at once, and its history and events together at the end.
#[derive(Debug)]
pub struct SmsChanges<'a> {
    txn: &'a DatabaseTransaction,
    now: UnixMs,
    told: Told<'a>,
    /// Messages that are other links of their balance chains than before, or none any more.
    links: Vec<LinkChange>,
}

impl<'a> SmsChanges<'a> {
    /// Changes made by `actor` (a loop's kind, or `operator:NAME`).
    #[must_use]
    pub fn new(txn: &'a DatabaseTransaction, now: UnixMs, actor: &'a str) -> Self {
        Self { txn, now, told: Told::by(actor, now), links: Vec::new() }
    }

    /// The transaction.
    #[must_use]
    pub fn txn(&self) -> &'a DatabaseTransaction {
        self.txn
    }

    /// The time of these changes.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.now
    }

    /// Writes `after` over `before` where nobody else has changed the row since, and answers the row as it is now.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where the row has moved on; else as [`Self::apply_all`].
    pub async fn apply(
        &mut self,
        before: &sms::Model,
        after: sms::Model,
        reason: Option<String>,
    ) -> Result<sms::Model, StoreError> {
        let change = Change { before, after, reason };
        let applied = self.apply_all(vec![change]).await?;
        applied.into_iter().next().flatten().ok_or_else(|| moved(before.id).into())
    }

    /// Writes many at once, each where nobody else has changed its row since, and answers in their order the rows as they
    /// are now: none where a row has moved on.
    ///
    /// # Errors
    /// [`StoreError::IllegalTransition`] where one would go where its state does not lead; else where the database fails.
    /// The transaction must not commit then.
    pub async fn apply_all(&mut self, mut changes: Vec<Change<'_>>) -> Result<Vec<Option<sms::Model>>, StoreError> {
        for Change { before, after, .. } in &mut changes {
            after.version = before.version + 1;
            after.updated_at = self.now.0;
            if after.state != before.state {
                after.state_since = self.now.0;
                after.attempts = 0;
                after.next_attempt_at = None;
            }
        }
        let rows: Vec<_> = changes.iter().map(|change| (change.before, &change.after)).collect();
        let written = sms_rows::replace(self.txn, &rows).await?;
        for (before, after) in rows.into_iter().filter(|(before, _)| written.contains(&before.id)) {
            let (was, is) = (facts_of(before), facts_of(after));
            if was != is {
                self.links.push(LinkChange { sms_id: before.id, before: was, after: is });
            }
        }
        let mut now_there = Vec::with_capacity(changes.len());
        for Change { before, after, reason } in changes {
            let is_written = written.contains(&before.id);
            if is_written {
                self.told.changed(&before.into(), &(&after).into(), reason)?;
            }
            now_there.push(is_written.then_some(after));
        }
        Ok(now_there)
    }

    /// What is told of them.
    pub(super) fn told(&mut self) -> &mut Told<'a> {
        &mut self.told
    }

    /// Adds an event of another kind to this transaction.
    pub fn tell(&mut self, event: NewEvent) {
        self.told.events.push(event);
    }

    /// Has the balance chains follow the changes so far, for who needs to know what comes of it for the messages.
    ///
    /// # Errors
    /// Where the database fails.
    pub(super) async fn follow_chains(&mut self) -> Result<(), StoreError> {
        let links = std::mem::take(&mut self.links);
        if links.is_empty() { Ok(()) } else { chain::follow(self, links).await }
    }

    /// Has the balance chains follow, and writes the history and the events. To be called last in the transaction.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn finish(mut self) -> Result<(), StoreError> {
        self.follow_chains().await?;
        let rows = self.told.history.into_iter().map(|row| {
            let mut row = row.into_active_model().reset_all();
            row.id = NotSet;
            row
        });
        insert(self.txn, rows.collect()).await?;
        event::append(self.txn, self.now, self.told.events).await
    }
}

/// The refusal of a change to a row that has moved on.
#[must_use]
pub fn moved(id: i64) -> Refusal {
    Refusal::Conflict(format!("sms {id} has changed since it was read; read it again"))
}

/// The heartbeat's row has a negative id, and stands in no list, count, history or event.
#[must_use]
pub fn is_synthetic(id: i64) -> bool {
    id < 0
}

/// Sets the review as the system sees it: asks for a check, or takes back a request of its own whose cause is gone. What a
/// person has decided stays (INV-S2).
pub fn system_review(row: &mut sms::Model, need_check: bool) {
    let by_person = row.review_by.is_some();
    if by_person || row.review == Review::Confirmed.as_str() || row.review == Review::Rejected.as_str() {
        return;
    }
    let review = if need_check { Review::NeedCheck } else { Review::None };
    row.review = review.as_str().to_owned();
}

/// Replaces those flags of `row` that are in `owned` by `flags`.
pub fn replace_flags(row: &mut sms::Model, owned: Flags, flags: Flags) {
    row.flags = (row.flags & !owned.0) | (flags.0 & owned.0);
}

/// Sends an sms back to `received`: clears what parser and matcher made of it, keeps the rest.
pub fn clear_to_received(row: &mut sms::Model) {
    const KEPT: Flags = Flags::NONE.with(Flag::Twin).with(Flag::PossibleGap).with(Flag::OldEvent).with(Flag::IdReused);
    row.flags &= KEPT.0;
    row.occurred_at = row.received_at;
    row.to_the_minute = false;
    row.direction = None;
    row.currency = None;
    row.amount = None;
    row.balance = None;
    row.depositor = None;
    row.account = None;
    row.reference = None;
    row.memo = None;
    row.sender_bank = None;
    row.name_max = None;
    row.template_id = None;
    row.template_version = None;
    row.order_id = None;
    row.review = Review::None.as_str().to_owned();
    row.review_by = None;
    row.review_at = None;
    row.review_note = None;
    row.state = SmsState::Received.as_str().to_owned();
}

impl Store {
    /// Notes a failed attempt of `stage` on an sms and when to try again; after the last one asks for a check.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note_attempt(
        &self,
        row: &sms::Model,
        stage: &str,
        error: &str,
        next_attempt_at: Option<UnixMs>,
    ) -> Result<(), StoreError> {
        let now = self.now();
        self.write(async |txn| {
            let attempt = entity::sms_attempt::ActiveModel {
                id: NotSet,
                sms_id: Set(row.id),
                at: Set(now.0),
                stage: Set(stage.to_owned()),
                error: Set(error.chars().take(500).collect()),
            };
            entity::sms_attempt::Entity::insert(attempt).exec_without_returning(txn).await?;
            let mut changes = SmsChanges::new(txn, now, stage);
            let mut after = row.clone();
            after.attempts += 1;
            after.next_attempt_at = next_attempt_at.map(|at| at.0);
            let mut reason = None;
            if next_attempt_at.is_none() {
                after.state = SmsState::Quarantined.as_str().to_owned();
                after.flags = Flags(after.flags).with(Flag::RetriesExhausted).0;
                system_review(&mut after, true);
                reason = Some(format!("{stage} failed on it {} times", after.attempts));
            }
            changes.apply(row, after, reason).await?;
            changes.finish().await
        })
        .await
    }
}
