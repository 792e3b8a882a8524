//! The phone whitelist, and sending messages back to the start.

use serde_json::json;

use crate::support::texts::{changed, deposit, order};
use crate::support::{BANK, Phone, story};

#[test]
fn a_stranger_s_message_is_kept_and_read_once_its_sender_is_added() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let mut message = Phone::message("m1", &deposit("홍길동", 50_000));
        message["sender"] = json!("+82 2-1588-9999");
        let id = phone.sends_as(&message, "stored").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("rejected", "none", None));
        assert_eq!(app.list("state=rejected").await[0].id, id);

        let mut template = crate::support::texts::deposit_template();
        template["name"] = json!("the same, from another number");
        template["senders"] = json!(["0215889999"]);
        app.add_template(&template).await;
        app.add_phone("02-1588-9999").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("matched", "none", Some("R-1")));
    });
}

#[test]
fn a_number_stands_on_the_whitelist_once_and_can_be_taken_off() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        for same in [BANK, "1588-1688", "+82 1588-1688"] {
            app.post("/internal/v2/phones", &json!({"phone": same})).await.expect_problem(409);
        }
        let list = app.get("/internal/v2/phones").await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let path = format!("/internal/v2/phones/{}", list["items"][0]["id"]);
        assert_eq!(app.delete(&path).await.status, 204);
        app.delete(&path).await.expect_problem(404);
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        app.settle().await;
        assert_eq!(app.sms(id).await.state, "rejected");
    });
}

#[test]
fn a_name_can_be_whitelisted_too() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.add_phone("KB Bank").await;
        let mut message = Phone::message("m1", "점심 드세요");
        message["sender"] = json!("kbbank");
        let id = phone.sends_as(&message, "stored").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("ignored", "none", None), "no money in it");
    });
}

#[test]
fn a_reset_sends_messages_back_and_says_which_it_cannot() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let paid = order("PAID", "이영희", 70_000);
        app.put_orders(&[order("R-1", "홍길동", 50_000), paid.clone()]).await;
        let matched = phone.sends(&deposit("홍길동", 50_000)).await;
        let unmatched = phone.sends(&deposit("김철수", 60_000)).await;
        let settled = phone.sends(&deposit("이영희", 70_000)).await;
        app.settle().await;
        app.put_orders(&[changed(&paid, json!({"status": "approved"}))]).await;
        app.settle().await;
        app.check(unmatched, json!({"decision": "reject"})).await.expect(200);

        let ids = json!({"ids": [matched, unmatched, settled, 999_999, matched]});
        let done = app.post("/internal/v2/sms/reset", &ids).await.expect(200);
        assert_eq!(done["reset"], 2, "{done}");
        let skipped: Vec<_> = done["skipped"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(skipped, [json!(settled), json!(999_999)], "{done}");
        assert!(done["skipped"].as_array().unwrap().iter().all(|one| !one["reason"].as_str().unwrap().is_empty()));
        app.settle().await;
        assert_eq!(app.sms(matched).await.decided(), ("matched", "none", Some("R-1")), "it is decided afresh");
        assert_eq!(app.sms(unmatched).await.decided(), ("unmatched", "none", None), "and the check is taken back");
        assert_eq!(app.sms(settled).await.state, "settled");
        let history = app.sms(matched).await.all["history"].clone();
        let was_matched = history.as_array().unwrap().iter().filter(|step| step["to"] == "matched").count();
        assert_eq!(was_matched, 2, "history is kept: {history}");
    });
}

#[test]
fn a_reset_by_filter_takes_what_the_list_shows() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let matched = phone.sends(&deposit("홍길동", 50_000)).await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        for number in 0..3 {
            phone.sends(&format!("[Web발신]\n입금 안내 {number}0,000원")).await;
        }
        app.settle().await;
        let unparsed = app.list("state=unparsed").await;
        assert_eq!(unparsed.len(), 3);
        let version = app.sms(matched).await.version;
        let filter = json!({"filter": {"state": "unparsed"}});
        let done = app.post("/internal/v2/sms/reset", &filter).await.expect(200);
        assert_eq!(done, json!({"reset": 3, "skipped": []}));
        app.settle().await;
        assert_eq!(app.sms(matched).await.version, version, "others are left alone");
        assert!(app.list("state=unparsed").await.iter().all(|sms| sms.version > unparsed[0].version));
        for refused in [json!({}), json!({"ids": []}), json!({"filter": {}}), json!({"ids": [1], "filter": {"q": "x"}})]
        {
            app.post("/internal/v2/sms/reset", &refused).await.expect_problem(422);
        }
    });
}

#[test]
fn lists_are_found_by_every_filter() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let other = app.phone("counter-2").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let first = phone.sends(&deposit("홍길동", 50_000)).await;
        let mut stranger = Phone::message("x", "100% _real_ \\ offer");
        stranger["sender"] = json!("01000000000");
        stranger["received_at"] = json!("2026-04-22T00:10:00Z");
        let second = other.sends_as(&stranger, "stored").await;
        app.settle().await;
        let template = app.sms(first).await.all["template_id"].clone();
        for (query, expected) in [
            ("state=matched".to_owned(), first),
            ("state=rejected".to_owned(), second),
            ("order_id=R-1".to_owned(), first),
            (format!("template_id={template}"), first),
            ("sender=1588-1688".to_owned(), first),
            ("line=counter-2".to_owned(), second),
            (format!("source=shooter%2F{}", other.id), second),
            ("q=%ED%99%8D%EA%B8%B8%EB%8F%99".to_owned(), first),
            ("q=100%25".to_owned(), second),
            ("q=_real_".to_owned(), second),
            ("q=%5C".to_owned(), second),
            ("from=2026-04-22T00:20:00Z".to_owned(), first),
            ("to=2026-04-22T00:20:00Z".to_owned(), second),
        ] {
            let ids: Vec<i64> = app.list(&query).await.iter().map(|sms| sms.id).collect();
            assert_eq!(ids, [expected], "{query}");
        }
        for nothing in ["review=confirmed", "source=shooter%2F99", "source=pushbullet", "q=__real", "state=held"] {
            assert_eq!(app.list(nothing).await.len(), 0, "{nothing}");
        }
        assert_eq!(app.list("source=shooter").await.len(), 2);
    });
}
