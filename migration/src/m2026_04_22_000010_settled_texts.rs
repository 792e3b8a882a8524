//! An index of settled deposits: a text that comes again after its deposit was credited is found by what it says.

use sea_orm_migration::prelude::*;

/// Settled deposits by amount and time.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// With the state in front although it is always the same: else sqlite may prefer `sms_state` and read all that is settled.
const UP: &str = "CREATE INDEX sms_settled ON sms (state, currency, amount, occurred_at) WHERE state = 'settled'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(UP).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX sms_settled").await?;
        Ok(())
    }
}
