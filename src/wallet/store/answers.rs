//! Saved answers: a request that is repeated under its key is answered as it was, for ever. An approval may be repeated
//! after days, and its answer is what tells the caller that it was carried out.

use entity::wallet::saved_answer::{ActiveModel, Column, Entity};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait};

use crate::contract::caller::{Answer, Idempotency};
use crate::database::StoreError;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;

/// The key under which it is tried whether writes are taken. No request's: those begin with a method.
const PROBE: &str = "probe";

/// The saved answer of a request that was carried out before under the same key; none where it is new.
///
/// # Errors
/// Where the key was used for another body, or the database fails.
pub(super) async fn saved(txn: &DatabaseTransaction, asked: &Idempotency) -> Result<Option<Answer>, StoreError> {
    let Some(row) = Entity::find_by_id(&asked.key).one(txn).await? else { return Ok(None) };
    if row.body_hash != asked.body_hash {
        let message = "this key was used for a request with another body; use a new key";
        return Err(Refusal::invalid("Idempotency-Key", message).into());
    }
    let status = u16::try_from(row.status).map_err(|error| StoreError::corrupt("saved_answer.status", error))?;
    let body = serde_json::from_str(&row.answer).map_err(|error| StoreError::corrupt("saved_answer.answer", error))?;
    Ok(Some(Answer { status, body, replayed: true }))
}

/// Saves an answer.
///
/// # Errors
/// Where the database fails.
pub(super) async fn save(
    txn: &DatabaseTransaction,
    asked: &Idempotency,
    answer: &Answer,
    now: UnixMs,
) -> Result<(), StoreError> {
    let row = ActiveModel {
        key: Set(asked.key.clone()),
        body_hash: Set(asked.body_hash.to_vec()),
        status: Set(i32::from(answer.status)),
        answer: Set(answer.body.to_string()),
        at: Set(now.0),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// Writes something that nobody reads.
///
/// # Errors
/// Why it was not taken.
pub(super) async fn probe(txn: &DatabaseTransaction, now: UnixMs) -> Result<(), StoreError> {
    let row = ActiveModel {
        key: Set(PROBE.to_owned()),
        body_hash: Set(Vec::new()),
        status: Set(0),
        answer: Set("null".to_owned()),
        at: Set(now.0),
    };
    let again = OnConflict::column(Column::Key).update_column(Column::At).to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(txn).await?;
    Ok(())
}
