//! The edge's own audit log, which is only ever added to, and the tickets by which browsers open the live socket.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, text};
use sea_orm_migration::sea_orm::DbBackend;

/// The audit log and the tickets.
#[derive(DeriveMigrationName)]
pub struct Migration;

/// Lists are filtered by who and by what.
const INDEXES: [&str; 3] = [
    "CREATE INDEX admin_audit_operator ON admin_audit (operator, id)",
    "CREATE INDEX admin_audit_subject ON admin_audit (subject, id)",
    "CREATE INDEX admin_ticket_expires ON admin_ticket (expires_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let audit = Table::create()
            .table("admin_audit")
            .col(big_integer("id").primary_key().take())
            .col(big_integer("at"))
            .col(text("operator"))
            .col(text("action"))
            .col(text("subject"))
            .col(text("detail"))
            .col(blob("hash"))
            .to_owned();
        manager.create_table(audit).await?;
        let ticket = Table::create()
            .table("admin_ticket")
            .col(text("ticket_hash").primary_key().take())
            .col(text("session_hash"))
            .col(big_integer("user_id"))
            .col(big_integer("epoch"))
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(ticket).await?;
        let connection = manager.get_connection();
        for index in INDEXES {
            connection.execute_unprepared(index).await?;
        }
        for statement in fixed(manager.get_database_backend()) {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["admin_ticket", "admin_audit"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION admin_audit_is_fixed").await?;
        }
        Ok(())
    }
}

/// What is in the audit log stays as it is.
fn fixed(backend: DbBackend) -> &'static [&'static str] {
    if backend == DbBackend::Postgres {
        return &[
            "CREATE FUNCTION admin_audit_is_fixed() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the audit log is only ever added to'; END $$",
            "CREATE TRIGGER admin_audit_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON admin_audit \
             FOR EACH STATEMENT EXECUTE FUNCTION admin_audit_is_fixed()",
        ];
    }
    &[
        "CREATE TRIGGER admin_audit_no_update BEFORE UPDATE ON admin_audit \
         BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END",
        "CREATE TRIGGER admin_audit_no_delete BEFORE DELETE ON admin_audit \
         BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END",
    ]
}
