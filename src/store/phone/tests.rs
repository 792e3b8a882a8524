use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait as _};

use super::*;
use crate::contract::system::AuditFilter;
use crate::store::testing::{TestStore, caller, message, stores};

fn bank(phone: &str) -> PhoneInput {
    PhoneInput { phone: phone.to_owned(), label: Some("한빛은행".to_owned()), bank: None }
}

async fn audit(store: &TestStore) -> Vec<(String, String)> {
    let page = store.audit_page(&AuditFilter::default(), PageRequest::default()).await.unwrap();
    page.items.into_iter().map(|entry| (entry.action, entry.subject)).collect()
}

#[tokio::test]
async fn a_sender_is_added_once_whatever_its_writing() {
    for store in stores().await {
        let operator = caller("김철수", None);
        let added = store.add_phone(&operator, &bank("1588-1688"), "15881688").await.unwrap();
        assert_eq!((added.status, &added.body["phone"]), (201, &"1588-1688".into()));
        let again = store.add_phone(&operator, &bank("1588 1688"), "15881688").await;
        assert!(matches!(again, Err(Refusal::There { .. })), "{again:?}");
        assert_eq!(audit(&store).await, [("phone.add".to_owned(), format!("phone/{}", added.body["id"]))]);
        let whitelist = store.whitelist().await.unwrap();
        assert_eq!(whitelist.keys, HashSet::from(["15881688".to_owned()]));
        assert_eq!(whitelist.revision, 1);
    }
}

#[tokio::test]
async fn a_repeated_request_is_answered_as_the_first_and_another_body_is_refused() {
    for store in stores().await {
        let first = store.add_phone(&caller("a", Some(("POST phones k1", 1))), &bank("15881688"), "15881688").await;
        let repeat = store.add_phone(&caller("a", Some(("POST phones k1", 1))), &bank("15881688"), "15881688").await;
        let (first, repeat) = (first.unwrap(), repeat.unwrap());
        assert_eq!((first.replayed, repeat.replayed), (false, true));
        assert_eq!((first.status, first.body), (repeat.status, repeat.body));
        let other = store.add_phone(&caller("a", Some(("POST phones k1", 2))), &bank("15991111"), "15991111").await;
        assert!(matches!(other, Err(Refusal::Invalid(_))), "{other:?}");
        assert_eq!(store.phone_page(PageRequest::default()).await.unwrap().items.len(), 1);
        assert_eq!(audit(&store).await.len(), 1, "neither the repetition nor the refusal was audited");
    }
}

#[tokio::test]
async fn two_who_add_one_sender_at_once_make_one_row() {
    for store in stores().await {
        let operator = caller("a", None);
        let input = bank("15881688");
        let (one, other) = tokio::join!(
            store.add_phone(&operator, &input, "15881688"),
            store.add_phone(&operator, &input, "15881688")
        );
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1, "{one:?} {other:?}");
        let refused = one.and(other).unwrap_err();
        assert!(matches!(refused, Refusal::There { .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn a_new_sender_brings_back_what_was_rejected_of_it_within_a_day() {
    for store in stores().await {
        let now = store.now();
        let ago = |hours: u64| now.minus(Duration::from_hours(hours));
        let fresh = store.put_sms(message("1588-1688", SmsState::Rejected, ago(23))).await;
        let old = store.put_sms(message("1588-1688", SmsState::Rejected, ago(25))).await;
        let other = store.put_sms(message("1599-1111", SmsState::Rejected, ago(1))).await;
        let mut checked = message("1588-1688", SmsState::Rejected, ago(1));
        checked.review = "rejected".to_owned();
        checked.review_by = Some("이영희".to_owned());
        let checked = store.put_sms(checked).await;

        store.add_phone(&caller("김철수", None), &bank("15881688"), "15881688").await.unwrap();

        assert_eq!(store.state_of(fresh).await, SmsState::Received);
        for (id, why) in [(old, "older than a day"), (other, "another sender"), (checked, "a person refused it")] {
            assert_eq!(store.state_of(id).await, SmsState::Rejected, "{why}");
        }
        let history = store.sms_detail(fresh).await.unwrap().unwrap().history;
        let last = history.last().unwrap();
        assert_eq!(
            (last.actor.as_str(), last.from.as_str(), last.to.as_str()),
            ("operator:김철수", "rejected", "received")
        );
        let events = store.events_after(0, 10).await.unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!((events[0].kind.as_str(), &events[0].data["id"]), ("sms.updated", &fresh.into()));
        assert_eq!((events[1].kind.as_str(), &events[1].data["action"]), ("phone.changed", &"add".into()));
    }
}

#[tokio::test]
async fn what_was_rejected_while_its_sender_was_being_added_is_found_later() {
    for store in stores().await {
        store.add_phone(&caller("a", None), &bank("15881688"), "15881688").await.unwrap();
        let late = store.put_sms(message("1588-1688", SmsState::Rejected, store.now())).await;
        assert_eq!(store.revalidate_listed().await.unwrap(), 1);
        assert_eq!(store.state_of(late).await, SmsState::Received);
        assert_eq!(store.revalidate_listed().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_deleted_sender_is_gone_and_unknown_afterwards() {
    for store in stores().await {
        let operator = caller("a", None);
        let added = store.add_phone(&operator, &bank("15881688"), "15881688").await.unwrap();
        let id = added.body["id"].as_i64().unwrap();
        assert_eq!(store.delete_phone(&operator, id).await.unwrap(), Answer::no_content());
        let again = store.delete_phone(&operator, id).await;
        assert!(matches!(again, Err(Refusal::NotFound(_))), "{again:?}");
        let whitelist = store.whitelist().await.unwrap();
        assert!(whitelist.keys.is_empty());
        assert_eq!(whitelist.revision, 2, "the validator must see the change");
    }
}

#[tokio::test]
async fn rejected_messages_are_found_by_their_sender_however_many_there_are() {
    let store = stores().await.remove(0);
    let [by_key, by_key_name, by_key_held] = waiting(|column| of_key(column, "15881688"), store.now());
    let [listed, listed_name, listed_held] = waiting(of_listed, store.now());
    let rejected = "sms_rejected (state=? AND sender_key=? AND state_since>?)";
    let rejected_name = "sms_rejected_name (state=? AND provisional_key=? AND state_since>?)";
    let held = "sms_unlisted (sender_key=? AND received_at>?)";
    let all = [(by_key, rejected), (by_key_name, rejected_name), (by_key_held, held)];
    for (of, index) in all.into_iter().chain([(listed, rejected), (listed_name, rejected_name), (listed_held, held)]) {
        let find = sms::Entity::find().select_only().column(sms::Column::Id).filter(of);
        let mut statement = find.build(DbBackend::Sqlite);
        statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let plan = store.reader().query_one_raw(statement).await.unwrap().unwrap();
        let detail: String = plan.try_get("", "detail").unwrap();
        assert!(detail.contains(index), "{detail}");
    }
}
