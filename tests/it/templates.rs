//! Operators' templates: saved only when they read what they should, tried without storing, used at once.

use serde_json::{Value, json};

use crate::support::texts::{changed, deposit, deposit_template, grouped, order};
use crate::support::{BANK, TestApp, story};

const PATH: &str = "/internal/v2/templates";

/// A template of that name that reads a won amount and a name by this pattern.
fn template(name: &str, pattern: &str) -> Value {
    json!({
        "name": name, "kind": "typed", "pattern": pattern, "senders": ["*"], "direction": "deposit",
        "currency": "KRW", "timezone": "Asia/Seoul",
    })
}

async fn only(app: &TestApp) -> Value {
    let list = app.get(PATH).await.expect(200);
    list["items"].as_array().unwrap().iter().find(|one| one["name"] == "KB deposit").unwrap().clone()
}

#[test]
fn a_template_is_used_at_once_in_the_version_that_stands() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let text = |amount: u64| format!("[신한]{} 님 {}원 입금", "홍길동", grouped(amount));
        let before = phone.sends(&text(10_000)).await;
        app.settle().await;
        assert_eq!(app.sms(before).await.state, "unparsed");

        let id = app.add_template(&template("shinhan", "[신한]{name} 님 {amount} 입금")).await;
        let first = phone.sends(&text(20_000)).await;
        app.settle().await;
        let parse = app.sms(first).await.all["parse"].clone();
        assert_eq!((&parse["template_id"], &parse["template_version"]), (&json!(id), &json!(1)), "{parse}");
        assert_eq!(app.sms(before).await.state, "unparsed", "only a reset reads anew");

        let mut next = template("shinhan", "[신한]{name} 님 {amount} 입금");
        next["direction"] = json!("withdrawal");
        let replaced = app.put(&format!("{PATH}/{id}"), &next).await.expect(200);
        assert_eq!((&replaced["id"], &replaced["version"]), (&json!(id), &json!(2)));
        let second = phone.sends(&text(30_000)).await;
        app.settle().await;
        assert_eq!(app.sms(second).await.state, "ignored");
        assert_eq!(app.sms(first).await.all["parse"]["template_version"], 1, "it shows what it was read by");

        assert_eq!(app.delete(&format!("{PATH}/{id}")).await.status, 204);
        app.delete(&format!("{PATH}/{id}")).await.expect_problem(404);
        app.put(&format!("{PATH}/{id}"), &next).await.expect_problem(404);
        let third = phone.sends(&text(40_000)).await;
        app.settle().await;
        assert_eq!(app.sms(third).await.state, "unparsed");
        assert_eq!(app.sms(first).await.state, "unmatched", "what was read stays");

        app.post("/internal/v2/sms/reset", &json!({"ids": [first]})).await.expect(200);
        app.settle().await;
        assert_eq!(app.sms(first).await.state, "unparsed");
    });
}

#[test]
fn a_bad_pattern_is_refused_with_its_place_and_the_reason() {
    story(async |app| {
        for (pattern, place) in
            [("입금 {amount} {nmae}", "character"), ("입금 {amount", "character"), ("<a|b", "character")]
        {
            let answer = app.post(PATH, &template("wrong", pattern)).await;
            let body = answer.expect_invalid("pattern");
            let message = body["errors"][0]["message"].as_str().unwrap();
            assert!(message.contains(place) && message.chars().any(|c| c.is_ascii_digit()), "{pattern}: {message}");
        }
        let mut regex = template("wrong", "(?<amount>[0-9,]+");
        regex["kind"] = json!("regex");
        app.post(PATH, &regex).await.expect_invalid("pattern");
        for (field, value) in [
            ("currency", json!("krw")),
            ("timezone", json!("Asia/Seoull")),
            ("senders", json!([])),
            ("name", json!(" ")),
            ("name_max", json!(0)),
        ] {
            let mut wrong = deposit_template();
            wrong["name"] = json!("another");
            wrong[field] = value.clone();
            let answer = app.post(PATH, &wrong).await;
            let body = answer.expect_problem(422);
            let mut named = body["errors"].as_array().unwrap().iter();
            assert!(named.any(|error| error["field"].as_str().unwrap().starts_with(field)), "{field}: {body}");
        }
    });
}

