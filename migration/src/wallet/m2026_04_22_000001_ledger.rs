//! Recharge orders, the double-entry ledger, saved answers, and the outbox of order events.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, blob, boolean, integer, text, text_null};
use sea_orm_migration::sea_orm::DbBackend;

/// Orders, ledger and outbox.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 6] =
    ["recharge", "ledger_account", "ledger_entry", "ledger_posting", "saved_answer", "outbox_event"];

/// Sqlite and PostgreSQL share this syntax.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX recharge_order_id ON recharge (order_id)",
    "CREATE INDEX recharge_user ON recharge (user_id, id)",
    "CREATE INDEX recharge_status ON recharge (status, id)",
    "CREATE INDEX recharge_expiring ON recharge (expires_at) WHERE status = 'open' AND expires_at IS NOT NULL",
    "CREATE UNIQUE INDEX ledger_account_name ON ledger_account (kind, owner, currency)",
    // For ever: an order is credited once, and so is a deposit.
    "CREATE UNIQUE INDEX ledger_entry_order ON ledger_entry (order_id)",
    "CREATE UNIQUE INDEX ledger_entry_deposit ON ledger_entry (deposit_ref)",
    "CREATE INDEX ledger_entry_user ON ledger_entry (user_id, id)",
    "CREATE UNIQUE INDEX ledger_posting_account ON ledger_posting (entry_id, account_id)",
    "CREATE UNIQUE INDEX outbox_event_version ON outbox_event (order_id, version)",
    "CREATE INDEX outbox_event_pending ON outbox_event (next_at, id) WHERE state = 'pending'",
    "CREATE INDEX outbox_event_waiting ON outbox_event (order_id, version) WHERE state = 'pending'",
    "CREATE INDEX outbox_event_refused ON outbox_event (id) WHERE state = 'refused'",
];

/// What is written in the ledger stays as it is.
const FIXED: [&str; 2] = ["ledger_entry", "ledger_posting"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [recharge(), account(), entry(), posting(), saved_answer(), outbox_event()] {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        for index in INDEXES {
            connection.execute_unprepared(index).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            let refuse = "CREATE FUNCTION ledger_is_fixed() RETURNS trigger LANGUAGE plpgsql AS \
                          $$ BEGIN RAISE EXCEPTION 'the ledger is only ever added to'; END $$";
            connection.execute_unprepared(refuse).await?;
        }
        for table in FIXED {
            for trigger in triggers(manager.get_database_backend(), table) {
                connection.execute_unprepared(&trigger).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).to_owned()).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION ledger_is_fixed").await?;
        }
        Ok(())
    }
}

fn triggers(backend: DbBackend, table: &str) -> Vec<String> {
    if backend == DbBackend::Postgres {
        return vec![format!(
            "CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} \
             FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_fixed()"
        )];
    }
    let refuse = "BEGIN SELECT RAISE(ABORT, 'the ledger is only ever added to'); END";
    ["UPDATE", "DELETE"]
        .map(|change| {
            let name = change.to_lowercase();
            format!("CREATE TRIGGER {table}_no_{name} BEFORE {change} ON {table} {refuse}")
        })
        .to_vec()
}

fn recharge() -> TableCreateStatement {
    Table::create()
        .table("recharge")
        .col(big_pk_auto("id"))
        .col(text("order_id"))
        .col(text("user_id"))
        .col(text("currency"))
        .col(big_integer("amount").check(Expr::col("amount").gt(0)))
        .col(text("depositor"))
        .col(text_null("reference"))
        .col(text_null("account"))
        .col(text("status").check(Expr::col("status").is_in(["open", "approved", "rejected", "cancelled", "expired"])))
        .col(big_integer("created_at"))
        .col(big_integer_null("expires_at"))
        .col(big_integer("version").check(Expr::col("version").gte(1)))
        .col(text_null("closed_by"))
        .col(text_null("closed_reason"))
        .col(big_integer_null("closed_at"))
        .to_owned()
}

fn account() -> TableCreateStatement {
    Table::create()
        .table("ledger_account")
        .col(big_pk_auto("id"))
        .col(text("kind").check(Expr::col("kind").is_in(["user", "deposits_clearing"])))
        .col(text("owner"))
        .col(text("currency"))
        .col(big_integer("balance"))
        .to_owned()
}

fn entry() -> TableCreateStatement {
    Table::create()
        .table("ledger_entry")
        .col(big_pk_auto("id"))
        .col(text("order_id"))
        .col(text("deposit_ref"))
        .col(text("user_id"))
        .col(text("currency"))
        .col(big_integer("amount").check(Expr::col("amount").gt(0)))
        .col(text("operator"))
        .col(big_integer("at"))
        .to_owned()
}

fn posting() -> TableCreateStatement {
    Table::create()
        .table("ledger_posting")
        .col(big_pk_auto("id"))
        .col(big_integer("entry_id"))
        .col(big_integer("account_id"))
        .col(big_integer("amount").check(Expr::col("amount").ne(0)))
        .foreign_key(ForeignKey::create().from("ledger_posting", "entry_id").to("ledger_entry", "id"))
        .foreign_key(ForeignKey::create().from("ledger_posting", "account_id").to("ledger_account", "id"))
        .to_owned()
}

fn saved_answer() -> TableCreateStatement {
    Table::create()
        .table("saved_answer")
        .col(text("key").primary_key())
        .col(blob("body_hash"))
        .col(integer("status"))
        .col(text("answer"))
        .col(big_integer("at"))
        .to_owned()
}

fn outbox_event() -> TableCreateStatement {
    Table::create()
        .table("outbox_event")
        .col(big_pk_auto("id"))
        .col(text("order_id"))
        .col(big_integer("version"))
        .col(text("order_json"))
        .col(text("state").check(Expr::col("state").is_in(["pending", "delivered", "refused"])))
        .col(big_integer("created_at"))
        .col(integer("attempts"))
        .col(big_integer("next_at"))
        .col(boolean("own_fault"))
        .col(text_null("last_error"))
        .col(big_integer_null("settled_at"))
        .to_owned()
}
