//! Approval intents, as they are written. Which order and which deposit have one the indexes hold; a row that somebody works
//! on is claimed, and only its claimer writes of a sending. What the wallet said is true from whomever it comes.

use std::time::Duration;

use entity::admin::approval_intent::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, Condition, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};

use serde_json::json;

use super::AdminStore;
use super::audit::NewEntry;
use crate::admin::approval::intent::{Intent, IntentState, NewIntent};
use crate::admin::approval::outcome::Waits;
use crate::database::StoreError;
use crate::domain::money::Money;
use crate::domain::time::UnixMs;

/// Whoever sends an intent has it for so long from then on.
const SENT_WITHIN: Duration = Duration::from_secs(10);

/// Not resolved yet.
pub(super) fn is_live() -> Expr {
    Column::State.is_in([IntentState::Pending.as_str(), IntentState::Unknown.as_str()])
}

pub(super) fn from_row(row: Model) -> Result<Intent, StoreError> {
    let currency = row.currency.parse().map_err(|error| StoreError::corrupt("approval_intent.currency", error))?;
    Ok(Intent {
        id: row.id,
        decided: NewIntent {
            key: row.key,
            order_id: row.order_id,
            user_id: row.user_id,
            sms_id: row.sms_id,
            operator: row.operator,
            operator_id: row.operator_id,
            note: row.note,
            overriding: row.overriding,
            rule: row.rule,
            sms_version: row.sms_version,
            order_version: row.order_version,
            money: Money { minor: row.amount, currency },
            ordered: row.ordered,
        },
        request: row.request,
        state: row.state.parse().map_err(|error| StoreError::corrupt("approval_intent.state", error))?,
        created_at: UnixMs(row.created_at),
        sent_at: row.sent_at.map(UnixMs),
        attempts: row.attempts,
        next_at: UnixMs(row.next_at),
        last_error: row.last_error,
        settled_at: row.settled_at.map(UnixMs),
        entry_id: row.entry_id,
        claim: row.claim,
    })
}

impl AdminStore {
    /// Stores an intent, claimed until then; none where its order or its deposit has one already that is not refused.
    ///
    /// # Errors
    /// Where the database cannot commit: then nothing is stored.
    pub async fn begin_intent(&self, new: NewIntent, claim: &str, until: UnixMs) -> Result<Option<Intent>, StoreError> {
        let now = self.now().0;
        let key = new.key.clone();
        let row = ActiveModel {
            id: NotSet,
            deposit_ref: Set(new.deposit_ref()),
            request: Set(new.request()),
            key: Set(new.key),
            order_id: Set(new.order_id),
            user_id: Set(new.user_id),
            sms_id: Set(new.sms_id),
            state: Set(IntentState::Pending.as_str().to_owned()),
            operator: Set(new.operator),
            operator_id: Set(new.operator_id),
            note: Set(new.note),
            overriding: Set(new.overriding),
            rule: Set(new.rule),
            sms_version: Set(new.sms_version),
            order_version: Set(new.order_version),
            currency: Set(new.money.currency.as_str().to_owned()),
            amount: Set(new.money.minor),
            ordered: Set(new.ordered),
            created_at: Set(now),
            sent_at: Set(None),
            attempts: Set(0),
            next_at: Set(now),
            not_before: Set(0),
            claim: Set(Some(claim.to_owned())),
            claimed_until: Set(until.0),
            last_error: Set(None),
            settled_at: Set(None),
            entry_id: Set(None),
        };
        self.database
            .write(async |txn| {
                let once = OnConflict::new().do_nothing().to_owned();
                match Entity::insert(row).on_conflict(once).exec_without_returning(txn).await {
                    Ok(0) | Err(DbErr::RecordNotInserted) => return Ok(None),
                    Ok(_) => {}
                    Err(error) => return Err(error.into()),
                }
                let intent = Entity::find().filter(Column::Key.eq(key)).one(txn).await?.map(from_row).transpose()?;
                if let Some(intent) = &intent {
                    self.audit_intent(txn, "recharge.approve", intent).await?;
                }
                Ok(intent)
            })
            .await
    }

