//! The first tables. Reversible; the same statements run on SQLite and on PostgreSQL.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, blob_null, boolean, integer, text, text_null,
};
use sea_orm_migration::sea_orm::DbBackend;

/// The first tables.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 16] = [
    "sms",
    "sighting",
    "sms_history",
    "sms_decision",
    "sms_match",
    "sms_attempt",
    "recharge_order",
    "match_bucket",
    "template",
    "template_revision",
    "phone",
    "shooter_device",
    "event",
    "audit",
    "idempotency",
    "setting",
];

/// Indexes, partial ones included: sqlite and PostgreSQL share this syntax.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX sighting_key ON sighting (source_kind, source_id, source_key)",
    "CREATE INDEX sighting_sms ON sighting (sms_id)",
    // Twins only, which are few: what is shown beside a message, and what the matcher holds back.
    "CREATE INDEX sms_twin ON sms (fingerprint) WHERE flags & 1 <> 0",
    "CREATE INDEX sms_state ON sms (state, id)",
    // With the state in front although it is always the same: else sqlite prefers sms_state and reads all that is rejected.
    "CREATE INDEX sms_rejected ON sms (state, sender_key, state_since) WHERE state = 'rejected'",
    "CREATE INDEX sms_need_check ON sms (id) WHERE review = 'need_check'",
    "CREATE INDEX sms_bucket ON sms (currency, amount, occurred_at) WHERE state IN ('parsed', 'matched', 'ambiguous', 'unmatched')",
    "CREATE INDEX sms_order ON sms (order_id) WHERE order_id IS NOT NULL",
    // With the fingerprint, so that intake reads an hour's texts from the index alone.
    "CREATE INDEX sms_received ON sms (received_at, fingerprint)",
    "CREATE INDEX sms_history_sms ON sms_history (sms_id)",
    "CREATE INDEX sms_decision_sms ON sms_decision (sms_id)",
    "CREATE INDEX sms_attempt_sms ON sms_attempt (sms_id)",
    "CREATE UNIQUE INDEX sms_match_active_sms ON sms_match (sms_id) WHERE active",
    "CREATE UNIQUE INDEX sms_match_active_order ON sms_match (order_id) WHERE active",
    "CREATE INDEX sms_match_sms ON sms_match (sms_id)",
    "CREATE UNIQUE INDEX recharge_order_order_id ON recharge_order (order_id)",
    "CREATE INDEX recharge_order_open ON recharge_order (currency, amount) WHERE status = 'open'",
    "CREATE INDEX recharge_order_approved ON recharge_order (currency, amount, created_at) WHERE status = 'approved'",
    "CREATE INDEX sms_waiting ON sms (occurred_at) WHERE state = 'unmatched' AND review = 'none'",
    "CREATE UNIQUE INDEX match_bucket_key ON match_bucket (currency, amount)",
    "CREATE INDEX recharge_order_user ON recharge_order (user_id, id)",
    "CREATE INDEX recharge_order_status ON recharge_order (status, id)",
    "CREATE UNIQUE INDEX template_revision_version ON template_revision (template_id, version)",
    "CREATE UNIQUE INDEX phone_key ON phone (phone_key)",
    "CREATE UNIQUE INDEX shooter_device_token ON shooter_device (token_hash)",
    "CREATE UNIQUE INDEX shooter_device_enrolled ON shooter_device (name) WHERE enrolled",
    "CREATE INDEX idempotency_at ON idempotency (at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables(manager.get_database_backend()) {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        // Equal texts are found here by every process. SQLite has one, which keeps the last hours in memory: hashes land
        // all over an index, and would cost it more than all else that a message writes.
        if manager.get_database_backend() == DbBackend::Postgres {
            let fingerprint = "CREATE INDEX sms_fingerprint ON sms (fingerprint)";
            manager.get_connection().execute_unprepared(fingerprint).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).to_owned()).await?;
        }
        Ok(())
    }
}

fn table(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name);
    for column in columns {
        table.col(column);
    }
    table
}

fn tables(engine: DbBackend) -> Vec<TableCreateStatement> {
    [messages(engine), decisions(), orders(), operators_data(), service()].concat()
}

/// The id of a table whose rows are never deleted: on SQLite without AUTOINCREMENT, which would write the last id beside
/// each row to keep one that is deleted from being given again.
fn kept_id(engine: DbBackend) -> ColumnDef {
    match engine {
        DbBackend::Sqlite => integer("id").primary_key().take(),
        _ => big_pk_auto("id"),
    }
}

