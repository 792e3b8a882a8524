//! The heartbeat's row, and what retention purges.

use entity::{sighting, sms, sms_note};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect};

use super::new_sms::new_sms;
use super::{Store, StoreError, settings};
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;

/// The one row of the heartbeat's message.
const HEARTBEAT_ID: i64 = -1;
/// The sender of the heartbeat's message, known to the whitelist without being on it.
pub const HEARTBEAT_SENDER: &str = "recon heartbeat";

const BEAT_ARRIVED: &str = "heartbeat.arrived";

impl Store {
    /// Puts the heartbeat's message at the start of the pipeline.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn send_heartbeat(&self) -> Result<(), StoreError> {
        let now = self.now();
        self.write(async |txn| {
            let row = sms::ActiveModel::from(heartbeat_row(now)).reset_all();
            // One row for all workers: each replaces what the one before left.
            let anew = OnConflict::column(sms::Column::Id).update_columns(sms::Column::iter()).to_owned();
            sms::Entity::insert(row).on_conflict(anew).exec_without_returning(txn).await?;
            Ok(())
        })
        .await
    }

    /// Whether the heartbeat's message has come out at the end of the pipeline; notes the time where it has.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note_heartbeat(&self) -> Result<bool, StoreError> {
        let row = self.sms_row(HEARTBEAT_ID).await?;
        if row.is_none_or(|row| row.state != SmsState::Unmatched.as_str()) {
            return Ok(false);
        }
        let now = self.now();
        self.write(async |txn| settings::put(txn, BEAT_ARRIVED, "1", now).await).await?;
        Ok(true)
    }

    /// When the heartbeat's message last came out at the end of the pipeline.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn heartbeat_arrived_at(&self) -> Result<Option<UnixMs>, StoreError> {
        Ok(settings::get(self.reader(), BEAT_ARRIVED).await?.map(|(_, at)| at))
    }

    /// Purges the text of up to `limit` messages that are final and were received before `before`; hashes and facts stay.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn purge_texts(&self, before: UnixMs, limit: u64) -> Result<usize, StoreError> {
        let finals = [SmsState::Settled, SmsState::Ignored, SmsState::Rejected].map(SmsState::as_str);
        let is_final = Condition::any()
            .add(sms::Column::State.is_in(finals))
            .add(sms::Column::Review.eq(Review::Rejected.as_str()))
            .add(sms::Column::Review.eq(Review::Confirmed.as_str()).and(sms::Column::OrderId.is_null()));
        let ids = sms::Entity::find()
            .select_only()
            .column(sms::Column::Id)
            .filter(sms::Column::Text.is_not_null())
            .filter(sms::Column::ReceivedAt.lt(before.0))
            .filter(sms::Column::Id.gt(0))
            .filter(is_final)
            .order_by_asc(sms::Column::ReceivedAt)
            .limit(limit)
            .into_tuple::<i64>()
            .all(self.reader())
            .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        self.write(async |txn| {
            for chunk in ids.chunks(500) {
                let none = Option::<String>::None;
                sms::Entity::update_many()
                    .col_expr(sms::Column::Text, Expr::value(none))
                    .filter(sms::Column::Id.is_in(chunk.iter().copied()))
                    .exec(txn)
                    .await?;
                let none = Option::<Vec<u8>>::None;
                sighting::Entity::update_many()
                    .col_expr(sighting::Column::Raw, Expr::value(none))
                    .filter(sighting::Column::SmsId.is_in(chunk.iter().copied()))
                    .exec(txn)
                    .await?;
                let none = Option::<String>::None;
                sms_note::Entity::update_many()
                    .col_expr(sms_note::Column::Text, Expr::value(none))
                    .filter(sms_note::Column::SmsId.is_in(chunk.iter().copied()))
                    .exec(txn)
                    .await?;
            }
            Ok(())
        })
        .await?;
        Ok(ids.len())
    }
}

fn heartbeat_row(now: UnixMs) -> sms::Model {
    sms::Model {
        sender: HEARTBEAT_SENDER.to_owned(),
        sender_key: HEARTBEAT_SENDER.to_owned(),
        text: Some("recon heartbeat 1".to_owned()),
        ..new_sms(HEARTBEAT_ID, SmsState::Received, now, now)
    }
}