#[test]
fn samples_are_read_at_every_save_and_what_differs_is_told() {
    story(async |app| {
        let sample =
            |amount: &str| json!([{"text": deposit("홍길동", 50_000), "expect": {"amount": amount, "name": "홍길동"}}]);
        let mut with = deposit_template();
        with["name"] = json!("with samples");
        with["samples"] = sample("60000");
        let answer = app.post(PATH, &with).await;
        let body = answer.expect_invalid("samples[0].expect.amount");
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("50000") && message.contains("60000"), "{message}");
        with["samples"] = sample("50000");
        let id = app.add_template(&with).await;
        // A change that would break a sample is refused, and the old version stays.
        with["pattern"] = json!("[KB]{date} {time}\n{account}\n{name}\n출금\n{amount}");
        let broken = app.put(&format!("{PATH}/{id}"), &with).await;
        let field = broken.expect_problem(422)["errors"][0]["field"].as_str().unwrap().to_owned();
        assert!(field.starts_with("samples[0]"), "{field}");
        let list = app.get(PATH).await.expect(200);
        assert_eq!(list["items"][0]["version"], 1);
    });
}

#[test]
fn trying_a_template_shows_what_it_reads_and_stores_nothing() {
    story(async |app| {
        let texts = [deposit("홍길동", 50_000), "안녕하세요".to_owned()];
        let body = json!({"template": deposit_template(), "texts": texts});
        let results = app.post(&format!("{PATH}/test"), &body).await.expect(200)["results"].clone();
        assert_eq!(results[0]["matched"], true);
        assert_eq!(
            (&results[0]["fields"]["amount"], &results[0]["fields"]["name"]),
            (&json!("50000"), &json!("홍길동"))
        );
        let span =
            results[0]["spans"]["name"].as_array().unwrap().iter().map(|at| at.as_u64().unwrap()).collect::<Vec<_>>();
        assert_eq!(span[1] - span[0], 3, "in characters: {}", results[0]);
        assert_eq!((&results[1]["matched"], &results[1]["fields"]), (&json!(false), &json!({})));
        let mut wrong = body.clone();
        wrong["template"]["pattern"] = json!("{nonsense}");
        app.post(&format!("{PATH}/test"), &wrong).await.expect_invalid("template.pattern");
        wrong["template"] = deposit_template();
        wrong["texts"] = json!([]);
        app.post(&format!("{PATH}/test"), &wrong).await.expect_invalid("texts");
        assert_eq!(app.list("").await.len(), 0);
        assert_eq!(app.get(PATH).await.expect(200)["items"].as_array().unwrap().len(), 2);
        let audited = app.get("/internal/v2/audit").await.expect(200)["items"].clone();
        assert!(audited.as_array().unwrap().iter().all(|entry| entry["action"] != "template.test"));
    });
}

/// What is no certain deposit is never matched: it is shown to people with the reason.
#[test]
fn doubtful_texts_go_to_people() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let mut limited = deposit_template();
        limited["max_amount"] = json!("1000000");
        let id = only(app).await["id"].clone();
        app.put(&format!("{PATH}/{id}"), &limited).await.expect(200);
        app.add_template(&template("cancelled", "[KB]{date} {time}\n{account}\n{name}\n<입금취소|입금예정>\n{amount}"))
            .await;
        app.put_orders(&[order("R-1", "홍길동", 50_000), order("R-2", "홍길동", 2_000_000)]).await;
        for (text, flag) in [
            (deposit("홍길동", 50_000).replace("입금", "입금취소"), "negated"),
            (deposit("홍길동", 50_000).replace("입금", "입금예정"), "negated"),
            (deposit("홍길동", 0), "zero_amount"),
            (deposit("홍길동", 2_000_000), "over_maximum"),
        ] {
            let id = phone.sends(&text).await;
            app.settle().await;
            let sms = app.sms(id).await;
            assert_eq!(sms.decided(), ("unparsed", "need_check", None), "{text}: {}", sms.all);
            assert!(sms.has(flag), "{text}: {:?}", sms.flags);
        }
        let id = phone.sends("[Web발신]\n[KB]홍길동님 계좌에 입금 90,000원").await;
        app.settle().await;
        assert!(app.sms(id).await.has("financial_unparsed"));
    });
}

#[test]
fn templates_that_disagree_are_nobody_s_word() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        // Both fit the whole text; they differ in what the amount is.
        let [one, two] = ["{name} {amount} 잔액 {balance} 입금", "{name} {balance} 잔액 {amount} 입금"]
            .map(|pattern| template(pattern, pattern));
        app.add_template(&one).await;
        phone.sends("홍길동 50,000 잔액 70,000 입금").await;
        app.settle().await;
        let warned = app.post(PATH, &two).await.expect(201);
        assert!(!warned["warnings"].as_array().unwrap().is_empty(), "a stored message is read otherwise: {warned}");
        let id = phone.sends("김철수 60,000 잔액 80,000 입금").await;
        app.settle().await;
        let sms = app.sms(id).await;
        assert_eq!(sms.decided(), ("unparsed", "need_check", None));
        assert!(sms.has("ambiguous_template"), "{:?}", sms.flags);
    });
}

