//! The balance chain over the API: gaps with their size, forgeries, late arrivals, several accounts and phones, and what
//! people take as it stands (INV-C1 to INV-C8; reliability row 28).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::app::story_with;
use crate::support::texts::{BANK, grouped, order};
use crate::support::{Phone, TestApp};

const ACCOUNT: &str = "110-***-456789";

/// A shop whose bank tells the balance.
fn tells_balances(tell: impl AsyncFn(&TestApp, &Phone)) {
    story_with(&[], async |app| {
        app.add_phone(BANK).await;
        for (direction, word) in [("deposit", "입금"), ("withdrawal", "출금")] {
            app.add_template(&json!({
                "name": direction, "kind": "typed", "senders": [BANK], "direction": direction, "currency": "KRW",
                "timezone": "Asia/Seoul",
                "pattern": format!("[가나]{{date}} {{time}}\n{{account}}\n{{name}}\n{word}\n{{amount}}[[\n잔액{{balance}}]]"),
            }))
            .await;
        }
        let phone = app.phone("counter-1").await;
        tell(app, &phone).await;
    });
}

/// What the bank writes of a movement at 09:MM; none: without a balance.
fn told_on(account: &str, minute: u32, name: &str, moved: i64, balance: impl Into<Option<i64>>) -> String {
    let word = if moved < 0 { "출금" } else { "입금" };
    let mut text = format!("[가나]04/22 09:{minute:02}\n{account}\n{name}\n{word}\n{}", grouped(moved.unsigned_abs()));
    if let Some(balance) = balance.into() {
        let sign = if balance < 0 { "-" } else { "" };
        let _ = write!(text, "\n잔액{sign}{}", grouped(balance.unsigned_abs()));
    }
    text
}

fn told(minute: u32, name: &str, moved: i64, balance: impl Into<Option<i64>>) -> String {
    told_on(ACCOUNT, minute, name, moved, balance)
}

/// The phone receives it and all is decided; answers its id.
async fn hears(app: &TestApp, phone: &Phone, text: &str) -> i64 {
    let id = phone.sends(text).await;
    app.settle().await;
    id
}

async fn tells(app: &TestApp, orders: &[Value]) {
    app.put_orders(orders).await;
    app.settle().await;
}

async fn breaks(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.get(&format!("/internal/v2/chain/breaks?count=true&{query}")).await.expect(200);
    let items = page["items"].as_array().unwrap().clone();
    assert_eq!(page["total"], items.len(), "{page}");
    items
}

