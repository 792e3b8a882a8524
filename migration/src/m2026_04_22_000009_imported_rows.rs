//! Rows of an old server that were imported: so that an import can be run again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, text};

/// What was imported.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "imported_row";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(TABLE)
            .col(text("kind"))
            .col(big_integer("row_id"))
            .col(blob("digest"))
            .col(text("kept"))
            .col(big_integer("imported_at"))
            .primary_key(Index::create().col("kind").col("row_id"))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}
