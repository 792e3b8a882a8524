//! The phone whitelist.

use std::collections::HashSet;
use std::time::Duration;

use entity::{phone, sms};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::sender::held_back;
use super::settings::{Revised, raise_revision, revision};
use super::sms_change::SmsChanges;
use super::sms_return::{UNDECIDED_REVIEWS, actor_of, returned};
use super::{Done, Lock, Store, StoreError, count_if, lock};
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::phone::{Phone, PhoneInput};
use crate::domain::refusal::Refusal;
use crate::domain::sms::SmsState;
use crate::domain::time::UnixMs;

/// How far back a new sender's rejected messages are read again.
pub const REVALIDATED: Duration = Duration::from_hours(24);

/// The whitelist as the validator compares with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whitelist {
    /// [`Revised::Phones`] when it was read, or an older one: it is read again once the revision has moved.
    pub revision: i64,
    /// Senders in their comparable form.
    pub keys: HashSet<String>,
}

impl Store {
    /// A page of the whitelist.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn phone_page(&self, page: PageRequest) -> Result<Page<Phone>, StoreError> {
        let mut find = phone::Entity::find();
        let total = count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(phone::Column::Id.lt(before));
        }
        let limit = u64::from(page.limit) + 1;
        let rows = find.order_by_desc(phone::Column::Id).limit(limit).all(self.reader()).await?;
        Ok(Page::of(rows.into_iter().map(view).collect(), page.limit, total, |phone: &Phone| phone.id))
    }

    /// All whitelisted senders.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn whitelist(&self) -> Result<Whitelist, StoreError> {
        // The revision first: a sender added in between is then read twice, never missed.
        let revision = revision(self.reader(), Revised::Phones).await?;
        let keys = phone::Entity::find()
            .select_only()
            .column(phone::Column::PhoneKey)
            .into_tuple::<String>()
            .all(self.reader())
            .await?;
        Ok(Whitelist { revision, keys: keys.into_iter().collect() })
    }

    /// Adds a sender whose comparable form is `key`, sends what was rejected of it in the last 24 hours back to `received`,
    /// and has the whitelist asked about what was held back: 201 with the [`Phone`].
    ///
    /// # Errors
    /// [`Refusal::There`] where the sender is there already; else where the store cannot commit.
    pub async fn add_phone(&self, caller: &Caller, input: &PhoneInput, key: &str) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "phone.add", async |txn| {
            lock(txn, Lock::Key(Revised::Phones.key().as_bytes())).await?;
            let known = phone::Entity::find().filter(phone::Column::PhoneKey.eq(key)).one(txn).await?;
            if let Some(known) = known {
                let message =
                    format!("this sender is on the whitelist already, as {:?} (phone {})", known.phone, known.id);
                return Err(Refusal::there(message, &view(known)).into());
            }
            let row = phone::ActiveModel {
                id: NotSet,
                phone: Set(input.phone.clone()),
                phone_key: Set(key.to_owned()),
                label: Set(input.label.clone()),
                bank: Set(input.bank.clone()),
                created_at: Set(now.0),
            };
            let id = phone::Entity::insert(row).exec(txn).await?.last_insert_id;
            raise_revision(txn, Revised::Phones, now).await?;
            let revalidated = revalidate(txn, |column| of_key(column, key), now, &actor_of(caller)).await?;
            let phone = Phone {
                id,
                phone: input.phone.clone(),
                label: input.label.clone(),
                bank: input.bank.clone(),
                created_at: now,
            };
            let detail = json!({
                "phone": phone.phone, "label": phone.label, "bank": phone.bank, "revalidated": revalidated,
            });
            Ok(Done { answer: Answer::new(201, &phone)?, subject: format!("phone/{id}"), detail })
        })
        .await
    }

    /// Deletes a sender: 204. What was read of it stays.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is none; else where the store cannot commit.
    pub async fn delete_phone(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "phone.delete", async |txn| {
            lock(txn, Lock::Key(Revised::Phones.key().as_bytes())).await?;
            let Some(row) = phone::Entity::find_by_id(id).one(txn).await? else {
                return Err(Refusal::NotFound(format!("there is no phone {id} on the whitelist")).into());
            };
            phone::Entity::delete_by_id(id).exec(txn).await?;
            raise_revision(txn, Revised::Phones, now).await?;
            let detail = json!({ "phone": row.phone, "label": row.label, "bank": row.bank });
            Ok(Done { answer: Answer::no_content(), subject: format!("phone/{id}"), detail })
        })
        .await
    }
}

impl Store {
    /// Does the same for messages whose sender is on the whitelist although they were rejected or held back: those that were
    /// being judged while it was added. Answers how many.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn revalidate_listed(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let mut waits = false;
        for of in waiting(of_listed, now) {
            let find = sms::Entity::find().select_only().column(sms::Column::Id).filter(of);
            waits |= find.into_tuple::<i64>().one(self.reader()).await?.is_some();
        }
        if !waits {
            return Ok(0);
        }
        self.write(async |txn| revalidate(txn, of_listed, now, "phone_whitelist").await).await
    }
}

fn view(row: phone::Model) -> Phone {
    Phone { id: row.id, phone: row.phone, label: row.label, bank: row.bank, created_at: UnixMs(row.created_at) }
}

/// Has messages of the last 24 hours that are `of` some sender, by number or by name, judged again.
async fn revalidate(
    txn: &DatabaseTransaction,
    of: impl Fn(sms::Column) -> Condition,
    now: UnixMs,
    actor: &str,
) -> Result<u64, StoreError> {
    let mut changes = SmsChanges::new(txn, now, actor);
    let mut count = 0;
    for of in waiting(of, now) {
        let rows = sms::Entity::find().filter(of).order_by_asc(sms::Column::Id).lock_exclusive().all(txn).await?;
        for row in &rows {
            let after = if row.state == SmsState::Rejected.as_str() {
                returned(row, SmsState::Received)
            } else {
                sms::Model { ask_sender: true, ..row.clone() }
            };
            let reason = "its sender was added to the phone whitelist".to_owned();
            changes.apply(row, after, Some(reason)).await?;
            count += 1;
        }
    }
    changes.finish().await?;
    Ok(count)
}

/// What waits for a sender: rejected by its number or its name, or held back for want of its number. One question for each
/// index.
fn waiting(of: impl Fn(sms::Column) -> Condition, now: UnixMs) -> [Condition; 3] {
    let named = sms::Column::ProvisionalKey;
    // Written out, so that the partial index serves.
    let by_name = rejected(now).add(Expr::cust("provisional_key <> ''")).add(of(named));
    [
        rejected(now).add(of(sms::Column::SenderKey)),
        by_name,
        held_back(now.minus(REVALIDATED)).add(of(sms::Column::SenderKey)),
    ]
}

/// Rejected in the last 24 hours, and no person has decided on it.
fn rejected(now: UnixMs) -> Condition {
    // Written out, not bound: a planner takes the partial index only where it sees the value.
    let value = Expr::Constant(SmsState::Rejected.as_str().into());
    Condition::all()
        .add(Expr::col((sms::Entity, sms::Column::State)).eq(value))
        .add(sms::Column::StateSince.gte(now.minus(REVALIDATED).0))
        .add(sms::Column::Review.is_in(UNDECIDED_REVIEWS))
}

fn of_key(column: sms::Column, key: &str) -> Condition {
    Condition::all().add(column.eq(key))
}

fn of_listed(column: sms::Column) -> Condition {
    let listed = Query::select().column(phone::Column::PhoneKey).from(phone::Entity).to_owned();
    Condition::all().add(column.in_subquery(listed))
}

#[cfg(test)]
mod tests;
