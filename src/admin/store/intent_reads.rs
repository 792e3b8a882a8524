//! Approval intents, as they are read.

use std::collections::HashMap;

use entity::admin::approval_intent::{Column, Entity};
use sea_orm::sea_query::{Alias, Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::AdminStore;
use super::intent::{from_row, is_live};
use crate::admin::approval::intent::{Approval, Intent, IntentState, STUCK_AFTER};
use crate::database::StoreError;
use crate::domain::time::UnixMs;

/// Orders that are looked up in one statement.
const ORDERS_AT_ONCE: usize = 500;

/// How many intents are not resolved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntentTally {
    /// Never sent.
    pub pending: u64,
    /// Sent, without an answer.
    pub unknown: u64,
    /// Of either, for more than 24 hours.
    pub stuck: u64,
    /// When the oldest was decided.
    pub oldest: Option<UnixMs>,
    /// When there is something to be sent next.
    pub next: Option<UnixMs>,
}

impl IntentTally {
    /// All of them.
    #[must_use]
    pub const fn live(&self) -> u64 {
        self.pending + self.unknown + self.stuck
    }
}

impl AdminStore {
    /// The intent of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intent(&self, id: i64) -> Result<Option<Intent>, StoreError> {
        Entity::find_by_id(id).one(self.database.reader()).await?.map(from_row).transpose()
    }

    /// The intent under that idempotency key.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intent_of_key(&self, key: &str) -> Result<Option<Intent>, StoreError> {
        Entity::find().filter(Column::Key.eq(key)).one(self.database.reader()).await?.map(from_row).transpose()
    }

    /// The newest intent of each of these orders. Where one is not refused, it is the newest.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intents_of(&self, order_ids: &[String]) -> Result<HashMap<String, Intent>, StoreError> {
        let mut newest = HashMap::new();
        for ids in order_ids.chunks(ORDERS_AT_ONCE) {
            let rows = Entity::find()
                .filter(Column::OrderId.is_in(ids))
                .order_by_asc(Column::Id)
                .all(self.database.reader())
                .await?;
            for row in rows {
                newest.insert(row.order_id.clone(), from_row(row)?);
            }
        }
        Ok(newest)
    }

    /// The orders whose newest intent is shown so, the newest first, up to `limit`.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn orders_with(&self, approval: Approval, limit: u64) -> Result<Vec<String>, StoreError> {
        let long_ago = self.now().minus(STUCK_AFTER).0;
        let find = Entity::find().select_only().column(Column::OrderId);
        let find = match approval {
            Approval::Stuck => find.filter(is_live()).filter(Column::CreatedAt.lte(long_ago)),
            Approval::Pending | Approval::Unknown => {
                find.filter(Column::State.eq(approval.as_str())).filter(Column::CreatedAt.gt(long_ago))
            }
            Approval::Approved => find.filter(Column::State.eq(IntentState::Approved.as_str())),
            Approval::Refused => {
                let later = Alias::new("later");
                let newer = Query::select()
                    .expr(Expr::val(1))
                    .from_as(Entity, later.clone())
                    .and_where(Expr::col((later.clone(), Column::OrderId)).equals((Entity, Column::OrderId)))
                    .and_where(Expr::col((later, Column::Id)).gt(Expr::col((Entity, Column::Id))))
                    .to_owned();
                find.filter(Column::State.eq(IntentState::Refused.as_str())).filter(Expr::exists(newer).not())
            }
        };
        let ids = find.order_by_desc(Column::Id).limit(limit).into_tuple().all(self.database.reader()).await?;
        Ok(ids)
    }

    /// How many intents are not resolved, and when there is something to do.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn intent_tally(&self) -> Result<IntentTally, StoreError> {
        let now = self.now();
        let rows: Vec<(String, i64, i64, i64)> = Entity::find()
            .select_only()
            .columns([Column::State, Column::CreatedAt, Column::NextAt, Column::ClaimedUntil])
            .filter(is_live())
            .into_tuple()
            .all(self.database.reader())
            .await?;
        let mut tally = IntentTally::default();
        for (state, created_at, next_at, claimed_until) in rows {
            let count = if now.since(UnixMs(created_at)) >= STUCK_AFTER {
                &mut tally.stuck
            } else if state == IntentState::Pending.as_str() {
                &mut tally.pending
            } else {
                &mut tally.unknown
            };
            *count += 1;
            let due = UnixMs(std::cmp::max(next_at, claimed_until));
            tally.oldest = Some(tally.oldest.map_or(UnixMs(created_at), |oldest| oldest.min(UnixMs(created_at))));
            tally.next = Some(tally.next.map_or(due, |next| next.min(due)));
        }
        Ok(tally)
    }
}
