//! Indexes by which near misses are found, so that looking at one message costs the same however many orders there are.

use sea_orm_migration::prelude::*;

/// Orders and deposits by payer, closed orders by amount, open ones of an amount by age.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// The beginning is enough to find a name by; whole ones may be too long for an index of PostgreSQL.
const UP: [&str; 5] = [
    "CREATE INDEX recharge_order_payer ON recharge_order (currency, substr(lower(replace(depositor, ' ', '')), 1, 40), created_at) WHERE status = 'open'",
    "CREATE INDEX recharge_order_closed ON recharge_order (currency, amount, updated_at) WHERE status IN ('rejected', 'cancelled', 'expired')",
    "CREATE INDEX sms_payer ON sms (currency, substr(lower(replace(depositor, ' ', '')), 1, 40), occurred_at) WHERE state = 'unmatched'",
    // In the place of one without the age.
    "CREATE INDEX recharge_order_open_age ON recharge_order (currency, amount, created_at) WHERE status = 'open'",
    "DROP INDEX recharge_order_open",
];

const DOWN: [&str; 5] = [
    "CREATE INDEX recharge_order_open ON recharge_order (currency, amount) WHERE status = 'open'",
    "DROP INDEX recharge_order_open_age",
    "DROP INDEX sms_payer",
    "DROP INDEX recharge_order_closed",
    "DROP INDEX recharge_order_payer",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for step in UP {
            manager.get_connection().execute_unprepared(step).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for step in DOWN {
            manager.get_connection().execute_unprepared(step).await?;
        }
        Ok(())
    }
}
