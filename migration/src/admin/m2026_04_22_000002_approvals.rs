//! Approval intents: what an operator decided, and what became of it (ADR-018).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, boolean, text, text_null};

/// Approval intents.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INTENT: &str = "approval_intent";

/// SQLite and PostgreSQL share this syntax.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX approval_intent_key ON approval_intent (key)",
    // One approval an order and one a deposit: whoever loses the race is told so by these.
    "CREATE UNIQUE INDEX approval_intent_one_order ON approval_intent (order_id) WHERE state <> 'refused'",
    "CREATE UNIQUE INDEX approval_intent_one_deposit ON approval_intent (deposit_ref) WHERE state <> 'refused'",
    "CREATE INDEX approval_intent_order ON approval_intent (order_id, id)",
    "CREATE INDEX approval_intent_state ON approval_intent (state, id)",
    "CREATE INDEX approval_intent_due ON approval_intent (next_at, id) WHERE state IN ('pending', 'unknown')",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let state = Expr::col("state").is_in(["pending", "unknown", "approved", "refused"]);
        let intent = Table::create()
            .table(INTENT)
            .col(big_pk_auto("id"))
            .col(text("key"))
            .col(text("order_id"))
            .col(text("user_id"))
            .col(big_integer("sms_id"))
            .col(text("deposit_ref"))
            .col(text("state").check(state))
            .col(text("operator"))
            .col(big_integer("operator_id"))
            .col(text_null("note"))
            .col(boolean("overriding"))
            .col(text_null("rule"))
            .col(big_integer("sms_version"))
            .col(big_integer("order_version"))
            .col(text("currency"))
            .col(big_integer("amount").check(Expr::col("amount").gt(0)))
            .col(big_integer("ordered"))
            .col(text("request"))
            .col(big_integer("created_at"))
            .col(big_integer_null("sent_at"))
            .col(big_integer("attempts"))
            .col(big_integer("next_at"))
            .col(big_integer("not_before"))
            .col(text_null("claim"))
            .col(big_integer("claimed_until"))
            .col(text_null("last_error"))
            .col(big_integer_null("settled_at"))
            .col(big_integer_null("entry_id"))
            .to_owned();
        manager.create_table(intent).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(INTENT).to_owned()).await
    }
}