/// The direction gate: a withdrawal's template wins over a deposit's.
#[test]
fn a_text_that_may_be_a_withdrawal_is_none() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        app.add_template(&template("loose", "{name} {_} {amount}")).await;
        let mut gate = template("gate", "{name} 출금 {amount}");
        gate["direction"] = json!("withdrawal");
        app.add_template(&gate).await;
        let id = phone.sends("홍길동 출금 50,000").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("ignored", "none", None));
        assert_eq!(app.sms(id).await.all["direction"], "withdrawal");
    });
}

/// Reliability row 28: what is made to be seen otherwise than it is never matches on its own (INV-M7).
#[test]
fn forged_texts_are_held_back_and_stay_rivals() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let rows = [
            deposit("홍길동", 50_000).replace("홍길동", "홍\u{200b}길동"),
            deposit("홍길동", 50_000).replace("홍길동", "\u{202e}홍길동"),
        ];
        for (number, text) in rows.iter().enumerate() {
            let amount = 50_000 + number as u64;
            app.put_orders(&[order(&format!("R-{number}"), "홍길동", amount)]).await;
            let id = phone.sends(&text.replace("50,000", &grouped(amount))).await;
            app.settle().await;
            let sms = app.sms(id).await;
            assert_eq!((sms.review.as_str(), sms.order_id), ("need_check", None), "{text:?}: {:?}", sms.flags);
            assert!(sms.flags.contains(&"suspicious_text".to_owned()), "{:?}", sms.flags);
        }
        let mut stranger = crate::support::Phone::message("forged", &deposit("홍길동", 50_000));
        stranger["sender"] = json!(format!("{BANK}0"));
        let id = phone.sends_as(&stranger, "stored").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.state, "rejected");
    });
}

#[test]
fn a_fixed_account_and_a_cut_name_come_from_the_template() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let mut short = template("short", "받음 {amount} {name}");
        short["account"] = json!("110-222-333444");
        short["name_max"] = json!(4);
        app.add_template(&short).await;
        let cut = changed(&order("R-1", "에이치케이코퍼레이션", 50_000), json!({"account": "110222333444"}));
        let elsewhere = changed(&order("R-2", "에이치케이코퍼레이션", 50_000), json!({"account": "999"}));
        app.put_orders(&[cut, elsewhere]).await;
        let id = phone.sends("받음 50,000원 에이치케").await;
        app.settle().await;
        let sms = app.sms(id).await;
        assert_eq!(sms.decided(), ("matched", "none", Some("R-1")), "{}", sms.all["match"]);
        assert_eq!(sms.all["account"], "110-222-333444");
    });
}

#[test]
fn a_template_is_made_of_two_messages_and_tried_on_what_is_stored() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let text = |name: &str, amount: u64| format!("[신한]{name} 님 {}원 입금", grouped(amount));
        let first = phone.sends(&text("홍길동", 10_000)).await;
        let second = phone.sends(&text("김철수", 2_000)).await;
        app.settle().await;
        assert_eq!(app.sms(first).await.state, "unparsed");
        let example = |name: &str, amount: u64| json!({"text": text(name, amount), "fields": {"amount": grouped(amount), "name": name}});
        let examples = json!({"examples": [example("홍길동", 10_000), example("김철수", 2_000)]});
        let done = app.post(&format!("{PATH}/suggest"), &examples).await.expect(200);
        assert_eq!(done["template"]["pattern"], "[신한]{name} 님 {amount}원 입금");
        assert_eq!((&done["history"]["matched"], &done["history"]["new"]), (&json!(2), &json!(2)), "{done}");

        let id = app.add_template(&done["template"]).await;
        let backtest = format!("{PATH}/{id}/backtest");
        let tried = app.post(&backtest, &json!({})).await.expect(200);
        assert_eq!((&tried["new"], &tried["lost"], &tried["changed"]), (&json!(2), &json!(0), &json!(0)), "{tried}");
        app.post("/internal/v2/sms/reset", &json!({"ids": [first, second]})).await.expect(200);
        app.settle().await;
        assert_eq!(app.sms(second).await.state, "unmatched");
        let tried = app.post(&backtest, &json!({"limit": 1})).await.expect(200);
        assert_eq!(
            (&tried["examined"], &tried["new"], &tried["changed"]),
            (&json!(1), &json!(0), &json!(0)),
            "{tried}"
        );
        app.post(&format!("{PATH}/999/backtest"), &json!({})).await.expect_problem(404);
        app.post(&backtest, &json!({"limit": 5001})).await.expect_invalid("limit");
        app.post(&format!("{PATH}/suggest"), &json!({"examples": []})).await.expect_invalid("examples");
    });
}
