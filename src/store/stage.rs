//! What a stage of the pipeline does with what is pending: reads it, lets a pure step say what becomes of each message,
//! and writes that in one transaction.

use entity::sms;
use sea_orm::sea_query::{Expr, ExprTrait as _, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::settings::{Revised, revision};
use super::sms_change::{Change, SmsChanges, is_synthetic};
use super::{Store, StoreError};
use crate::domain::sms::SmsState;

/// How often a round is tried where other transactions stand in its way.
const TRIES: u32 = 3;

/// What becomes of a message in a stage.
#[derive(Clone, Debug)]
pub enum Step {
    /// It becomes this, for this reason.
    Becomes(Box<sms::Model>, Option<String>),
    /// The stage failed on it: it is tried again later.
    Failed(String),
}

/// What one round of a stage did.
#[derive(Clone, Debug, Default)]
pub struct Advanced {
    /// Messages that were pending.
    pub seen: usize,
    /// The states that messages took, with how many took each.
    pub states: std::collections::BTreeMap<String, u64>,
    /// What the stage judges by has changed since it was read: nothing was written, the round is to be done again.
    pub outdated: bool,
    /// Somebody else changed one of the messages since it was read, a further sighting for example: the round is to be done
    /// again, since nobody nudges for it.
    pub overtaken: bool,
    /// Messages on which the stage failed, and why.
    pub failed: Vec<(sms::Model, String)>,
}

impl Store {
    /// Takes up to `limit` messages in state `from`, oldest first, through `step`.
    ///
    /// On PostgreSQL the rows are claimed, so that several workers share the work; on SQLite they are read beside the
    /// writer, and a row that moved meanwhile is left to the next round.
    ///
    /// `basis` is what `step` judges by, and the revision of it that it knows. A message that came after a change of it is
    /// never judged by what was before.
    ///
    /// # Errors
    /// Where the store cannot commit: then nothing of this round is stored.
    pub async fn advance(
        &self,
        from: SmsState,
        limit: u64,
        actor: &'static str,
        basis: (Revised, i64),
        mut step: impl FnMut(&sms::Model) -> Step,
    ) -> Result<Advanced, StoreError> {
        if self.backend() == DbBackend::Sqlite {
            let rows = self.pending(self.reader(), from, limit).await?;
            if rows.is_empty() {
                return Ok(Advanced::default());
            }
            // Outside the transaction: the one writer is not held while a stage thinks.
            let steps: Vec<_> = rows.into_iter().map(|row| (step(&row), row)).collect();
            let _turn = self.stage_turn().await;
            return self
                .write(async |txn| write_steps(SmsChanges::new(txn, self.now(), actor), basis, steps).await)
                .await;
        }
        let mut tries = 0;
        loop {
            let done = self
                .write(async |txn| {
                    let rows = self.pending(txn, from, limit).await?;
                    let steps: Vec<_> = rows.into_iter().map(|row| (step(&row), row)).collect();
                    write_steps(SmsChanges::new(txn, self.now(), actor), basis, steps).await
                })
                .await;
            tries += 1;
            match done {
                // Another transaction held messages of a chain that these belong to.
                Err(error) if error.is_contention() && tries < TRIES => {
                    tracing::debug!(%error, "a round of a stage is done again");
                }
                done => return done,
            }
        }
    }

    async fn pending(
        &self,
        db: &impl ConnectionTrait,
        from: SmsState,
        limit: u64,
    ) -> Result<Vec<sms::Model>, StoreError> {
        let due = Condition::any()
            .add(sms::Column::NextAttemptAt.is_null())
            .add(sms::Column::NextAttemptAt.lte(self.now().0));
        Ok(sms::Entity::find()
            .filter(sms::Column::State.eq(from.as_str()))
            .filter(due)
            .order_by_asc(sms::Column::Id)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(db)
            .await?)
    }

    /// Messages that no stage has finished with, and buckets that wait for the matcher: zero when all is quiet.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn undecided(&self) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait as _;
        let open = [SmsState::Received, SmsState::Accepted, SmsState::Parsed];
        let messages = sms::Entity::find()
            .filter(sms::Column::State.is_in(open.map(SmsState::as_str)).or(Expr::cust("ask_sender")))
            .count(self.reader())
            .await?;
        let buckets = entity::match_bucket::Entity::find().count(self.reader()).await?;
        Ok(messages + buckets)
    }
}

