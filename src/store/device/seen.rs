//! When devices last delivered.

use entity::{shooter_device, sighting};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::source::SourceKind;
use crate::store::{Store, StoreError, settings};

/// Up to which sighting `last_seen_at` has been brought.
const SEEN_THROUGH: &str = "device.seen_through";

impl Store {
    /// Brings `last_seen_at` of all devices up to their latest sighting: one small write however much was delivered.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note_devices_seen(&self) -> Result<(), StoreError> {
        let through = match settings::get(self.reader(), SEEN_THROUGH).await? {
            Some((value, _)) => value.parse().map_err(|error| StoreError::corrupt(SEEN_THROUGH, error))?,
            None => 0_i64,
        };
        let newest = sighting::Entity::find()
            .select_only()
            .column(sighting::Column::Id)
            .order_by_desc(sighting::Column::Id)
            .limit(1)
            .into_tuple::<i64>()
            .one(self.reader())
            .await?;
        let Some(newest) = newest.filter(|newest| *newest != through) else { return Ok(()) };
        let mut seen = sighting::Entity::find()
            .select_only()
            .column(sighting::Column::SourceId)
            .column_as(sighting::Column::StoredAt.max(), "seen")
            .filter(sighting::Column::Id.gt(through))
            .filter(sighting::Column::Id.lte(newest))
            .filter(sighting::Column::SourceKind.eq(SourceKind::Shooter.as_str()))
            .group_by(sighting::Column::SourceId)
            .into_tuple::<(i64, i64)>()
            .all(self.reader())
            .await?;
        // In the order in which the inbox locks them.
        seen.sort_unstable();
        let now = self.now();
        self.write(async |txn| {
            for (id, at) in &seen {
                let older = Condition::any()
                    .add(shooter_device::Column::LastSeenAt.is_null())
                    .add(shooter_device::Column::LastSeenAt.lt(*at));
                shooter_device::Entity::update_many()
                    .col_expr(shooter_device::Column::LastSeenAt, Expr::value(*at))
                    .filter(shooter_device::Column::Id.eq(*id))
                    .filter(older)
                    .exec(txn)
                    .await?;
            }
            settings::put(txn, SEEN_THROUGH, &newest.to_string(), now).await
        })
        .await
    }
}
