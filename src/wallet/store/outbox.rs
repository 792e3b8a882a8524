//! The outbox: order events, written in the transactions that changed the orders, delivered in the order of their versions,
//! and never deleted.

use entity::wallet::outbox_event::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement,
};

use super::WalletStore;
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::database::StoreError;
use crate::domain::order::{Order, OrderInput};
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::wallet::contract::{EventState, EventView};
use crate::wallet::domain::delivery::STUCK_AFTER;

/// Events that are changed by one statement, below the bind limits of both engines.
const ROWS: usize = 500;
/// Characters of a failure that are kept.
const WORDS_MAX: usize = 500;

/// Of each order the first event that is pending: no version is told before the one that came before it.
const FIRST_OF_ORDER: &str = "SELECT e.* FROM outbox_event e WHERE e.state = 'pending' AND NOT EXISTS (SELECT 1 FROM \
                              outbox_event p WHERE p.order_id = e.order_id AND p.state = 'pending' AND p.version < e.version)";

/// An event that is to be delivered.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its id.
    pub id: i64,
    /// Deliveries that failed.
    pub attempts: u32,
    /// The order as it is told.
    pub order: OrderInput,
}

/// How the outbox stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxTally {
    /// Events that are still to be told.
    pub pending: u64,
    /// Since when the oldest of them waits.
    pub oldest: Option<UnixMs>,
    /// Those that have waited for more than 24 hours.
    pub stuck: u64,
    /// Events that recon will not take.
    pub refused: u64,
    /// The orders of the first of those.
    pub refused_orders: Vec<String>,
}

