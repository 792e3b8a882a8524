//! Taking in rows of an old server under the ids that they had: each once, and never over what is here.

mod catalog;
mod sms;

use std::collections::{HashMap, HashSet};

use entity::imported_row;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter,
};
use serde_json::json;

use super::{Lock, Store, StoreError, audit, lock};
use crate::domain::old_shooter::{OldContent, OldRow, OldTable};
use crate::domain::time::UnixMs;

/// The format of the sightings that an import writes.
pub(super) const FORMAT: &str = "import";

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is here now; with what people should know of it.
    Taken(Vec<String>),
    /// It was imported before.
    There,
    /// It was imported before and says something else now. What is here stays.
    Changed,
    /// It cannot be taken, and why.
    Refused(String),
}

/// Where an import stands.
#[derive(Clone, Copy, Debug)]
pub struct Importing<'a> {
    /// Who imports, for the audit.
    pub by: &'a str,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What one transaction of an import knows and is told.
struct Batch<'a> {
    store: &'a Store,
    txn: &'a DatabaseTransaction,
    now: UnixMs,
}

impl Store {
    /// When a row was imported; none where it was not.
    ///
    /// # Errors
    /// Where the database fails.
    pub(super) async fn imported_at(&self, table: &str, id: i64) -> Result<Option<UnixMs>, StoreError> {
        let row = imported_row::Entity::find_by_id((table.to_owned(), id)).one(self.reader()).await?;
        Ok(row.map(|row| UnixMs(row.imported_at)))
    }

    /// Takes in rows in one transaction with its audit entry, and answers what became of each, in their order. Events are
    /// not told: none of it is news.
    ///
    /// # Errors
    /// Where the store cannot commit: then nothing of these rows is stored.
    pub async fn import_rows(&self, rows: &[OldRow], how: Importing<'_>) -> Result<Vec<Imported>, StoreError> {
        let (mut told, mut tried) = (Vec::new(), false);
        let now = self.now();
        let written = self
            .write_aside(async |txn| {
                let batch = Batch { store: self, txn, now };
                told = batch.take(rows).await?;
                if how.dry_run {
                    // Rolled back: it was only to be tried.
                    tried = true;
                    return Err(StoreError::corrupt("import", "this was a dry run"));
                }
                batch.move_ids(rows).await?;
                let taken = told.iter().filter(|one| matches!(one, Imported::Taken(_))).count();
                if taken > 0 {
                    let mut counts: HashMap<&str, usize> = HashMap::new();
                    for (row, _) in rows.iter().zip(&told).filter(|(_, one)| matches!(one, Imported::Taken(_))) {
                        *counts.entry(row.table.as_str()).or_default() += 1;
                    }
                    let ids = ids_of(rows, &told);
                    let detail = json!({"rows": taken, "tables": counts, "ids": ids});
                    audit::append(txn, now, how.by, "import.shooter", "import/shooter", &detail).await?;
                }
                Ok(())
            })
            .await;
        match written {
            Err(error) if !tried => Err(error),
            _ => Ok(told),
        }
    }
}

/// The ids that were taken: the first and the last of each table.
fn ids_of(rows: &[OldRow], told: &[Imported]) -> serde_json::Value {
    let mut spans: HashMap<&str, (i64, i64)> = HashMap::new();
    for (row, _) in rows.iter().zip(told).filter(|(_, one)| matches!(one, Imported::Taken(_))) {
        let span = spans.entry(row.table.as_str()).or_insert((row.id, row.id));
        *span = (span.0.min(row.id), span.1.max(row.id));
    }
    json!(spans)
}

impl Batch<'_> {
    async fn take(&self, rows: &[OldRow]) -> Result<Vec<Imported>, StoreError> {
        // One import at a time, and no operator's change of the same lists in between.
        for key in ["import", "revision.templates", "revision.phones", "revision.devices", "pushbullet_device"] {
            lock(self.txn, Lock::Key(key.as_bytes())).await?;
        }
        let before = self.imported_before(rows).await?;
        let mut messages = sms::Messages::of(self, rows).await?;
        let mut seen: HashSet<(OldTable, i64)> = HashSet::new();
        let mut told = Vec::with_capacity(rows.len());
        for row in rows {
            let one = match before.get(&(row.table, row.id)) {
                Some(digest) if digest.as_slice() == row.digest => Imported::There,
                Some(_) => Imported::Changed,
                None if !seen.insert((row.table, row.id)) => {
                    Imported::Refused(format!("{} {} stands in the file twice", row.table, row.id))
                }
                None => {
                    let taken = match &row.content {
                        OldContent::Sms(old) => messages.take(row, old),
                        _ => self.take_listed(row).await?,
                    };
                    match taken {
                        Ok(notes) => {
                            self.note(row).await?;
                            Imported::Taken(notes)
                        }
                        Err(why) => Imported::Refused(why),
                    }
                }
            };
            told.push(one);
        }
        messages.write(self).await?;
        Ok(told)
    }

    async fn imported_before(&self, rows: &[OldRow]) -> Result<HashMap<(OldTable, i64), Vec<u8>>, StoreError> {
        let mut before = HashMap::new();
        for table in OldTable::ALL {
            let ids: Vec<i64> = rows.iter().filter(|row| row.table == *table).map(|row| row.id).collect();
            for chunk in ids.chunks(500) {
                let found = imported_row::Entity::find()
                    .filter(imported_row::Column::Kind.eq(table.as_str()))
                    .filter(imported_row::Column::RowId.is_in(chunk.iter().copied()))
                    .all(self.txn)
                    .await?;
                before.extend(found.into_iter().map(|row| ((*table, row.row_id), row.digest)));
            }
        }
        Ok(before)
    }

    async fn note(&self, row: &OldRow) -> Result<(), StoreError> {
        let kept = serde_json::to_string(&row.kept).map_err(|error| StoreError::corrupt("a row to be kept", error))?;
        let note = imported_row::ActiveModel {
            kind: Set(row.table.as_str().to_owned()),
            row_id: Set(row.id),
            digest: Set(row.digest.to_vec()),
            kept: Set(kept),
            imported_at: Set(self.now.0),
        };
        imported_row::Entity::insert(note).exec_without_returning(self.txn).await?;
        Ok(())
    }

    /// Has PostgreSQL give new ids behind the imported ones. SQLite does so by itself.
    async fn move_ids(&self, rows: &[OldRow]) -> Result<(), StoreError> {
        if self.txn.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        for table in OldTable::ALL.iter().filter(|table| rows.iter().any(|row| row.table == **table)) {
            let sequence = format!("pg_get_serial_sequence('{table}', 'id')");
            // Behind what is there and what was given out already: a sequence never goes back.
            let sql = format!(
                "SELECT setval({sequence}, GREATEST((SELECT max(id) FROM {table}), nextval({sequence}) - 1, 1))"
            );
            self.txn.execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
