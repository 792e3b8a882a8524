//! Operators and their sessions.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, text, text_null};

/// Operators and their sessions.
#[derive(DeriveMigrationName)]
pub struct Migration;

const USERNAME: &str = "CREATE UNIQUE INDEX admin_user_username ON admin_user (username)";
/// Sessions that are over are swept.
const ENDS: &str = "CREATE INDEX admin_session_ends ON admin_session (ends_at)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let user = Table::create()
            .table("admin_user")
            .col(big_pk_auto("id"))
            .col(text("username"))
            .col(text("role"))
            .col(text("password_hash"))
            .col(big_integer("epoch"))
            .col(big_integer_null("disabled_at"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .to_owned();
        manager.create_table(user).await?;
        let session = Table::create()
            .table("admin_session")
            .col(text("token_hash").primary_key().take())
            .col(big_integer("user_id"))
            .col(big_integer("epoch"))
            .col(big_integer("expires_at"))
            .col(big_integer("ends_at"))
            .col(text_null("predecessor"))
            .col(text_null("successor"))
            .col(text_null("sealed"))
            .col(big_integer_null("successor_expires_at"))
            .to_owned();
        manager.create_table(session).await?;
        let fact = Table::create()
            .table("admin_fact")
            .col(text("key").primary_key().take())
            .col(text("value"))
            .col(big_integer("updated_at"))
            .to_owned();
        manager.create_table(fact).await?;
        for index in [USERNAME, ENDS] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["admin_fact", "admin_session", "admin_user"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
