//! In which hours each phone usually delivers, and since when one has been silent longer than that.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, text_null};

/// A device's rhythm and silence.
#[derive(DeriveMigrationName)]
pub struct Migration;

const DEVICE: &str = "shooter_device";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [text_null("rhythm"), big_integer_null("silent_since")] {
            manager.alter_table(Table::alter().table(DEVICE).add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in ["silent_since", "rhythm"] {
            manager.alter_table(Table::alter().table(DEVICE).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
