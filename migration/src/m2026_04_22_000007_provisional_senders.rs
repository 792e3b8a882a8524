//! The name that stands in for a message's sender while its number is not known, and whether the whitelist is to be asked
//! once more because the number came later.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, text};

/// A message's provisional sender.
#[derive(DeriveMigrationName)]
pub struct Migration;

const SMS: &str = "sms";

/// Each holds the few messages that its question is about.
const INDEXES: [(&str, &str); 3] = [
    // With the state in front, as `sms_rejected` has it.
    (
        "sms_rejected_name",
        "ON sms (state, provisional_key, state_since) WHERE state = 'rejected' AND provisional_key <> ''",
    ),
    ("sms_ask_sender", "ON sms (id) WHERE ask_sender"),
    // Flag `unlisted_sender`.
    ("sms_unlisted", "ON sms (sender_key, received_at) WHERE flags & 262144 <> 0"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A process of the version before writes neither. SQLite adds one column at a time.
        for column in [text("provisional_key").default("").take(), boolean("ask_sender").default(false).take()] {
            manager.alter_table(Table::alter().table(SMS).add_column(column).to_owned()).await?;
        }
        for (name, on) in INDEXES {
            manager.get_connection().execute_unprepared(&format!("CREATE INDEX {name} {on}")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        for column in ["ask_sender", "provisional_key"] {
            manager.alter_table(Table::alter().table(SMS).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
