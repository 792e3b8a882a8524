use super::*;
use crate::store::testing::{TestStore, stores};

async fn asked(store: &TestStore, process: &str) -> i64 {
    let ids = store.request_control(&[process.to_owned()], "order_matcher", Control::Restart, "김철수 asked").await;
    ids.unwrap()[0]
}

async fn outcome(store: &TestStore, id: i64) -> (Option<Outcome>, Option<i64>) {
    let row = store.control_requests(&[id]).await.unwrap().remove(0);
    assert_eq!(row.done_at.is_some(), row.outcome.as_deref().is_some_and(|word| word != "taken"));
    (row.outcome.map(|word| word.parse().unwrap()), row.generation)
}

#[tokio::test]
async fn a_request_is_taken_once_by_its_process_and_answered() {
    for store in stores().await {
        let id = asked(&store, "b:2").await;
        assert_eq!(store.processes_asked().await.unwrap(), ["b:2"]);
        assert!(store.take_control("a:1").await.unwrap().is_empty(), "it is asked of another");
        let taken = store.take_control("b:2").await.unwrap();
        assert_eq!((taken.len(), taken[0].id, taken[0].control.as_str()), (1, id, "restart"));
        assert!(store.take_control("b:2").await.unwrap().is_empty(), "it is taken");
        assert!(store.processes_asked().await.unwrap().is_empty());
        assert_eq!(store.interrupted_control("b:2").await.unwrap().len(), 1);
        store.finish_control(id, Some(7)).await.unwrap();
        assert_eq!(outcome(&store, id).await, (Some(Outcome::Done), Some(7)));
        assert!(store.interrupted_control("b:2").await.unwrap().is_empty());
        store.finish_control(id, Some(8)).await.unwrap();
        assert_eq!(outcome(&store, id).await.1, Some(7), "the first word counts");
    }
}

#[tokio::test]
async fn what_is_given_up_is_not_carried_out_and_what_is_taken_is_not_given_up() {
    for store in stores().await {
        let (late, taken) = (asked(&store, "b:2").await, asked(&store, "c:3").await);
        store.take_control("c:3").await.unwrap();
        store.give_up_control(&[late, taken]).await.unwrap();
        assert!(store.take_control("b:2").await.unwrap().is_empty());
        assert_eq!(outcome(&store, late).await, (Some(Outcome::GivenUp), None));
        store.finish_control(taken, None).await.unwrap();
        assert_eq!(outcome(&store, taken).await, (Some(Outcome::Unknown), None));
    }
}

#[tokio::test]
async fn what_nobody_gave_up_and_is_old_is_not_carried_out() {
    for store in stores().await {
        let id = asked(&store, "b:2").await;
        let before = store.now().minus(GOOD_FOR + Duration::from_secs(1));
        store
            .write(async |txn| {
                Entity::update_many().col_expr(Column::RequestedAt, Expr::value(before.0)).exec(txn).await?;
                Ok(())
            })
            .await
            .unwrap();
        assert!(store.take_control("b:2").await.unwrap().is_empty());
        assert_eq!(outcome(&store, id).await, (Some(Outcome::GivenUp), None));
        assert_eq!(store.forget_control(store.now()).await.unwrap(), 1);
    }
}