/// Writes the event of an order's change.
///
/// # Errors
/// Where the database fails.
pub(super) async fn append(txn: &DatabaseTransaction, order: &Order, now: UnixMs) -> Result<(), StoreError> {
    let told = serde_json::to_string(&OrderInput::from(order))
        .map_err(|error| StoreError::corrupt("an order to be told", error))?;
    let row = ActiveModel {
        id: NotSet,
        order_id: Set(order.order_id.clone()),
        version: Set(order.version),
        order_json: Set(told),
        state: Set(EventState::Pending.as_str().to_owned()),
        created_at: Set(now.0),
        attempts: Set(0),
        next_at: Set(now.0),
        own_fault: Set(false),
        last_error: Set(None),
        settled_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

impl WalletStore {
    /// The events that are due, oldest first: of each order the first that is pending and no other.
    ///
    /// # Errors
    /// Where the database fails, or a row cannot be read.
    pub async fn due(&self, limit: usize) -> Result<Vec<Event>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let first = format!("{FIRST_OF_ORDER} AND e.next_at <= $1 ORDER BY e.id LIMIT $2");
        let rows = self.events(first, [self.now().0, limit]).await?;
        rows.into_iter().map(event_of).collect()
    }

    /// When the next event is due, where any is pending.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn next_due(&self) -> Result<Option<UnixMs>, StoreError> {
        let first = format!("{FIRST_OF_ORDER} ORDER BY e.next_at LIMIT 1");
        let rows = self.events(first, []).await?;
        Ok(rows.first().map(|row| UnixMs(row.next_at)))
    }

    async fn events<const N: usize>(&self, sql: String, values: [i64; N]) -> Result<Vec<Model>, StoreError> {
        let statement = Statement::from_sql_and_values(self.database().backend(), sql, values.map(Into::into));
        Ok(Entity::find().from_raw_sql(statement).all(self.database().reader()).await?)
    }

    /// Recon has these.
    ///
    /// # Errors
    /// Where the database cannot commit: they are told again then.
    pub async fn delivered(&self, ids: &[i64]) -> Result<(), StoreError> {
        let now = self.now();
        self.set(ids, |row| {
            row.state = Set(EventState::Delivered.as_str().to_owned());
            row.settled_at = Set(Some(now.0));
            row.last_error = Set(None);
        })
        .await
    }

    /// Recon will not take this one.
    ///
    /// # Errors
    /// Where the database cannot commit: it is told again then.
    pub async fn refused(&self, event: &Event, why: &str) -> Result<(), StoreError> {
        let now = self.now();
        self.set(&[event.id], |row| {
            row.state = Set(EventState::Refused.as_str().to_owned());
            row.settled_at = Set(Some(now.0));
            row.attempts = Set(i32::try_from(event.attempts).unwrap_or(i32::MAX).saturating_add(1));
            row.own_fault = Set(true);
            row.last_error = Set(Some(cut(why)));
        })
        .await
    }

    /// These are tried again later; `at` tells when, by the number of failures.
    ///
    /// # Errors
    /// Where the database cannot commit: they are told again at once then.
    pub async fn postponed(
        &self,
        events: &[Event],
        own_fault: bool,
        why: &str,
        mut at: impl FnMut(u32) -> UnixMs,
    ) -> Result<(), StoreError> {
        let mut by_attempts: std::collections::BTreeMap<u32, Vec<i64>> = std::collections::BTreeMap::new();
        for event in events {
            by_attempts.entry(event.attempts.saturating_add(1)).or_default().push(event.id);
        }
        for (attempts, ids) in by_attempts {
            let next = at(attempts);
            self.set(&ids, |row| {
                row.attempts = Set(i32::try_from(attempts).unwrap_or(i32::MAX));
                row.next_at = Set(next.0);
                row.own_fault = Set(own_fault);
                row.last_error = Set(Some(cut(why)));
            })
            .await?;
        }
        Ok(())
    }

    async fn set(&self, ids: &[i64], change: impl Fn(&mut ActiveModel)) -> Result<(), StoreError> {
        let mut columns = ActiveModel::default();
        change(&mut columns);
        self.database()
            .write(async |txn| {
                for ids in ids.chunks(ROWS) {
                    Entity::update_many()
                        .set(columns.clone())
                        .filter(Column::Id.is_in(ids.iter().copied()))
                        .filter(Column::State.eq(EventState::Pending.as_str()))
                        .exec(txn)
                        .await?;
                }
                Ok(())
            })
            .await
    }

    /// Recon answers again: what only waited for that is due now.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn pull_forward(&self) -> Result<(), StoreError> {
        let now = self.now();
        self.database()
            .write(async |txn| {
                Entity::update_many()
                    .col_expr(Column::NextAt, Expr::value(now.0))
                    .filter(Column::State.eq(EventState::Pending.as_str()))
                    .filter(Column::OwnFault.eq(false))
                    .filter(Column::NextAt.gt(now.0))
                    .exec(txn)
                    .await?;
                Ok(())
            })
            .await
    }

    /// A refused event is to be told again: what recon did not take was mended. 200 with the event, or 409 where it was not
    /// refused.
    ///
    /// # Errors
    /// 404; where the database cannot commit.
    pub async fn retry_event(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, async |txn| {
            let there = Entity::find_by_id(id).lock_exclusive().one(txn).await?;
            let row = there.ok_or_else(|| Refusal::NotFound(format!("there is no order event {id}")))?;
            if row.state != EventState::Refused.as_str() {
                return Ok(Answer::conflict(&format!("order event {id} is {}, not refused", row.state)));
            }
            let columns = ActiveModel {
                id: Set(id),
                state: Set(EventState::Pending.as_str().to_owned()),
                next_at: Set(now.0),
                settled_at: Set(None),
                ..Default::default()
            };
            Ok(Answer::new(200, &view_of(Entity::update(columns).exec(txn).await?, now)?)?)
        })
        .await
    }

    /// How the outbox stands.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn outbox_tally(&self) -> Result<OutboxTally, StoreError> {
        let reader = self.database().reader();
        let of = |state: EventState| Entity::find().filter(Column::State.eq(state.as_str()));
        let before = self.now().minus(STUCK_AFTER);
        let pending = of(EventState::Pending).count(reader).await?;
        let oldest = of(EventState::Pending).order_by_asc(Column::CreatedAt).one(reader).await?;
        let stuck = of(EventState::Pending).filter(Column::CreatedAt.lt(before.0)).count(reader).await?;
        let refused = of(EventState::Refused).count(reader).await?;
        let first = of(EventState::Refused).order_by_asc(Column::Id).limit(5).all(reader).await?;
        Ok(OutboxTally {
            pending,
            oldest: oldest.map(|row| UnixMs(row.created_at)),
            stuck,
            refused,
            refused_orders: first.into_iter().map(|row| row.order_id).collect(),
        })
    }

    /// A page of the order events, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn event_page(
        &self,
        state: Option<EventState>,
        page: PageRequest,
    ) -> Result<Page<EventView>, StoreError> {
        let reader = self.database().reader();
        let mut find = Entity::find();
        if let Some(state) = state {
            find = find.filter(Column::State.eq(state.as_str()));
        }
        let total = if page.count { Some(find.clone().count(reader).await?) } else { None };
        if let Some(before) = page.before {
            find = find.filter(Column::Id.lt(before));
        }
        let rows = find.order_by_desc(Column::Id).limit(u64::from(page.limit) + 1).all(reader).await?;
        let now = self.now();
        let views: Vec<EventView> = rows.into_iter().map(|row| view_of(row, now)).collect::<Result<_, _>>()?;
        Ok(Page::of(views, page.limit, total, |view: &EventView| view.id))
    }
}

fn cut(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect()
}

fn event_of(row: Model) -> Result<Event, StoreError> {
    let order =
        serde_json::from_str(&row.order_json).map_err(|error| StoreError::corrupt("outbox_event.order_json", error))?;
    Ok(Event { id: row.id, attempts: u32::try_from(row.attempts).unwrap_or(0), order })
}

fn view_of(row: Model, now: UnixMs) -> Result<EventView, StoreError> {
    let state = row.state.parse().map_err(|error| StoreError::corrupt("outbox_event.state", error))?;
    let created_at = UnixMs(row.created_at);
    let pending = state == EventState::Pending;
    Ok(EventView {
        id: row.id,
        order_id: row.order_id,
        version: row.version,
        state,
        stuck: pending && now.since(created_at) > STUCK_AFTER,
        created_at,
        attempts: row.attempts,
        next_at: pending.then_some(UnixMs(row.next_at)),
        last_error: row.last_error,
    })
}