    /// Notes that an intent is being sent; false where somebody else has claimed it or knows its end.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn note_sending(&self, id: i64, claim: &str) -> Result<bool, StoreError> {
        let now = self.now();
        let update = Entity::update_many()
            .col_expr(Column::State, Expr::value(IntentState::Unknown.as_str()))
            .col_expr(Column::SentAt, Expr::col(Column::SentAt).if_null(now.0))
            .col_expr(Column::ClaimedUntil, Expr::value(now.plus(SENT_WITHIN).0))
            .filter(Column::Id.eq(id))
            .filter(Column::Claim.eq(claim))
            .filter(is_live());
        self.database.write(async |txn| Ok(update.exec(txn).await?.rows_affected == 1)).await
    }

    /// Notes a sending that did not say what became of it, and lets the intent go. What the wallet cannot have done was
    /// never sent.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn postpone_intent(&self, id: i64, claim: &str, waits: &Waits) -> Result<Intent, StoreError> {
        let mut update = Entity::update_many()
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(i64::from(waits.counts)))
            .col_expr(Column::NextAt, Expr::value(waits.next_at.0))
            .col_expr(Column::NotBefore, Expr::value(waits.not_before.0))
            .col_expr(Column::LastError, Expr::value(waits.words.as_str()));
        if !waits.maybe_done {
            update = update
                .col_expr(Column::State, Expr::value(IntentState::Pending.as_str()))
                .col_expr(Column::SentAt, Expr::value(Option::<i64>::None));
        }
        let update = let_go(update).filter(Column::Id.eq(id)).filter(Column::Claim.eq(claim)).filter(is_live());
        self.database
            .write(async |txn| {
                update.exec(txn).await?;
                found(txn, id).await
            })
            .await
    }

    /// Notes what became of an intent, for good. The first to know it says it.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn settle_intent(
        &self,
        id: i64,
        state: IntentState,
        entry_id: Option<i64>,
        words: Option<String>,
    ) -> Result<Intent, StoreError> {
        let now = self.now().0;
        let update = Entity::update_many()
            .col_expr(Column::State, Expr::value(state.as_str()))
            .col_expr(Column::EntryId, Expr::value(entry_id))
            .col_expr(Column::LastError, Expr::value(words))
            .col_expr(Column::SettledAt, Expr::value(Some(now)));
        // What was settled before it was sent was not sent.
        let sent = Expr::case(Column::SentAt.is_null(), 0).finally(1);
        let update = let_go(update)
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(sent))
            .filter(Column::Id.eq(id))
            .filter(is_live());
        let action = if state == IntentState::Approved { "recharge.approved" } else { "recharge.refused" };
        self.database
            .write(async |txn| {
                let is_news = update.exec(txn).await?.rows_affected == 1;
                let intent = found(txn, id).await?;
                if is_news {
                    self.audit_intent(txn, action, &intent).await?;
                }
                Ok(intent)
            })
            .await
    }

    /// Notes that an operator ended an order without a credit: `reject` or `cancel`.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn note_closing(
        &self,
        operator: &str,
        how: &str,
        order_id: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        let (action, subject) = (format!("recharge.{how}"), subject(order_id));
        let detail = json!({ "reason": reason });
        let entry = NewEntry { operator, action: &action, subject: &subject, detail: &detail };
        self.database.write(async |txn| self.audit(txn, entry).await).await
    }

    async fn audit_intent(&self, txn: &DatabaseTransaction, action: &str, intent: &Intent) -> Result<(), StoreError> {
        let decided = &intent.decided;
        let detail = json!({
            "approval": intent.id, "sms_id": decided.sms_id, "order_version": decided.order_version,
            "amount": decided.money.to_major(), "currency": decided.money.currency, "override": decided.overriding,
            "note": decided.note, "entry_id": intent.entry_id, "error": intent.last_error,
        });
        let subject = subject(&decided.order_id);
        self.audit(txn, NewEntry { operator: &decided.operator, action, subject: &subject, detail: &detail }).await
    }

    /// Claims up to `limit` intents that are due and nobody works on, oldest first; where `probing`, also those that wait
    /// for their time, but not where the wallet asked to be left alone.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn claim_intents(
        &self,
        limit: u64,
        probing: bool,
        claim: &str,
        within: Duration,
    ) -> Result<Vec<Intent>, StoreError> {
        let now = self.now();
        let due = if probing { Column::NotBefore } else { Column::NextAt };
        let due = Condition::all().add(is_live()).add(due.lte(now.0)).add(Column::ClaimedUntil.lte(now.0));
        // Most looks find nothing, and a look that writes waits for those that do.
        if Entity::find().filter(due.clone()).one(self.database.reader()).await?.is_none() {
            return Ok(Vec::new());
        }
        self.database
            .write(async |txn| {
                let rows = Entity::find()
                    .filter(due)
                    .order_by_asc(Column::NextAt)
                    .order_by_asc(Column::Id)
                    .limit(limit)
                    .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                    .all(txn)
                    .await?;
                Entity::update_many()
                    .col_expr(Column::Claim, Expr::value(Some(claim)))
                    .col_expr(Column::ClaimedUntil, Expr::value(now.plus(within).0))
                    .filter(Column::Id.is_in(rows.iter().map(|row| row.id)))
                    .exec(txn)
                    .await?;
                rows.into_iter().map(from_row).collect()
            })
            .await
    }

    /// Makes everything due that waits for its time, but not before the wallet asked for: it answers again.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn pull_intents_forward(&self) -> Result<(), StoreError> {
        let now = self.now().0;
        let earliest = Expr::case(Column::NotBefore.gt(now), Expr::col(Column::NotBefore)).finally(now);
        let update = Entity::update_many()
            .col_expr(Column::NextAt, earliest.into())
            .filter(is_live())
            .filter(Column::NextAt.gt(now));
        self.database.write(async |txn| update.exec(txn).await.map_err(StoreError::from)).await?;
        Ok(())
    }
}

/// What the audit calls an order.
fn subject(order_id: &str) -> String {
    format!("order/{order_id}")
}

/// Anybody may work on it again.
fn let_go(update: sea_orm::UpdateMany<Entity>) -> sea_orm::UpdateMany<Entity> {
    update
        .col_expr(Column::Claim, Expr::value(Option::<String>::None))
        .col_expr(Column::ClaimedUntil, Expr::value(0_i64))
}

async fn found(txn: &DatabaseTransaction, id: i64) -> Result<Intent, StoreError> {
    let row = Entity::find_by_id(id).one(txn).await?;
    from_row(row.ok_or_else(|| StoreError::corrupt("approval_intent", format!("{id} is gone")))?)
}
