//! The schema goes up, down and up again on every engine, and a store works on what comes out.

use migration::admin::AdminMigrator;
use migration::wallet::WalletMigrator;
use migration::{Migrator, MigratorTrait};
use sea_orm::Database;

use crate::support::engine::{Engine, PostgresDatabase};

#[test]
fn every_migration_can_be_taken_back() {
    take_back::<Migrator>();
}

#[test]
fn every_migration_of_the_wallet_can_be_taken_back() {
    take_back::<WalletMigrator>();
}

#[test]
fn every_migration_of_the_admin_edge_can_be_taken_back() {
    take_back::<AdminMigrator>();
}

fn take_back<M: MigratorTrait>() {
    for engine in Engine::all() {
        let dir = tempfile::tempdir().unwrap();
        let database = (engine == Engine::Postgres).then(PostgresDatabase::create);
        let file = format!("sqlite://{}?mode=rwc", dir.path().join("recon.db").display());
        let url = database.as_ref().map_or(file, PostgresDatabase::url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let connection = Database::connect(&url).await.unwrap();
            let steps = M::migrations().len();
            M::up(&connection, None).await.unwrap();
            assert_eq!(M::get_applied_migrations(&connection).await.unwrap().len(), steps);
            let full = schema(&connection, engine).await;
            assert!(full.len() > 5, "{full:?}");
            M::down(&connection, None).await.unwrap();
            assert_eq!(M::get_applied_migrations(&connection).await.unwrap().len(), 0);
            let left = schema(&connection, engine).await;
            assert!(left.iter().all(|name| name.contains("_migrations")), "left behind on {engine:?}: {left:?}");
            // One step at a time, and then all the same again.
            for _ in 0..steps {
                M::up(&connection, Some(1)).await.unwrap();
            }
            assert_eq!(schema(&connection, engine).await, full);
            connection.close().await.unwrap();
        });
    }
}

/// Every table and index of ours by name.
async fn schema(connection: &sea_orm::DatabaseConnection, engine: Engine) -> Vec<String> {
    use sea_orm::{ConnectionTrait as _, Statement};
    let query = match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
        Engine::Postgres => {
            "SELECT relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND relkind IN ('r', 'i', 'S') ORDER BY relname"
        }
    };
    let rows =
        connection.query_all_raw(Statement::from_string(connection.get_database_backend(), query)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}
