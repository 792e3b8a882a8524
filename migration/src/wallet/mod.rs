//! The wallet's schema: a database of its own, with steps and a numbering of its own. Nothing of recon's is in it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DynIden;

mod m2026_04_22_000001_ledger;
mod m2026_04_22_000002_overrides;

/// Applies and reverts the steps of the wallet's database.
pub struct WalletMigrator;

#[async_trait::async_trait]
impl MigratorTrait for WalletMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m2026_04_22_000001_ledger::Migration), Box::new(m2026_04_22_000002_overrides::Migration)]
    }

    /// A name of its own: where somebody gives the wallet recon's database by mistake, neither reads the other's steps.
    fn migration_table_name() -> DynIden {
        "wallet_migrations".into()
    }
}