/// Messages and their deliveries.
fn messages(engine: DbBackend) -> Vec<TableCreateStatement> {
    vec![
        table(
            "sms",
            vec![
                kept_id(engine),
                text_null("line"),
                text("sender"),
                text("sender_key"),
                text_null("text"),
                blob("fingerprint"),
                big_integer("received_at"),
                big_integer("occurred_at"),
                boolean("to_the_minute"),
                big_integer("stored_at"),
                big_integer("sources"),
                text("state"),
                big_integer("state_since"),
                text("review"),
                text_null("review_by"),
                big_integer_null("review_at"),
                text_null("review_note"),
                big_integer("flags"),
                text_null("direction"),
                text_null("currency"),
                big_integer_null("amount"),
                big_integer_null("balance"),
                text_null("depositor"),
                text_null("account"),
                text_null("reference"),
                text_null("memo"),
                text_null("sender_bank"),
                big_integer_null("name_max"),
                big_integer_null("template_id"),
                big_integer_null("template_version"),
                text_null("order_id"),
                big_integer("attempts"),
                big_integer_null("next_attempt_at"),
                big_integer("version"),
                big_integer("updated_at"),
            ],
        ),
        table(
            "sighting",
            vec![
                kept_id(engine),
                text("source_kind"),
                big_integer("source_id"),
                blob("source_key"),
                big_integer("sms_id"),
                text_null("external_id"),
                text("format"),
                big_integer("received_at"),
                big_integer("stored_at"),
                blob_null("raw"),
            ],
        ),
    ]
}

/// What became of messages, and why.
fn decisions() -> Vec<TableCreateStatement> {
    vec![
        table(
            "sms_history",
            vec![
                big_pk_auto("id"),
                big_integer("sms_id"),
                big_integer("at"),
                text("actor"),
                text("from_state"),
                text("to_state"),
                text("review"),
                text_null("reason"),
            ],
        ),
        table(
            "sms_decision",
            vec![
                big_pk_auto("id"),
                big_integer("sms_id"),
                big_integer("at"),
                text("outcome"),
                text("rule"),
                text("explanation"),
            ],
        ),
        table(
            "sms_match",
            vec![
                big_pk_auto("id"),
                big_integer("sms_id"),
                text("order_id"),
                boolean("active"),
                text("made_by"),
                big_integer("made_at"),
                text("timing"),
                big_integer_null("released_at"),
                text_null("release_reason"),
            ],
        ),
        table(
            "sms_attempt",
            vec![big_pk_auto("id"), big_integer("sms_id"), big_integer("at"), text("stage"), text("error")],
        ),
    ]
}

/// Orders, and the buckets to be decided.
fn orders() -> Vec<TableCreateStatement> {
    vec![
        table(
            "recharge_order",
            vec![
                big_pk_auto("id"),
                text("order_id"),
                text("user_id"),
                text("currency"),
                big_integer("amount"),
                text("depositor"),
                text_null("reference"),
                text_null("account"),
                text("status"),
                big_integer("created_at"),
                big_integer_null("expires_at"),
                big_integer("version"),
                big_integer("updated_at"),
            ],
        ),
        table("match_bucket", vec![text("currency"), big_integer("amount"), big_integer("since")]),
    ]
}

/// What operators enter.
fn operators_data() -> Vec<TableCreateStatement> {
    vec![
        table(
            "template",
            vec![
                big_pk_auto("id"),
                big_integer("version"),
                text("name"),
                text("spec"),
                boolean("enabled"),
                big_integer("created_at"),
                big_integer("updated_at"),
                big_integer_null("deleted_at"),
            ],
        ),
        table(
            "template_revision",
            vec![
                big_pk_auto("id"),
                big_integer("template_id"),
                big_integer("version"),
                text("spec"),
                big_integer("at"),
                text("operator"),
            ],
        ),
        table(
            "phone",
            vec![
                big_pk_auto("id"),
                text("phone"),
                text("phone_key"),
                text_null("label"),
                text_null("bank"),
                big_integer("created_at"),
            ],
        ),
        table(
            "shooter_device",
            vec![
                big_pk_auto("id"),
                text("name"),
                text_null("line"),
                blob("token_hash"),
                blob_null("secret"),
                boolean("trusted"),
                boolean("enrolled"),
                big_integer("created_at"),
                big_integer_null("last_seen_at"),
            ],
        ),
    ]
}

/// What the service keeps of itself.
fn service() -> Vec<TableCreateStatement> {
    vec![
        table(
            "event",
            vec![
                big_integer("last_id").primary_key().take(),
                big_integer("first_id"),
                big_integer("at"),
                text("events"),
            ],
        ),
        table(
            "audit",
            vec![
                big_integer("id").primary_key().take(),
                big_integer("at"),
                text("operator"),
                text("action"),
                text("subject"),
                text("detail"),
                blob("hash"),
            ],
        ),
        table(
            "idempotency",
            vec![text("key").primary_key().take(), blob("body_hash"), blob("answer"), big_integer("at")],
        ),
        table("setting", vec![text("key").primary_key().take(), text("value"), big_integer("updated_at")]),
    ]
}
