//! Telegram bots with how far each was read, and the notes on messages that their edits leave.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, blob_null, boolean, text, text_null,
};

/// Telegram bots and notes.
#[derive(DeriveMigrationName)]
pub struct Migration;

const INDEXES: [&str; 3] = [
    "CREATE UNIQUE INDEX telegram_bot_key ON telegram_bot (bot_key)",
    "CREATE UNIQUE INDEX sms_note_key ON sms_note (source_kind, source_id, note_key)",
    "CREATE INDEX sms_note_sms ON sms_note (sms_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bot = Table::create()
            .table("telegram_bot")
            .col(big_pk_auto("id"))
            .col(text("name"))
            .col(text("bot_key"))
            .col(text_null("username"))
            .col(text_null("line"))
            .col(boolean("enabled"))
            .col(boolean("webhook"))
            .col(blob_null("token"))
            .col(text("token_hint"))
            .col(blob_null("webhook_secret"))
            .col(text("chat_ids"))
            .col(text("warnings"))
            .col(big_integer("revision"))
            .col(big_integer("created_at"))
            .col(big_integer_null("deleted_at"))
            .col(big_integer_null("next_offset"))
            .col(big_integer_null("last_update_at"))
            .col(big_integer_null("polled_at"))
            .col(big_integer_null("loss_from"))
            .col(big_integer_null("loss_until"))
            .to_owned();
        manager.create_table(bot).await?;
        let note = Table::create()
            .table("sms_note")
            .col(big_pk_auto("id"))
            .col(big_integer("sms_id"))
            .col(text("source_kind"))
            .col(big_integer("source_id"))
            .col(blob("note_key"))
            .col(big_integer("at"))
            .col(big_integer("stored_at"))
            .col(text("kind"))
            .col(text_null("text"))
            .to_owned();
        manager.create_table(note).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sms_note", "telegram_bot"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
