//! What processes that share a database tell each other: how their actors stand, and what operators ask of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, text, text_null};

/// What processes tell each other.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// What still has to be done, for whom.
const OPEN: &str = "CREATE INDEX control_request_open ON control_request (process, id) WHERE done_at IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let state = Table::create()
            .table("process_state")
            .col(text("process").primary_key().take())
            .col(text("roles"))
            .col(text("statuses"))
            .col(big_integer("at"))
            .to_owned();
        manager.create_table(state).await?;
        let request = Table::create()
            .table("control_request")
            .col(big_pk_auto("id"))
            .col(text("process"))
            .col(text("actor_id"))
            .col(text("control"))
            .col(text("reason"))
            .col(big_integer("requested_at"))
            .col(text_null("outcome"))
            .col(big_integer_null("generation"))
            .col(big_integer_null("done_at"))
            .to_owned();
        manager.create_table(request).await?;
        manager.get_connection().execute_unprepared(OPEN).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["control_request", "process_state"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