async fn broken_ids(app: &TestApp) -> Vec<i64> {
    let mut ids: Vec<i64> = breaks(app, "").await.iter().map(|item| item["sms_id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// Holds what is decided of a message and what its chain says.
async fn is(app: &TestApp, id: i64, decided: (&str, &str, Option<&str>), verdict: &str) {
    let sms = app.sms(id).await;
    assert_eq!(sms.decided(), decided, "{}", sms.all);
    assert_eq!(sms.all["chain"]["verdict"], verdict, "{}", sms.all);
    let is_break = matches!(verdict, "broken" | "balance_absent");
    assert_eq!(sms.has("chain_break"), is_break, "{}", sms.all);
    assert_eq!(sms.all["chain"]["open"], is_break, "{}", sms.all);
}

fn won(amount: &str) -> Value {
    json!({"amount": amount, "currency": "KRW"})
}

/// INV-C2, INV-C5, INV-C7.
#[test]
fn a_gap_is_shown_with_its_size_and_the_message_that_was_late_mends_it() {
    tells_balances(async |app, phone| {
        tells(app, &[order("R-1", "홍길동", 50_000), order("R-2", "김철수", 20_000), order("R-3", "이영희", 30_000)])
            .await;
        let first = hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let broken = hears(app, phone, &told(33, "홍길동", 50_000, 1_080_000)).await;
        is(app, broken, ("unmatched", "need_check", None), "broken").await;
        let after = hears(app, phone, &told(34, "김철수", 20_000, 1_100_000)).await;
        is(app, after, ("matched", "none", Some("R-2")), "sound").await;

        let listed = breaks(app, "").await;
        assert_eq!(listed.len(), 1, "{listed:?}");
        let item = &listed[0];
        let sentence = format!("a movement of +30,000 KRW is missing between #{first} and #{broken}");
        assert!(item["sentence"].as_str().unwrap().starts_with(&sentence), "{item}");
        assert_eq!((&item["sms_id"], &item["previous_sms_id"]), (&json!(broken), &json!(first)));
        assert_eq!((&item["expected"], &item["stated"]), (&won("1050000"), &won("1080000")));
        assert_eq!((&item["missing"], &item["previous_balance"]), (&won("30000"), &won("1000000")));
        assert_eq!((&item["account"], &item["line"]), (&json!(ACCOUNT), &json!("counter-1")));
        assert_eq!(item["occurred_at"], "2026-04-22T00:33:00Z");
        assert_eq!(item["previous_occurred_at"], "2026-04-22T00:30:00Z");
        assert_eq!(app.sms(broken).await.all["chain"]["missing"], won("30000"));
        assert!(app.sms(broken).await.all["history"].to_string().contains(&sentence));

        let late = hears(app, phone, &told(32, "이영희", 30_000, 1_030_000)).await;
        is(app, late, ("matched", "none", Some("R-3")), "sound").await;
        is(app, broken, ("matched", "none", Some("R-1")), "sound").await;
        assert_eq!(app.sms(broken).await.all["chain"]["previous_sms_id"], late);
        assert_eq!(app.sms(broken).await.all["chain"]["missing"], Value::Null);
        assert!(breaks(app, "").await.is_empty());
    });
}

/// INV-C5: reliability row 28.
#[test]
fn a_forged_balance_is_not_matched_and_holds_up_no_other() {
    tells_balances(async |app, phone| {
        tells(app, &[order("R-1", "홍길동", 50_000), order("R-2", "김철수", 20_000)]).await;
        hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let forged = hears(app, phone, &told(31, "홍길동", 50_000, 7_654_321)).await;
        is(app, forged, ("unmatched", "need_check", None), "broken").await;
        let real = hears(app, phone, &told(32, "김철수", 20_000, 1_020_000)).await;
        is(app, real, ("matched", "none", Some("R-2")), "sound").await;
        // A later order changes nothing; and it is still a rival for its orders.
        let rival = hears(app, phone, &told(33, "홍길동", 50_000, 1_070_000)).await;
        is(app, rival, ("ambiguous", "need_check", None), "sound").await;
        // Refused, it is out of the chain and in nobody's way.
        app.check(forged, json!({"decision": "reject", "note": "not on the statement"})).await.expect(200);
        app.settle().await;
        assert_eq!(app.sms(forged).await.all["chain"], Value::Null);
        assert!(!app.sms(forged).await.has("chain_break"));
        is(app, rival, ("matched", "none", Some("R-1")), "sound").await;
        // Reopened, it is what it was.
        app.check(forged, json!({"decision": "reopen"})).await.expect(200);
        app.settle().await;
        is(app, forged, ("unmatched", "need_check", None), "broken").await;
    });
}

#[test]
fn a_pair_is_decided_again_when_what_comes_late_breaks_its_link() {
    tells_balances(async |app, phone| {
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let paired = hears(app, phone, &told(32, "홍길동", 50_000, 1_050_000)).await;
        is(app, paired, ("matched", "none", Some("R-1")), "sound").await;
        // The bank's own account of what was before: the pair's balance does not follow from it.
        for (minute, moved, balance) in [(31, 200_000, 1_200_000), (33, 10_000, 1_210_000)] {
            hears(app, phone, &told(minute, "최하늘", moved, balance)).await;
        }
        let sms = app.sms(paired).await;
        assert_eq!(sms.decided(), ("unmatched", "need_check", None), "{}", sms.all);
        assert_eq!(app.order("R-1").await["match"], Value::Null);
        assert_eq!(broken_ids(app).await, [paired]);
    });
}

/// INV-C1, INV-C4: accounts and phones interleaved, in any order of arrival, within a minute and across.
#[test]
fn accounts_and_phones_are_kept_apart_whatever_the_order_of_arrival() {
    tells_balances(async |app, one| {
        let two = app.phone("counter-2").await;
        let mine = [(30, 1_000, 1_000_000), (31, 50_000, 1_050_000), (31, 20_000, 1_070_000), (32, -70_000, 1_000_000)];
        let other = [(30, 5_000, 1_005_000), (31, 50_000, 1_055_000), (33, 1_000, 1_056_000)];
        let mut ids = Vec::new();
        for place in [2, 0, 3, 1] {
            let (minute, moved, balance) = mine[place];
            let phone = if place % 2 == 0 { one } else { &two };
            ids.push(hears(app, phone, &told(minute, "홍길동", moved, balance)).await);
            if let Some((minute, moved, balance)) = other.get(place) {
                let text = told_on("220-***-111111", *minute, "홍길동", *moved, *balance);
                ids.push(hears(app, &two, &text).await);
            }
        }
        assert!(broken_ids(app).await.is_empty());
        for id in ids {
            let sms = app.sms(id).await;
            assert!(["sound", "first"].contains(&sms.all["chain"]["verdict"].as_str().unwrap()), "{}", sms.all);
            assert!(!sms.has("chain_break"));
        }
        // The same SMS on both phones, which are two lines: two messages, and one movement told twice.
        let text = told(34, "김철수", 1_000, 1_001_000);
        let first = hears(app, one, &text).await;
        let copy = hears(app, &two, &text).await;
        assert_eq!(broken_ids(app).await, [copy], "INV-C6");
        let item = &breaks(app, "line=counter-2").await[0];
        assert_eq!(item["repeats_sms_id"], first);
        assert!(item["sentence"].as_str().unwrap().contains(&format!("the same balance as #{first}")), "{item}");
        assert!(breaks(app, "line=counter-1").await.is_empty());
        assert_eq!(breaks(app, "account=110-***-456789").await.len(), 1);
        assert!(breaks(app, "account=220-***-111111").await.is_empty());
        assert_eq!(breaks(app, "sender=1588-1688").await.len(), 1);
    });
}

/// INV-C3: a balance that is not there is a break as well, and its amount is counted on.
#[test]
fn an_absent_balance_is_a_break_where_there_usually_is_one() {
    tells_balances(async |app, phone| {
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        let before = hears(app, phone, &told(29, "박민수", 1_000, None)).await;
        is(app, before, ("unmatched", "none", None), "no_balance").await;
        hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let absent = hears(app, phone, &told(31, "홍길동", 50_000, None)).await;
        is(app, absent, ("unmatched", "need_check", None), "balance_absent").await;
        let out = hears(app, phone, &told(32, "월세", -30_000, 1_020_000)).await;
        is(app, out, ("ignored", "none", None), "sound").await;
        assert_eq!(breaks(app, "").await[0]["stated"], Value::Null);
        assert_eq!(broken_ids(app).await, [absent]);
        // An overdraft is a balance, too; a withdrawal that does not follow is looked at.
        let deep = hears(app, phone, &told(33, "월세", -2_000_000, -980_000)).await;
        is(app, deep, ("ignored", "none", None), "sound").await;
        let gap = hears(app, phone, &told(34, "월세", -20_000, -960_000)).await;
        is(app, gap, ("ignored", "need_check", None), "broken").await;
        assert_eq!(app.sms(gap).await.all["chain"]["missing"], won("40000"));
        hears(app, phone, &told(34, "이영희", 40_000, -940_000)).await;
        is(app, gap, ("ignored", "none", None), "sound").await;
    });
}

/// INV-C7: people take a break as it stands, once, with a note.
#[test]
fn an_accepted_break_releases_its_deposit_and_is_the_new_balance() {
    tells_balances(async |app, phone| {
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let broken = hears(app, phone, &told(31, "홍길동", 50_000, 1_080_000)).await;
        let path = format!("/internal/v2/chain/breaks/{broken}/accept");
        let version = app.sms(broken).await.version;
        app.post(&path, &json!({"note": " "})).await.expect_problem(422);
        app.post(&path, &json!({})).await.expect_problem(422);
        app.post(&path, &json!({"note": "seen", "version": version - 1})).await.expect_problem(409);
        app.post("/internal/v2/chain/breaks/999/accept", &json!({"note": "x"})).await.expect_problem(404);
        let accept = json!({"note": "interest, seen on the statement", "version": version});
        let request = || {
            let post = app.request(reqwest::Method::POST, &path);
            post.header("x-operator", "kim").header("idempotency-key", "accept-1").json(&accept)
        };
        let answer = request().send().await.expect(200);
        assert_eq!((&answer["verdict"], &answer["open"]), (&json!("accepted"), &json!(false)), "{answer}");
        assert_eq!(answer["accepted"]["by"], "kim");
        assert_eq!(answer["accepted"]["note"], "interest, seen on the statement");
        assert_eq!(request().send().await.expect(200), answer, "INV-S3");
        app.settle().await;
        is(app, broken, ("matched", "none", Some("R-1")), "accepted").await;
        app.post(&path, &json!({"note": "again"})).await.expect_problem(409);
        let audit = app.get("/internal/v2/audit?actor=kim").await.expect(200);
        assert_eq!(audit["items"][0]["action"], "chain.accept", "{audit}");
        let next = hears(app, phone, &told(32, "김철수", 20_000, 1_100_000)).await;
        is(app, next, ("unmatched", "none", None), "sound").await;
        assert!(breaks(app, "").await.is_empty());
    });
}

/// A person who confirms the message has taken its break as it stands; reopened, it is a break again.
#[test]
fn a_confirmation_takes_the_break_as_it_stands() {
    tells_balances(async |app, phone| {
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let broken = hears(app, phone, &told(31, "홍길동", 50_000, 1_080_000)).await;
        let answer = app.check(broken, json!({"decision": "confirm", "note": "seen"})).await.expect(200);
        app.settle().await;
        is(app, broken, ("matched", "confirmed", Some("R-1")), "accepted").await;
        assert_eq!(app.sms(broken).await.all["chain"]["accepted"]["note"], "seen");
        assert!(!answer["flags"].to_string().contains("chain_break"), "{answer}");
        app.check(broken, json!({"decision": "reopen"})).await.expect(200);
        app.settle().await;
        is(app, broken, ("unmatched", "need_check", None), "broken").await;
    });
}

/// INV-C8: the chain is made of what the messages say now.
#[test]
fn a_reset_takes_the_link_out_and_reading_it_again_puts_it_back() {
    tells_balances(async |app, phone| {
        let first = hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let middle = hears(app, phone, &told(31, "홍길동", 50_000, 1_050_000)).await;
        let last = hears(app, phone, &told(32, "김철수", 20_000, 1_070_000)).await;
        app.post("/internal/v2/sms/reset", &json!({"ids": [first, middle, last]})).await.expect(200);
        app.settle().await;
        assert!(broken_ids(app).await.is_empty());
        is(app, middle, ("unmatched", "none", None), "sound").await;
        // Refused, it is missing.
        app.check(middle, json!({"decision": "reject"})).await.expect(200);
        app.settle().await;
        is(app, last, ("unmatched", "need_check", None), "broken").await;
        app.post("/internal/v2/sms/reset", &json!({"ids": [middle]})).await.expect(200);
        app.settle().await;
        is(app, last, ("unmatched", "none", None), "sound").await;
    });
}

/// A stranger can neither break a chain nor mend one.
#[test]
fn who_is_not_on_the_whitelist_is_in_no_chain() {
    tells_balances(async |app, phone| {
        hears(app, phone, &told(30, "박민수", 1_000, 1_000_000)).await;
        let stranger = json!({"id": "s-1", "sender": "01099998888", "text": told(31, "홍길동", 30_000, 1_030_000),
            "received_at": crate::support::texts::START});
        let id = phone.sends_as(&stranger, "stored").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.state, "rejected");
        assert_eq!(app.sms(id).await.all["chain"], Value::Null);
        let broken = hears(app, phone, &told(32, "김철수", 20_000, 1_050_000)).await;
        is(app, broken, ("unmatched", "need_check", None), "broken").await;
    });
}
