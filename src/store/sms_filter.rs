//! What a filter of messages means in SQL.

use entity::{sighting, sms};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Order, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::sms::source_bit;
use crate::contract::sms::SmsFilter;
use crate::domain::phone::comparable_sender;
use crate::domain::sms::{SmsState, StateChoice};
use crate::domain::source::SourceChoice;

/// The condition of a filter. Only real messages (ids above zero) are ever found.
pub(crate) fn condition_of(filter: &SmsFilter) -> Condition {
    let mut all = Condition::all()
        .add(sms::Column::Id.gt(0))
        .add_option(filter.state.as_ref().map(|choice| match choice.states() {
            [one] => sms::Column::State.eq(one.as_str()),
            several => sms::Column::State.is_in(several.iter().map(|state| state.as_str())),
        }))
        .add_option(filter.review.map(|review| sms::Column::Review.eq(review.as_str())))
        .add_option(filter.line.as_ref().map(|line| sms::Column::Line.eq(line)))
        .add_option(filter.order_id.as_ref().map(|order| sms::Column::OrderId.eq(order)))
        .add_option(filter.template_id.map(|id| sms::Column::TemplateId.eq(id)))
        .add_option(filter.from.map(|from| sms::Column::ReceivedAt.gte(from.0)))
        .add_option(filter.to.map(|to| sms::Column::ReceivedAt.lt(to.0)));
    if let Some(sender) = &filter.sender {
        let key = comparable_sender(sender);
        let by_name = sms::Column::ProvisionalKey.eq(key.as_str());
        all = all.add(Condition::any().add(sms::Column::SenderKey.eq(key.as_str())).add(by_name));
    }
    if let Some(source) = filter.source {
        all = all.add(source_condition(source));
    }
    if let Some(q) = filter.q.as_deref().filter(|q| !q.is_empty()) {
        let escaped = q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let like = |column: sms::Column| Expr::col(column).like(LikeExpr::new(format!("%{escaped}%")).escape('\\'));
        all = all.add(
            Condition::any()
                .add(like(sms::Column::Text))
                .add(like(sms::Column::Sender))
                .add(like(sms::Column::Depositor)),
        );
    }
    all
}

/// `shooter` finds what that kind brought, `shooter/3` what that source brought.
fn source_condition(SourceChoice { kind, id }: SourceChoice) -> Condition {
    match id {
        None => Condition::all().add(Expr::col(sms::Column::Sources).bit_and(source_bit(kind)).ne(0)),
        Some(id) => {
            let brought = Query::select()
                .column(sighting::Column::SmsId)
                .from(sighting::Entity)
                .and_where(Expr::col(sighting::Column::SourceKind).eq(kind.as_str()))
                .and_where(Expr::col(sighting::Column::SourceId).eq(id))
                .to_owned();
            Condition::all().add(sms::Column::Id.in_subquery(brought))
        }
    }
}

/// The `limit` newest messages that a filter finds, below the id `before`.
///
/// Of several states each is walked down its own index, in one statement, since a message may go from one to the other
/// between two: an `IN` would have SQLite sort every message in one of them for each page.
pub(super) fn newest(filter: &SmsFilter, before: Option<i64>, limit: u64) -> Select<sms::Entity> {
    let condition =
        |filter: &SmsFilter| condition_of(filter).add_option(before.map(|before| sms::Column::Id.lt(before)));
    let states = filter.state.as_ref().map(StateChoice::states).unwrap_or_default();
    let find = match states {
        [] | [_] => sms::Entity::find().filter(condition(filter)),
        several => sms::Entity::find().filter(sms::Column::Id.in_subquery(each_of(several, filter, &condition, limit))),
    };
    find.order_by_desc(sms::Column::Id).limit(limit)
}

/// The ids of the `limit` newest messages of each state.
fn each_of(
    states: &[SmsState],
    filter: &SmsFilter,
    condition: &impl Fn(&SmsFilter) -> Condition,
    limit: u64,
) -> SelectStatement {
    let newest_of = |state: &SmsState| {
        let of_one = SmsFilter { state: Some((*state).into()), ..filter.clone() };
        let ids = Query::select()
            .column(sms::Column::Id)
            .from(sms::Entity)
            .cond_where(condition(&of_one))
            .order_by(sms::Column::Id, Order::Desc)
            .limit(limit)
            .to_owned();
        Query::select().column(sms::Column::Id).from_subquery(ids, "newest").to_owned()
    };
    let mut all = states.iter().map(newest_of);
    let first = all.next().unwrap_or_default();
    all.fold(first, |mut joined, next| joined.union(UnionType::All, next).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::page::{PageRequest, id_of_cursor};
    use crate::store::testing::{base, message, stores};

    #[tokio::test]
    async fn several_states_are_one_list_walked_newest_first() {
        for store in stores().await {
            let states = [SmsState::Unmatched, SmsState::Received, SmsState::Ignored, SmsState::Accepted];
            let mut expected = Vec::new();
            for nth in 0..40 {
                let state = states[nth % states.len()];
                let id = store.put_sms(message("15881688", state, base())).await;
                if state != SmsState::Ignored {
                    expected.push(id);
                }
            }
            expected.reverse();
            let filter =
                SmsFilter { state: Some("accepted,received,unmatched".parse().unwrap()), ..SmsFilter::default() };
            let (mut found, mut before) = (Vec::new(), None);
            loop {
                let page = store.sms_page(&filter, PageRequest { limit: 7, before, count: true }).await.unwrap();
                assert_eq!(page.total, Some(30));
                found.extend(page.items.iter().map(|item| item.id));
                let Some(cursor) = page.next_cursor else { break };
                before = id_of_cursor(&cursor);
            }
            assert_eq!(found, expected);
            assert_eq!(store.sms_ids(&filter, 0, 100).await.unwrap().len(), 30);
            let nobody = SmsFilter { sender: Some("15991699".to_owned()), ..filter };
            assert!(store.sms_page(&nobody, PageRequest::default()).await.unwrap().items.is_empty());
        }
    }

    /// However much history there is, a page reads its own rows.
    #[tokio::test]
    async fn each_state_is_walked_by_its_index() {
        use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait as _, Statement};
        for store in stores().await {
            let filter = SmsFilter { state: Some("settled,unmatched".parse().unwrap()), ..SmsFilter::default() };
            let backend = store.reader().get_database_backend();
            if backend != DbBackend::Sqlite {
                continue; // PostgreSQL plans by what it has counted: nothing in an empty table.
            }
            let query = newest(&filter, Some(1_000), 51).build(backend);
            let explain = format!("EXPLAIN QUERY PLAN {}", query.sql);
            let statement = Statement::from_sql_and_values(backend, explain, query.values.unwrap());
            let plan = store.reader().query_all_raw(statement).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
            let by_index = plan.iter().filter(|line| line.contains("INDEX sms_state (state=? AND id")).count();
            assert_eq!(by_index, 2, "{plan:#?}");
            assert!(plan.iter().all(|line| !line.starts_with("SCAN sms")), "{plan:#?}");
        }
    }
}
