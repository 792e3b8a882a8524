//! Many sms changed by one statement. A stage moves hundreds at once; a statement for each would hold the one writer for
//! ten times as long, and the inbox waits for it.

use std::collections::HashSet;
use std::fmt::Write as _;

use entity::sms;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, IdenStatic as _, Iterable as _, ModelTrait as _};
use sea_orm::{Statement, Value};

use super::StoreError;
use super::rows::push_parameter;

/// Rows in one statement, so that its values stay far below the bind limits of both engines.
const ROWS: usize = 500;

/// Writes each `after` over its `before` where nobody else has changed that row since (by its version), and answers the
/// ids of those that were written.
///
/// # Errors
/// Where the database fails.
pub(super) async fn replace(
    txn: &DatabaseTransaction,
    rows: &[(&sms::Model, &sms::Model)],
) -> Result<HashSet<i64>, StoreError> {
    let mut written = HashSet::with_capacity(rows.len());
    for chunk in rows.chunks(ROWS) {
        for row in txn.query_all_raw(statement(txn.get_database_backend(), chunk)).await? {
            written.insert(row.try_get("", "id")?);
        }
    }
    Ok(written)
}

/// `UPDATE sms SET state = v.column3, ... FROM (VALUES (id, version, state, ...), ...) AS v WHERE ...`: both engines name
/// the columns of VALUES so.
fn statement(backend: DbBackend, rows: &[(&sms::Model, &sms::Model)]) -> Statement {
    let changed: Vec<sms::Column> = sms::Column::iter()
        .filter(|column| rows.iter().any(|(before, after)| before.get(*column) != after.get(*column)))
        .collect();
    let mut sql = "UPDATE sms SET ".to_owned();
    for (nth, column) in changed.iter().enumerate() {
        let comma = if nth == 0 { "" } else { ", " };
        let _ = write!(sql, "{comma}{} = v.column{}", column.as_str(), nth + 3);
    }
    sql.push_str(" FROM (VALUES ");
    let mut values: Vec<Value> = Vec::with_capacity(rows.len() * (changed.len() + 2));
    for (nth, (before, after)) in rows.iter().enumerate() {
        sql.push_str(if nth == 0 { "(" } else { ", (" });
        let row = [before.id.into(), before.version.into()].into_iter();
        for (place, value) in row.chain(changed.iter().map(|column| after.get(*column))).enumerate() {
            if place > 0 {
                sql.push_str(", ");
            }
            values.push(value);
            push_parameter(&mut sql, backend, values.len());
        }
        sql.push(')');
    }
    sql.push_str(") AS v WHERE sms.id = v.column1 AND sms.version = v.column2 RETURNING sms.id");
    Statement::from_sql_and_values(backend, sql, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sms::SmsState;
    use crate::store::testing::{base, message, stores};

    #[tokio::test]
    async fn each_row_takes_its_own_values_and_one_that_has_moved_on_stays() {
        for store in stores().await {
            let mut rows = Vec::new();
            for nth in 0..3 {
                let mut row = message("15881688", SmsState::Accepted, base());
                row.version = 4;
                row.id = store.put_sms(row.clone()).await;
                row.version -= i64::from(nth == 2);
                rows.push(row);
            }
            let read = |row: &sms::Model, amount: Option<i64>, to_the_minute: bool| sms::Model {
                state: SmsState::Parsed.as_str().to_owned(),
                amount,
                currency: amount.map(|_| "KRW".to_owned()),
                to_the_minute,
                version: row.version + 1,
                ..row.clone()
            };
            let afters =
                [read(&rows[0], None, true), read(&rows[1], Some(50_000), false), read(&rows[2], Some(1), true)];
            let pairs: Vec<_> = rows.iter().zip(&afters).collect();
            let written = store.write(async |txn| replace(txn, &pairs).await).await.unwrap();
            assert_eq!(written, HashSet::from([rows[0].id, rows[1].id]));
            for after in &afters[..2] {
                assert_eq!(store.sms_row(after.id).await.unwrap().as_ref(), Some(after));
            }
            let third = store.sms_row(rows[2].id).await.unwrap().unwrap();
            assert_eq!((third.version, third.state.as_str(), third.amount), (4, "accepted", None));
        }
    }

    #[tokio::test]
    async fn nothing_to_write_is_no_statement() {
        for store in stores().await {
            assert!(store.write(async |txn| replace(txn, &[]).await).await.unwrap().is_empty());
        }
    }
}
