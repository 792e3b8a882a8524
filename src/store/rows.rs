//! Many new rows by one statement, written straight from their values: sea-orm would build an expression tree of every
//! value first, which costs more than SQLite takes to store it.

use std::fmt::Write as _;

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityName as _, EntityTrait, IdenStatic as _,
    Iterable as _, Statement, Value,
};

use super::StoreError;

/// Rows in one statement, so that its values stay far below the bind limits of both engines.
const ROWS: usize = 500;

/// Inserts `rows`, each of which sets the columns that the first one sets.
///
/// # Errors
/// Where the database fails.
pub(super) async fn insert<A: ActiveModelTrait>(txn: &DatabaseTransaction, rows: Vec<A>) -> Result<(), StoreError> {
    let Some(first) = rows.first() else { return Ok(()) };
    let columns: Vec<_> =
        <A::Entity as EntityTrait>::Column::iter().filter(|column| !first.is_not_set(*column)).collect();
    let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.as_str())).collect();
    let head = format!("INSERT INTO {} ({}) VALUES ", A::Entity::default().table_name(), names.join(", "));
    let backend = txn.get_database_backend();
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let count = rows.len().min(ROWS);
        let mut sql = head.clone();
        let mut values: Vec<Value> = Vec::with_capacity(count * columns.len());
        for (nth, mut row) in rows.by_ref().take(count).enumerate() {
            sql.push_str(if nth == 0 { "(" } else { "), (" });
            for (place, column) in columns.iter().enumerate() {
                let value = row.take(*column).into_value();
                values.push(value.ok_or_else(|| StoreError::corrupt("a new row", "it lacks a column of the first"))?);
                if place > 0 {
                    sql.push_str(", ");
                }
                push_parameter(&mut sql, backend, values.len());
            }
        }
        sql.push(')');
        txn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(())
}

/// The place of the `nth` value of a statement, from 1.
pub(super) fn push_parameter(sql: &mut String, backend: DbBackend, nth: usize) {
    if backend == DbBackend::Postgres {
        let _ = write!(sql, "${nth}");
    } else {
        // SQLite looks numbered parameters up one after the other.
        sql.push('?');
    }
}
