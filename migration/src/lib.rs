//! The schemas, one reversible step a file: recon's, and under `wallet` that of the wallet's own database. The same steps
//! run on SQLite and on PostgreSQL.

use sea_orm_migration::prelude::*;
pub use sea_orm_migration::{MigratorTrait, SchemaManager};

pub mod admin;
mod m2026_04_22_000001_first_tables;
mod m2026_04_22_000002_processes;
mod m2026_04_22_000003_pushbullet;
mod m2026_04_22_000004_telegram;
mod m2026_04_22_000005_device_rhythm;
mod m2026_04_22_000006_balance_chain;
mod m2026_04_22_000007_provisional_senders;
mod m2026_04_22_000008_near_misses;
mod m2026_04_22_000009_imported_rows;
mod m2026_04_22_000010_settled_texts;
pub mod wallet;

/// Applies and reverts the steps.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m2026_04_22_000001_first_tables::Migration),
            Box::new(m2026_04_22_000002_processes::Migration),
            Box::new(m2026_04_22_000003_pushbullet::Migration),
            Box::new(m2026_04_22_000004_telegram::Migration),
            Box::new(m2026_04_22_000005_device_rhythm::Migration),
            Box::new(m2026_04_22_000006_balance_chain::Migration),
            Box::new(m2026_04_22_000007_provisional_senders::Migration),
            Box::new(m2026_04_22_000008_near_misses::Migration),
            Box::new(m2026_04_22_000009_imported_rows::Migration),
            Box::new(m2026_04_22_000010_settled_texts::Migration),
        ]
    }
}
