//! Orders as operators see them, each with its match.

use std::collections::HashMap;

use entity::{recharge_order, sms, sms_match};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::order_of;
use crate::contract::order::{OrderFilter, OrderMatch, OrderView};
use crate::contract::page::{Page, PageRequest};
use crate::domain::time::UnixMs;
use crate::store::{Store, StoreError, count_if};

impl Store {
    /// A page of orders, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn order_page(&self, filter: &OrderFilter, page: PageRequest) -> Result<Page<OrderView>, StoreError> {
        let mut find = recharge_order::Entity::find();
        if let Some(status) = filter.status {
            find = find.filter(recharge_order::Column::Status.eq(status.as_str()));
        }
        if let Some(user_id) = &filter.user_id {
            find = find.filter(recharge_order::Column::UserId.eq(user_id));
        }
        if let Some(ids) = &filter.ids {
            find = find.filter(recharge_order::Column::OrderId.is_in(ids));
        }
        if let Some(matched) = filter.matched {
            let in_a_pair = Expr::exists(
                Query::select()
                    .expr(Expr::val(1))
                    .from(sms_match::Entity)
                    .and_where(
                        Expr::col((sms_match::Entity, sms_match::Column::OrderId))
                            .equals((recharge_order::Entity, recharge_order::Column::OrderId)),
                    )
                    .and_where(Expr::col((sms_match::Entity, sms_match::Column::Active)).eq(true))
                    .to_owned(),
            );
            find = find.filter(if matched { in_a_pair } else { in_a_pair.not() });
        }
        let total = count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(recharge_order::Column::Id.lt(before));
        }
        let rows =
            find.order_by_desc(recharge_order::Column::Id).limit(u64::from(page.limit) + 1).all(self.reader()).await?;
        let views = self.order_views(rows).await?;
        Ok(Page::of(views, page.limit, total, |view: &OrderView| view.row_id))
    }

    /// One order with its match.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn order_view(&self, order_id: &str) -> Result<Option<OrderView>, StoreError> {
        let row = recharge_order::Entity::find()
            .filter(recharge_order::Column::OrderId.eq(order_id))
            .one(self.reader())
            .await?;
        Ok(self.order_views(row.into_iter().collect()).await?.pop())
    }

    async fn order_views(&self, rows: Vec<recharge_order::Model>) -> Result<Vec<OrderView>, StoreError> {
        let ids: Vec<&str> = rows.iter().map(|row| row.order_id.as_str()).collect();
        let pairs = sms_match::Entity::find()
            .filter(sms_match::Column::OrderId.is_in(ids))
            .filter(sms_match::Column::Active.eq(true))
            .all(self.reader())
            .await?;
        let states: HashMap<i64, String> = sms::Entity::find()
            .select_only()
            .column(sms::Column::Id)
            .column(sms::Column::State)
            .filter(sms::Column::Id.is_in(pairs.iter().map(|pair| pair.sms_id)))
            .into_tuple::<(i64, String)>()
            .all(self.reader())
            .await?
            .into_iter()
            .collect();
        let mut pairs: HashMap<String, sms_match::Model> =
            pairs.into_iter().map(|pair| (pair.order_id.clone(), pair)).collect();
        rows.into_iter()
            .map(|row| {
                let order = order_of(&row)?;
                let matched = pairs.remove(&order.order_id).map(|pair| OrderMatch {
                    sms_id: pair.sms_id,
                    state: states.get(&pair.sms_id).cloned().unwrap_or_default(),
                    timing: pair.timing,
                    made_by: pair.made_by,
                    made_at: UnixMs(pair.made_at),
                });
                Ok(OrderView {
                    amount: order.money.to_major(),
                    currency: order.money.currency.as_str().to_owned(),
                    order_id: order.order_id,
                    user_id: order.user_id,
                    depositor: order.depositor,
                    reference: order.reference,
                    account: order.account,
                    status: order.status,
                    created_at: order.created_at,
                    expires_at: order.expires_at,
                    version: order.version,
                    updated_at: UnixMs(row.updated_at),
                    matched,
                    row_id: row.id,
                })
            })
            .collect()
    }
}
