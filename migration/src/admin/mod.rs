//! The admin edge's schema: a database of its own, with steps and a numbering of its own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DynIden;

mod m2026_04_22_000001_operators;
mod m2026_04_22_000002_approvals;
mod m2026_04_22_000003_audit_and_tickets;

/// Applies and reverts the steps of the admin edge's database.
pub struct AdminMigrator;

#[async_trait::async_trait]
impl MigratorTrait for AdminMigrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m2026_04_22_000001_operators::Migration),
            Box::new(m2026_04_22_000002_approvals::Migration),
            Box::new(m2026_04_22_000003_audit_and_tickets::Migration),
        ]
    }

    /// A name of its own: where somebody gives the admin edge another part's database by mistake, neither reads the
    /// other's steps.
    fn migration_table_name() -> DynIden {
        "admin_migrations".into()
    }
}
