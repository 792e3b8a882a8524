//! What operators ask of actors that run in another process.
//!
//! A request is taken once: whoever sets its outcome first, the process that takes it or the asker who gives up, decides
//! whether it is carried out.

use std::time::Duration;

use entity::control_request::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Store, StoreError};
use crate::contract::system::Control;
use crate::domain::time::UnixMs;

/// A request that nobody took for so long is no longer carried out: its asker ended before they could give it up.
const GOOD_FOR: Duration = Duration::from_mins(1);

crate::text_enum! {
    /// What came of a request.
    pub enum Outcome {
        /// The process works on it.
        Taken = "taken",
        /// It is done.
        Done = "done",
        /// The process has no such actor, or is ending.
        Unknown = "unknown",
        /// Its asker gave up before anybody took it: it is not carried out.
        GivenUp = "given_up",
    }
}

impl Store {
    /// Asks each of `processes` to do something to its actor `actor_id`; the ids of the requests, in the same order.
    ///
    /// # Errors
    /// Where the store cannot commit: then nothing is asked.
    pub async fn request_control(
        &self,
        processes: &[String],
        actor_id: &str,
        control: Control,
        reason: &str,
    ) -> Result<Vec<i64>, StoreError> {
        let now = self.now();
        self.write_aside(async |txn| {
            let mut ids = Vec::with_capacity(processes.len());
            for process in processes {
                let row = ActiveModel {
                    id: NotSet,
                    process: Set(process.clone()),
                    actor_id: Set(actor_id.to_owned()),
                    control: Set(control.as_str().to_owned()),
                    reason: Set(reason.to_owned()),
                    requested_at: Set(now.0),
                    outcome: Set(None),
                    generation: Set(None),
                    done_at: Set(None),
                };
                ids.push(Entity::insert(row).exec(txn).await?.last_insert_id);
            }
            Ok(ids)
        })
        .await
    }

    /// How these requests stand.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn control_requests(&self, ids: &[i64]) -> Result<Vec<Model>, StoreError> {
        let ids = ids.iter().copied();
        Ok(Entity::find().filter(Column::Id.is_in(ids)).order_by_asc(Column::Id).all(self.reader()).await?)
    }

    /// Gives up those of these requests that nobody has taken: they will not be carried out.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn give_up_control(&self, ids: &[i64]) -> Result<(), StoreError> {
        let now = self.now();
        self.write_aside(async |txn| {
            Entity::update_many()
                .col_expr(Column::Outcome, Expr::value(Outcome::GivenUp.as_str()))
                .col_expr(Column::DoneAt, Expr::value(now.0))
                .filter(Column::Id.is_in(ids.iter().copied()))
                .filter(Column::Outcome.is_null())
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
    }

    /// The processes of which something is asked that they have not taken.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn processes_asked(&self) -> Result<Vec<String>, StoreError> {
        Ok(Entity::find()
            .select_only()
            .column(Column::Process)
            .distinct()
            .filter(Column::DoneAt.is_null())
            .filter(Column::Outcome.is_null())
            .into_tuple()
            .all(self.reader())
            .await?)
    }

    /// Takes what is asked of `process`, oldest first.
    ///
    /// # Errors
    /// Where the store cannot commit: then nothing is taken.
    pub async fn take_control(&self, process: &str) -> Result<Vec<Model>, StoreError> {
        let open = || Entity::find().filter(Column::Process.eq(process)).filter(Column::DoneAt.is_null());
        let open = || open().filter(Column::Outcome.is_null());
        // Seldom is anything asked: the look each second opens no transaction.
        if open().one(self.reader()).await?.is_none() {
            return Ok(Vec::new());
        }
        let now = self.now();
        self.write_aside(async |txn| {
            let asked = open()
                .order_by_asc(Column::Id)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .all(txn)
                .await?;
            let (good, old): (Vec<_>, Vec<_>) =
                asked.into_iter().partition(|row| now.since(UnixMs(row.requested_at)) <= GOOD_FOR);
            for (rows, outcome, done_at) in [(&good, Outcome::Taken, None), (&old, Outcome::GivenUp, Some(now.0))] {
                Entity::update_many()
                    .col_expr(Column::Outcome, Expr::value(outcome.as_str()))
                    .col_expr(Column::DoneAt, Expr::value(done_at))
                    .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
                    .exec(txn)
                    .await?;
            }
            Ok(good)
        })
        .await
    }

    /// What `process` took and has not finished: its listener was restarted meanwhile.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn interrupted_control(&self, process: &str) -> Result<Vec<Model>, StoreError> {
        Ok(Entity::find()
            .filter(Column::Process.eq(process))
            .filter(Column::DoneAt.is_null())
            .filter(Column::Outcome.eq(Outcome::Taken.as_str()))
            .order_by_asc(Column::Id)
            .all(self.reader())
            .await?)
    }

    /// Says what came of a request: the generation that runs now; none: there is no such actor.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn finish_control(&self, id: i64, generation: Option<u64>) -> Result<(), StoreError> {
        let now = self.now();
        let outcome = if generation.is_some() { Outcome::Done } else { Outcome::Unknown };
        let generation = generation.and_then(|generation| i64::try_from(generation).ok());
        self.write_aside(async |txn| {
            Entity::update_many()
                .col_expr(Column::Outcome, Expr::value(outcome.as_str()))
                .col_expr(Column::Generation, Expr::value(generation))
                .col_expr(Column::DoneAt, Expr::value(now.0))
                .filter(Column::Id.eq(id))
                .filter(Column::DoneAt.is_null())
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
    }

    /// Forgets requests made before `before`.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn forget_control(&self, before: UnixMs) -> Result<u64, StoreError> {
        self.write_aside(async |txn| {
            let gone = Entity::delete_many().filter(Column::RequestedAt.lt(before.0)).exec(txn).await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
