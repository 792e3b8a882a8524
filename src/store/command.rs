//! People's requests: one transaction with the change, its audit entry and the answer that is saved for repetition.

use sea_orm::TransactionTrait as _;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Lock, Store, StoreError, audit, event, lock};
use crate::contract::caller::{Answer, Caller, Idempotency};
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::secrets::Place;

/// What a command did: its answer, and what the audit is to say of it.
#[derive(Debug)]
pub struct Done {
    /// The answer of the request.
    pub answer: Answer,
    /// What it was done to: `phone/3`.
    pub subject: String,
    /// The particulars for the audit. Never a secret.
    pub detail: Value,
}

/// Writes what was done into the audit, and tells the event stream of it.
async fn record(
    txn: &DatabaseTransaction,
    now: UnixMs,
    caller: &Caller,
    action: &str,
    done: &Done,
) -> Result<(), StoreError> {
    audit::append(txn, now, caller.name(), action, &done.subject, &done.detail).await?;
    event::append(txn, now, event::of_change(action, &done.subject).into_iter().collect()).await
}

/// A saved answer, before it is sealed.
#[derive(Serialize, Deserialize)]
struct Saved {
    status: u16,
    body: Value,
}

impl Store {
    /// Carries out a request in one transaction: `work`, the audit entry `action`, and the saved answer.
    ///
    /// A request whose `Idempotency-Key` was used before is answered as then (INV-S3), or refused where the body differs. A
    /// conflict is such an answer: a repetition that was on its way must not go through because something moved meanwhile.
    /// Other refusals are not kept: nothing was done, and nothing can have moved.
    ///
    /// # Errors
    /// What `work` refused, or why the store could not commit: then nothing of it is stored.
    pub async fn command(
        &self,
        caller: &Caller,
        action: &str,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<Done, StoreError>,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        self.write(async |txn| {
            let Some(idempotency) = &caller.idempotency else {
                let done = work(txn).await?;
                record(txn, now, caller, action, &done).await?;
                return Ok(Ok(done.answer));
            };
            // Two requests with one key at once: the second waits here and finds the first's answer.
            lock(txn, Lock::Key(idempotency.key.as_bytes())).await?;
            if let Some(answer) = self.saved_answer(txn, idempotency).await? {
                return Ok(Ok(answer));
            }
            // In a savepoint: of a work that is refused nothing stays but its refusal.
            let savepoint = txn.begin().await?;
            match work(&savepoint).await {
                Ok(done) => {
                    savepoint.commit().await?;
                    record(txn, now, caller, action, &done).await?;
                    self.save_answer(txn, idempotency, &done.answer, now).await?;
                    Ok(Ok(done.answer))
                }
                Err(StoreError::Refused(refusal @ (Refusal::Conflict(_) | Refusal::There { .. }))) => {
                    savepoint.rollback().await?;
                    let answer = match &refusal {
                        Refusal::There { detail, current } => Answer::conflict_with(detail, current)?,
                        refusal => Answer::conflict(&refusal.to_string()),
                    };
                    self.save_answer(txn, idempotency, &answer, now).await?;
                    Ok(Err(refusal))
                }
                Err(error) => Err(error),
            }
        })
        .await?
    }

    /// Writes an audit entry by itself: for what is not done in the store.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note(&self, caller: &Caller, action: &str, subject: &str, detail: &Value) -> Result<(), StoreError> {
        let now = self.now();
        self.write(async |txn| audit::append(txn, now, caller.name(), action, subject, detail).await).await
    }

    /// The saved answer of a request that was carried out before under the same `Idempotency-Key`; none where it is new.
    ///
    /// # Errors
    /// Where the key was used for another body, or the database fails.
    pub async fn answered(&self, caller: &Caller) -> Result<Option<Answer>, Refusal> {
        let Some(idempotency) = &caller.idempotency else { return Ok(None) };
        Ok(self.saved_answer(self.reader(), idempotency).await?)
    }

    async fn saved_answer(&self, db: &impl ConnectionTrait, asked: &Idempotency) -> Result<Option<Answer>, StoreError> {
        let Some(row) = entity::idempotency::Entity::find_by_id(&asked.key).one(db).await? else {
            return Ok(None);
        };
        if row.body_hash != asked.body_hash {
            return Err(Refusal::invalid(
                "Idempotency-Key",
                "this key was used for a request with another body; use a new key",
            )
            .into());
        }
        let plain = self
            .secrets()
            .open(&Place::new("idempotency", &asked.key, "answer"), &row.answer)
            .map_err(|error| StoreError::corrupt("idempotency.answer", error))?;
        let saved: Saved = serde_json::from_slice(plain.expose_secret())
            .map_err(|error| StoreError::corrupt("idempotency.answer", error))?;
        Ok(Some(Answer { status: saved.status, body: saved.body, replayed: true }))
    }

    async fn save_answer(
        &self,
        txn: &DatabaseTransaction,
        asked: &Idempotency,
        answer: &Answer,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let saved = Saved { status: answer.status, body: answer.body.clone() };
        let plain = serde_json::to_vec(&saved).map_err(|error| StoreError::corrupt("an answer to be saved", error))?;
        // Sealed: the answer that adds a device shows its token.
        let sealed = self
            .secrets()
            .seal(&Place::new("idempotency", &asked.key, "answer"), &plain)
            .map_err(|error| StoreError::corrupt("an answer to be sealed", error))?;
        let row = entity::idempotency::ActiveModel {
            key: Set(asked.key.clone()),
            body_hash: Set(asked.body_hash.to_vec()),
            answer: Set(sealed),
            at: Set(now.0),
        };
        entity::idempotency::Entity::insert(row).exec_without_returning(txn).await?;
        Ok(())
    }

    /// Forgets answers saved before `before`.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn forget_answers(&self, before: UnixMs) -> Result<u64, StoreError> {
        self.write(async |txn| {
            let gone = entity::idempotency::Entity::delete_many()
                .filter(entity::idempotency::Column::At.lt(before.0))
                .exec(txn)
                .await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}
