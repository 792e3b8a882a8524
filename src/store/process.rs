//! How the actors of each process stand, for the other processes to read.

use entity::process_state::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Store, StoreError};
use crate::domain::time::UnixMs;

impl Store {
    /// Says how the actors of a process stand: `statuses` is a JSON list.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn publish_process(&self, process: &str, roles: &str, statuses: String) -> Result<(), StoreError> {
        let row = ActiveModel {
            process: Set(process.to_owned()),
            roles: Set(roles.to_owned()),
            statuses: Set(statuses),
            at: Set(self.now().0),
        };
        let replace = OnConflict::column(Column::Process)
            .update_columns([Column::Roles, Column::Statuses, Column::At])
            .to_owned();
        self.write_aside(async |txn| {
            Entity::insert(row).on_conflict(replace).exec_without_returning(txn).await?;
            Ok(())
        })
        .await
    }

    /// What every process last said of itself, by the names of the processes.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn processes(&self) -> Result<Vec<Model>, StoreError> {
        Ok(Entity::find().order_by_asc(Column::Process).all(self.reader()).await?)
    }

    /// Forgets a process that ends in good order.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn forget_process(&self, process: &str) -> Result<(), StoreError> {
        self.write_aside(async |txn| {
            Entity::delete_by_id(process).exec(txn).await?;
            Ok(())
        })
        .await
    }

    /// Forgets processes that have said nothing since before `before`.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn forget_processes(&self, before: UnixMs) -> Result<u64, StoreError> {
        self.write_aside(async |txn| {
            let gone = Entity::delete_many().filter(Column::At.lt(before.0)).exec(txn).await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}
