//! The balance chain: a link for each message that tells of a movement on an account.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, boolean, text, text_null};

/// The balance chain.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "chain_link";

/// The same statements run on SQLite and on PostgreSQL.
const INDEXES: &[&str] = &[
    "CREATE INDEX chain_link_order ON chain_link (account_key, minute, place)",
    // Breaks that wait for people, which are few.
    "CREATE INDEX chain_link_open ON chain_link (sms_id) WHERE open",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(big_integer("sms_id").primary_key())
            .col(text("account_key"))
            .col(big_integer("minute"))
            .col(big_integer("place"))
            .col(big_integer("received_at"))
            .col(text("currency"))
            .col(big_integer("moved"))
            .col(big_integer_null("balance"))
            .col(big_integer("template_id"))
            .col(text("verdict"))
            .col(boolean("open"))
            .col(big_integer_null("previous_id"))
            .col(big_integer_null("previous_balance"))
            .col(big_integer_null("repeats"))
            .col(text("stand"))
            .col(text_null("accepted_by"))
            .col(big_integer_null("accepted_at"))
            .col(text_null("accepted_note"))
            .to_owned();
        manager.create_table(table).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}