async fn write_steps(
    mut changes: SmsChanges<'_>,
    (basis, known): (Revised, i64),
    steps: Vec<(Step, sms::Model)>,
) -> Result<Advanced, StoreError> {
    // The messages were read before this: what changes from now on is later than all of them.
    if !steps.is_empty() && revision(changes.txn(), basis).await? != known {
        return Ok(Advanced { outdated: true, ..Advanced::default() });
    }
    let mut advanced = Advanced { seen: steps.len(), ..Advanced::default() };
    let (steps, rows): (Vec<Step>, Vec<sms::Model>) = steps.into_iter().unzip();
    let mut becoming = Vec::with_capacity(rows.len());
    for (step, row) in steps.into_iter().zip(&rows) {
        match step {
            Step::Failed(error) => advanced.failed.push((row.clone(), error)),
            Step::Becomes(after, reason) => becoming.push(Change { before: row, after: *after, reason }),
        }
    }
    // What somebody changed meanwhile is still pending, or no longer ours.
    for after in changes.apply_all(becoming).await? {
        match after {
            None => advanced.overtaken = true,
            Some(after) if !is_synthetic(after.id) => *advanced.states.entry(after.state).or_default() += 1,
            Some(_) => {}
        }
    }
    changes.finish().await?;
    Ok(advanced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::settings::raise_revision;
    use crate::store::testing::{base, message, stores};

    #[tokio::test]
    async fn nothing_is_judged_by_what_has_changed_since() {
        for store in stores().await {
            let id = store.put_sms(message("15881688", SmsState::Accepted, base())).await;
            let ignore = |row: &sms::Model| {
                let mut after = row.clone();
                after.state = SmsState::Ignored.as_str().to_owned();
                Step::Becomes(Box::new(after), None)
            };
            let advance = async |known| {
                store.advance(SmsState::Accepted, 10, "a stage", (Revised::Templates, known), ignore).await.unwrap()
            };
            store.write(async |txn| raise_revision(txn, Revised::Templates, base()).await).await.unwrap();
            let outdated = advance(0).await;
            assert!(outdated.outdated && outdated.seen == 0);
            assert_eq!(store.state_of(id).await, SmsState::Accepted);
            let done = advance(1).await;
            assert_eq!((done.outdated, done.seen), (false, 1));
            assert_eq!(store.state_of(id).await, SmsState::Ignored);
        }
    }

    #[tokio::test]
    async fn a_message_that_moved_meanwhile_has_the_round_done_again() {
        for store in stores().await {
            let id = store.put_sms(message("15881688", SmsState::Accepted, base())).await;
            let read = store.sms_row(id).await.unwrap().unwrap();
            // A further sighting, which adds to the row and says nothing of its state.
            let seen_again = sms::Entity::update_many()
                .col_expr(sms::Column::Version, Expr::value(read.version + 1))
                .filter(sms::Column::Id.eq(id));
            store.write(async |txn| Ok(seen_again.exec(txn).await?)).await.unwrap();
            let parse = async |row: sms::Model| {
                let after = sms::Model { state: SmsState::Unparsed.as_str().to_owned(), ..row.clone() };
                let steps = vec![(Step::Becomes(Box::new(after), None), row)];
                let write = async |txn: &_| {
                    write_steps(SmsChanges::new(txn, base(), "a stage"), (Revised::Templates, 0), steps.clone()).await
                };
                store.write(write).await.unwrap()
            };
            let overtaken = parse(read).await;
            assert!(overtaken.overtaken && overtaken.states.is_empty());
            assert_eq!(store.state_of(id).await, SmsState::Accepted);
            let done = parse(store.sms_row(id).await.unwrap().unwrap()).await;
            assert!(!done.overtaken);
            assert_eq!(store.state_of(id).await, SmsState::Unparsed);
        }
    }
}
