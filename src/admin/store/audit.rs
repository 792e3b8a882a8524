//! The edge's own audit log: what operators do at the edge itself. What they change in recon stands in recon's.
//!
//! It is insert-only (triggers hold that) and hash-chained by the same pure code as recon's.

use entity::admin::{audit, fact};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _};
use sea_orm::{QueryFilter as _, QueryOrder as _, QuerySelect as _, Select};
use serde_json::Value;

use super::AdminStore;
use crate::database::{StoreError, advisory_lock, lock_key};
use crate::domain::audit::{AuditRow, GENESIS, Tampering, Verifier, chain};
use crate::domain::time::UnixMs;

/// Who changed what was changed on the machine itself. No operator can have this name.
pub const LOCAL: &str = "(local)";
/// Where the id and the hash of the last entry are noted, so that entries cut off at the end are missed too.
const HEAD: &str = "audit.head";
/// Entries verified at once.
const BATCH: u64 = 1_000;

/// An entry to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewEntry<'a> {
    /// Who: an operator's name, or [`LOCAL`].
    pub operator: &'a str,
    /// What was done: `operator.login`.
    pub action: &'a str,
    /// To what: `operator/kim`.
    pub subject: &'a str,
    /// The particulars. Never a secret.
    pub detail: &'a Value,
}

/// An entry as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Itself.
    pub row: AuditRow,
    /// Hex of the SHA-256 over the previous hash and this entry.
    pub hash: String,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this operator.
    pub actor: Option<String>,
    /// About this subject.
    pub subject: Option<String>,
    /// At this time or later.
    pub from: Option<UnixMs>,
    /// Before this time.
    pub to: Option<UnixMs>,
}

impl AuditFilter {
    fn find(&self) -> Select<audit::Entity> {
        let mut find = audit::Entity::find();
        if let Some(actor) = &self.actor {
            find = find.filter(audit::Column::Operator.eq(actor));
        }
        if let Some(subject) = &self.subject {
            find = find.filter(audit::Column::Subject.eq(subject));
        }
        if let Some(from) = self.from {
            find = find.filter(audit::Column::At.gte(from.0));
        }
        if let Some(to) = self.to {
            find = find.filter(audit::Column::At.lt(to.0));
        }
        find
    }
}

impl AdminStore {
    /// Appends an entry bound to the one before, in the transaction of what it records. On PostgreSQL it takes the lock of the
    /// log's end: to be called last.
    ///
    /// # Errors
    /// Where the database fails.
    pub(super) async fn audit(&self, txn: &DatabaseTransaction, entry: NewEntry<'_>) -> Result<(), StoreError> {
        advisory_lock(txn, lock_key(b"admin_audit")).await?;
        let last = audit::Entity::find().order_by_desc(audit::Column::Id).one(txn).await?;
        let (id, previous) = match &last {
            Some(row) => (row.id + 1, hash_of(row)?),
            None => (1, GENESIS),
        };
        let row = AuditRow {
            id,
            at: self.now(),
            operator: entry.operator.to_owned(),
            action: entry.action.to_owned(),
            subject: entry.subject.to_owned(),
            detail: entry.detail.to_string(),
        };
        let hash = chain(&previous, &row);
        let model = audit::ActiveModel {
            id: Set(row.id),
            at: Set(row.at.0),
            operator: Set(row.operator),
            action: Set(row.action),
            subject: Set(row.subject),
            detail: Set(row.detail),
            hash: Set(hash.to_vec()),
        };
        audit::Entity::insert(model).exec_without_returning(txn).await?;
        let head = fact::ActiveModel {
            key: Set(HEAD.to_owned()),
            value: Set(format!("{id}:{}", hex::encode(hash))),
            updated_at: Set(row.at.0),
        };
        let replace = OnConflict::column(fact::Column::Key)
            .update_columns([fact::Column::Value, fact::Column::UpdatedAt])
            .to_owned();
        fact::Entity::insert(head).on_conflict(replace).exec_without_returning(txn).await?;
        Ok(())
    }

    /// Writes an entry by itself: for what is not done in this store.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note(&self, entry: NewEntry<'_>) -> Result<(), StoreError> {
        self.database.write(async |txn| self.audit(txn, entry).await).await
    }

    /// A page of the log, newest first: `size` entries behind the first `skip`, and how many fit the filter in all. What is
    /// skipped is walked over by its ids: callers bound it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn audit_page(
        &self,
        filter: &AuditFilter,
        skip: u64,
        size: u64,
    ) -> Result<(Vec<AuditEntry>, u64), StoreError> {
        let total = filter.find().count(self.database.reader()).await?;
        if skip >= total {
            return Ok((Vec::new(), total));
        }
        let mut find = filter.find().order_by_desc(audit::Column::Id).limit(size);
        if skip > 0 {
            let ids =
                filter.find().select_only().column(audit::Column::Id).order_by_desc(audit::Column::Id).limit(skip);
            let skipped: Vec<i64> = ids.into_tuple().all(self.database.reader()).await?;
            if let Some(last) = skipped.last() {
                find = find.filter(audit::Column::Id.lt(*last));
            }
        }
        let rows = find.all(self.database.reader()).await?;
        let entry = |row: audit::Model| AuditEntry { hash: hex::encode(&row.hash), row: row_of(row) };
        Ok((rows.into_iter().map(entry).collect(), total))
    }

    /// Reads the whole log and checks its chain: how many entries it has, or the first that does not hold.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn verify_audit(&self) -> Result<Result<i64, Tampering>, StoreError> {
        // The head first: an entry that comes meanwhile is then behind it, and nothing that was cut off is.
        let noted = fact::Entity::find_by_id(HEAD).one(self.database.reader()).await?;
        let noted = noted.map(|noted| read_head(&noted.value)).transpose()?;
        let mut verifier = Verifier::default();
        loop {
            let (after, _) = verifier.head();
            let rows = audit::Entity::find()
                .filter(audit::Column::Id.gt(after))
                .order_by_asc(audit::Column::Id)
                .limit(BATCH)
                .all(self.database.reader())
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let hash = row.hash.clone();
                if let Err(tampering) = verifier.check(&row_of(row), &hash) {
                    return Ok(Err(tampering));
                }
                if noted.is_some_and(|noted| noted.0 == verifier.head().0 && verifier.finish(noted).is_err()) {
                    return Ok(Err(Tampering::OtherHead { id: verifier.head().0 }));
                }
            }
        }
        let (last, _) = verifier.head();
        if noted.is_some_and(|(id, _)| id > last) {
            return Ok(Err(Tampering::OtherHead { id: last }));
        }
        Ok(Ok(last))
    }
}

fn read_head(text: &str) -> Result<(i64, [u8; 32]), StoreError> {
    let mut hash = [0; 32];
    let (id, hex) = text.split_once(':').unwrap_or_default();
    let read = hex::decode_to_slice(hex, &mut hash).is_ok();
    let id = id.parse().ok().filter(|_| read);
    Ok((id.ok_or_else(|| StoreError::corrupt("admin_fact.audit.head", "not a head"))?, hash))
}

fn hash_of(row: &audit::Model) -> Result<[u8; 32], StoreError> {
    let hash = row.hash.as_slice().try_into();
    hash.map_err(|_| StoreError::corrupt("admin_audit.hash", format!("entry {} has no hash", row.id)))
}

fn row_of(row: audit::Model) -> AuditRow {
    AuditRow {
        id: row.id,
        at: UnixMs(row.at),
        operator: row.operator,
        action: row.action,
        subject: row.subject,
        detail: row.detail,
    }
}
