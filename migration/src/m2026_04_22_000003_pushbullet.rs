//! The phones that are heard through Pushbullet, and which process runs which source.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, blob_null, boolean, text, text_null,
};

/// The phones that are heard through Pushbullet, and which process runs which source.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 4] = ["source_lease", "pushbullet_device", "pushbullet_thread", "pushbullet_message"];

/// The same statements run on SQLite and on PostgreSQL.
const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX pushbullet_device_same ON pushbullet_device (token_hash, COALESCE(device_iden, '')) WHERE deleted_at IS NULL",
    "CREATE INDEX pushbullet_device_iden ON pushbullet_device (device_iden)",
    "CREATE UNIQUE INDEX pushbullet_message_key ON pushbullet_message (phone_id, key)",
    "CREATE INDEX pushbullet_message_text ON pushbullet_message (phone_id, thread_id, digest)",
    "CREATE INDEX pushbullet_message_unnamed ON pushbullet_message (phone_id) WHERE message_id IS NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn tables() -> [TableCreateStatement; 4] {
    let lease = Table::create()
        .table("source_lease")
        .col(text("source_kind"))
        .col(big_integer("source_id"))
        .col(text_null("owner"))
        .col(big_integer("fence"))
        .col(big_integer("renewals"))
        .col(big_integer("expires_at"))
        .primary_key(Index::create().col("source_kind").col("source_id"))
        .to_owned();
    let device = Table::create()
        .table("pushbullet_device")
        .col(big_pk_auto("id"))
        .col(text("name"))
        .col(text_null("device_iden"))
        .col(text_null("user_iden"))
        .col(big_integer("phone_id"))
        .col(text_null("line"))
        .col(boolean("enabled"))
        .col(blob_null("token"))
        .col(blob("token_hash"))
        .col(text("token_hint"))
        .col(blob_null("password"))
        .col(big_integer("revision"))
        .col(big_integer("created_at"))
        .col(big_integer_null("deleted_at"))
        .col(big_integer_null("last_event_at"))
        .col(big_integer_null("gap_at"))
        .to_owned();
    let thread = Table::create()
        .table("pushbullet_thread")
        .col(big_integer("phone_id"))
        .col(text("thread_id"))
        .col(text("sender"))
        .col(text_null("latest"))
        .col(big_integer_null("read_at"))
        .col(big_integer_null("gap_at"))
        .primary_key(Index::create().col("phone_id").col("thread_id"))
        .to_owned();
    let message = Table::create()
        .table("pushbullet_message")
        .col(big_pk_auto("id"))
        .col(big_integer("phone_id"))
        .col(text("thread_id"))
        .col(text_null("message_id"))
        .col(blob("digest"))
        .col(big_integer("at"))
        .col(big_integer_null("streamed_at"))
        .col(big_integer("noted_at"))
        .col(blob("key"))
        .to_owned();
    [lease, device, thread, message]
}
