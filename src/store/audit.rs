//! The audit log: insert-only and hash-chained; `recon audit verify` names the first row that was changed, removed or moved.

use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use super::{Lock, Store, StoreError, lock};
use crate::contract::page::{Page, PageRequest};
use crate::contract::system::{AuditFilter, AuditView};
use crate::domain::audit::{AuditRow, GENESIS, Tampering, Verifier, chain};
use crate::domain::time::UnixMs;

/// Where the id and hash of the last entry are noted.
const HEAD: &str = "audit.head";

/// Appends an entry bound to the one before, in the transaction of what it records (INV-A1).
///
/// # Errors
/// Where the database fails.
pub async fn append(
    txn: &DatabaseTransaction,
    at: UnixMs,
    operator: &str,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Result<(), StoreError> {
    lock(txn, Lock::Tail).await?;
    let last = entity::audit::Entity::find().order_by_desc(entity::audit::Column::Id).one(txn).await?;
    let (id, previous) = match last {
        Some(row) => (row.id + 1, hash_of(&row)?),
        None => (1, GENESIS),
    };
    let row = AuditRow {
        id,
        at,
        operator: operator.to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_string(),
    };
    let hash = chain(&previous, &row);
    let model = entity::audit::ActiveModel {
        id: Set(row.id),
        at: Set(row.at.0),
        operator: Set(row.operator),
        action: Set(row.action),
        subject: Set(row.subject),
        detail: Set(row.detail),
        hash: Set(hash.to_vec()),
    };
    entity::audit::Entity::insert(model).exec_without_returning(txn).await?;
    // The head is noted apart, so that entries cut off at the end are missed too.
    super::settings::put(txn, HEAD, &format!("{id}:{}", hex::encode(hash)), at).await
}

fn hash_of(row: &entity::audit::Model) -> Result<[u8; 32], StoreError> {
    row.hash
        .as_slice()
        .try_into()
        .map_err(|_| StoreError::corrupt("audit.hash", format!("entry {} has no hash", row.id)))
}

fn row_of(model: &entity::audit::Model) -> AuditRow {
    AuditRow {
        id: model.id,
        at: UnixMs(model.at),
        operator: model.operator.clone(),
        action: model.action.clone(),
        subject: model.subject.clone(),
        detail: model.detail.clone(),
    }
}

impl Store {
    /// A page of the audit log.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn audit_page(&self, filter: &AuditFilter, page: PageRequest) -> Result<Page<AuditView>, StoreError> {
        use entity::audit::Column;
        let mut find = entity::audit::Entity::find();
        if let Some(actor) = &filter.actor {
            find = find.filter(Column::Operator.eq(actor));
        }
        if let Some(subject) = &filter.subject {
            find = find.filter(Column::Subject.eq(subject));
        }
        if let Some(from) = filter.from {
            find = find.filter(Column::At.gte(from.0));
        }
        if let Some(to) = filter.to {
            find = find.filter(Column::At.lt(to.0));
        }
        let total = super::count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(Column::Id.lt(before));
        }
        let rows = find.order_by_desc(Column::Id).limit(u64::from(page.limit) + 1).all(self.reader()).await?;
        let views = rows
            .into_iter()
            .map(|row| {
                let detail = serde_json::from_str(&row.detail).unwrap_or(Value::String(row.detail));
                AuditView {
                    id: row.id,
                    at: UnixMs(row.at),
                    operator: row.operator,
                    action: row.action,
                    subject: row.subject,
                    detail,
                    hash: hex::encode(row.hash),
                }
            })
            .collect();
        Ok(Page::of(views, page.limit, total, |view: &AuditView| view.id))
    }

    /// Reads the whole audit log and checks its chain: how many entries it has, or the first that does not hold.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn verify_audit(&self) -> Result<Result<i64, Tampering>, StoreError> {
        let mut verifier = Verifier::default();
        let mut after = 0;
        loop {
            let rows = entity::audit::Entity::find()
                .filter(entity::audit::Column::Id.gt(after))
                .order_by_asc(entity::audit::Column::Id)
                .limit(1_000)
                .all(self.reader())
                .await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in &rows {
                if let Err(tampering) = verifier.check(&row_of(row), &row.hash) {
                    return Ok(Err(tampering));
                }
            }
        }
        let noted = super::settings::get(self.reader(), HEAD).await?;
        if let Some((hash, _)) = noted {
            let mut head = [0; 32];
            let (id, hash) = hash.split_once(':').unwrap_or_default();
            let read = hex::decode_to_slice(hash, &mut head).is_ok();
            let id = id.parse().ok().filter(|_| read);
            let id = id.ok_or_else(|| StoreError::corrupt("setting.audit.head", "not a head"))?;
            if let Err(tampering) = verifier.finish((id, head)) {
                return Ok(Err(tampering));
            }
        }
        Ok(Ok(verifier.head().0))
    }
}
