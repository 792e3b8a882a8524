//! Every sealed value of the database, by the place that it is sealed for: what `recon secrets rotate` seals anew.

use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{ConnectionTrait as _, DatabaseTransaction};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{Store, StoreError, audit};
use crate::secrets::{Place, SecretBox};

/// A column of sealed bytes. A new one belongs here; a test reads the source and holds it.
struct SealedColumn {
    table: &'static str,
    /// The column whose value is the row of its [`Place`].
    key: &'static str,
    key_is: KeyIs,
    column: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyIs {
    Number,
    Text,
}

const SEALED: &[SealedColumn] = &[
    SealedColumn { table: "shooter_device", key: "id", key_is: KeyIs::Number, column: "secret" },
    SealedColumn { table: "pushbullet_device", key: "id", key_is: KeyIs::Number, column: "token" },
    SealedColumn { table: "pushbullet_device", key: "id", key_is: KeyIs::Number, column: "password" },
    SealedColumn { table: "telegram_bot", key: "id", key_is: KeyIs::Number, column: "token" },
    SealedColumn { table: "telegram_bot", key: "id", key_is: KeyIs::Number, column: "webhook_secret" },
    SealedColumn { table: "idempotency", key: "key", key_is: KeyIs::Text, column: "answer" },
];

/// Rows at a time.
const CHUNK: u64 = 500;

/// The key of a row.
#[derive(Clone)]
enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    fn expr(&self) -> Expr {
        match self {
            Self::Number(number) => Expr::val(*number),
            Self::Text(text) => Expr::val(text.as_str()),
        }
    }

    fn place<'a>(&self, of: &'a SealedColumn) -> Place<'a> {
        match self {
            Self::Number(number) => Place::new(of.table, number, of.column),
            Self::Text(text) => Place::new(of.table, text, of.column),
        }
    }
}

impl Store {
    /// Seals every value that an older key sealed with the newest one, all in one transaction, and answers how many. Values
    /// that the newest key sealed already are left: done again, it goes on where it was interrupted.
    ///
    /// # Errors
    /// Where a value does not open, or the store cannot commit: then none is changed.
    pub async fn seal_anew(&self, by: &str) -> Result<u64, StoreError> {
        let now = self.now();
        self.write(async |txn| {
            let mut changed = 0;
            for column in SEALED {
                changed += seal_column(txn, self.secrets(), column).await?;
            }
            changed += u64::from(self.seal_key_check(txn, now).await?);
            if changed > 0 {
                let (version, subject) = (self.secrets().newest(), "secrets.key");
                let detail = json!({ "values": changed, "key_version": version });
                audit::append(txn, now, by, "secrets.rotate", subject, &detail).await?;
            }
            Ok(changed)
        })
        .await
    }
}

async fn seal_column(txn: &DatabaseTransaction, secrets: &SecretBox, of: &SealedColumn) -> Result<u64, StoreError> {
    let corrupt = |error: String| StoreError::corrupt(of.table, format!("{}: {error}", of.column));
    let (mut changed, mut after): (u64, Option<Key>) = (0, None);
    loop {
        let mut find = Query::select();
        find.columns([of.key, of.column]).from(of.table).and_where(Expr::col(of.column).is_not_null());
        find.order_by(of.key, Order::Asc).limit(CHUNK);
        if let Some(after) = &after {
            find.and_where(Expr::col(of.key).gt(after.expr()));
        }
        let rows = txn.query_all(&find).await?;
        if rows.is_empty() {
            return Ok(changed);
        }
        for row in rows {
            let key = match of.key_is {
                KeyIs::Number => Key::Number(row.try_get("", of.key)?),
                KeyIs::Text => Key::Text(row.try_get("", of.key)?),
            };
            let sealed: Vec<u8> = row.try_get("", of.column)?;
            if SecretBox::version_of(&sealed) != Some(secrets.newest()) {
                let place = key.place(of);
                let plain = secrets.open(&place, &sealed).map_err(|error| corrupt(error.to_string()))?;
                let anew = secrets.seal(&place, plain.expose_secret()).map_err(|error| corrupt(error.to_string()))?;
                let mut update = Query::update();
                update.table(of.table).value(of.column, anew).and_where(Expr::col(of.key).eq(key.expr()));
                txn.execute(&update).await?;
                changed += 1;
            }
            after = Some(key);
        }
    }
}

#[cfg(test)]
mod tests;
