//! Credits of another amount than was ordered, each with its reason; orders found by when they were placed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text_null;

/// A credit's reason, and an index.
#[derive(DeriveMigrationName)]
pub struct Migration;

const ENTRY: &str = "ledger_entry";
const COLUMN: &str = "override_note";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(ENTRY).add_column(text_null(COLUMN)).to_owned()).await?;
        let placed = "CREATE INDEX recharge_created ON recharge (created_at)";
        manager.get_connection().execute_unprepared(placed).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX recharge_created").await?;
        manager.alter_table(Table::alter().table(ENTRY).drop_column(COLUMN).to_owned()).await
    }
}
