//! The databases that stories run on. Each app gets one of its own, which goes with it.

use std::sync::Once;

use sea_orm::{ConnectionTrait as _, Database};

/// Where a story runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Every engine there is on this machine.
    pub fn all() -> Vec<Self> {
        static SAID: Once = Once::new();
        if server().is_some() {
            return vec![Self::Sqlite, Self::Postgres];
        }
        SAID.call_once(|| eprintln!("RECON_TEST_POSTGRES_URL is not set: stories run on SQLite only"));
        vec![Self::Sqlite]
    }
}

fn server() -> Option<String> {
    std::env::var("RECON_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())
}

/// A database on PostgreSQL; dropped with this.
#[derive(Debug)]
pub struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    /// Makes an empty database beside the one that the variable names.
    pub fn create() -> Self {
        let server = server().unwrap();
        let name = format!("recon_test_{:016x}", rand::random::<u64>());
        execute(&server, &format!("CREATE DATABASE {name}"));
        Self { server, name }
    }

    /// Its address.
    pub fn url(&self) -> String {
        let (server, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (server, _) = server.rsplit_once('/').unwrap();
        let question = if query.is_empty() { "" } else { "?" };
        format!("{server}/{}{question}{query}", self.name)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let (server, statement) = (self.server.clone(), format!("DROP DATABASE {} WITH (FORCE)", self.name));
        execute(&server, &statement);
    }
}

/// Runs one statement on a thread of its own: `drop` may be called within a runtime.
fn execute(server: &str, statement: &str) {
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let database = Database::connect(server).await.unwrap();
                database.execute_unprepared(statement).await.unwrap();
                database.close().await.unwrap();
            });
        });
        if ran.join().is_err() {
            eprintln!("{statement} failed");
        }
    });
}
