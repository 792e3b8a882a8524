//! Deposits that nobody made: right in form, wrong somewhere (reliability row 28). None is matched unless a person looks.

use serde_json::{Value, json};

use crate::support::sms::Sms;
use crate::support::texts::{deposit, order};
use crate::support::{BANK, Phone, TestApp, story};

/// Sends a text from a sender, and answers what was made of it.
async fn sends(app: &TestApp, phone: &Phone, sender: &str, text: &str) -> Sms {
    let mut message = Phone::message(&phone.next_id(), text);
    message["sender"] = json!(sender);
    let id = phone.sends_as(&message, "stored").await;
    app.settle().await;
    app.sms(id).await
}

#[track_caller]
fn waits_for_a_person(sms: &Sms, forged: &str) {
    let reviewed = sms.state != "matched" || sms.review == "need_check";
    assert!(reviewed && sms.order_id.is_none(), "{forged:?} pairs by itself: {}", sms.all);
}

async fn is_still_open(app: &TestApp, order: &Value) {
    let order_id = order["order_id"].as_str().unwrap();
    assert_eq!(app.order(order_id).await["sms_id"], Value::Null, "{order_id} is paired");
}

/// Who may send a bank's text is decided by its sender alone, and no other number looks like it.
#[test]
fn the_right_text_from_another_sender_is_refused() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let order = order("R-1", "홍길동", 50_000);
        app.put_orders(std::slice::from_ref(&order)).await;
        let text = deposit("홍길동", 50_000);
        let senders =
            ["15881689", "01015881688", "158816880", "l588l688", "1588168B", "15881б88", "KB", "*", "Bank 15881688"];
        for (nth, sender) in senders.iter().enumerate() {
            // Another minute each, so that none is one more copy of the one before.
            let text = text.replace("09:30", &format!("09:{:02}", 10 + nth));
            let sms = sends(app, &phone, sender, &text).await;
            assert_eq!(sms.state, "rejected", "{sender:?}: {}", sms.all);
            waits_for_a_person(&sms, sender);
        }
        is_still_open(app, &order).await;
        let true_one = sends(app, &phone, BANK, &text).await;
        assert_eq!(
            true_one.decided(),
            ("matched", "none", Some("R-1")),
            "the order could have been paired all the time"
        );
    });
}

/// A text that shows people another amount or name than it holds, or whose digits are not what they look like.
#[test]
fn a_text_that_is_not_what_it_seems_pairs_with_nothing_by_itself() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        // An order for whatever such a text might be read as.
        let amounts = [50_000, 5_000, 500_000, 5, 50, 500, 10_000, 150_000, 5_050_000];
        let orders: Vec<Value> =
            amounts.iter().enumerate().map(|(nth, amount)| order(&format!("R-{nth}"), "홍길동", *amount)).collect();
        app.put_orders(&orders).await;
        let plain = deposit("홍길동", 50_000);
        let with_amount = |amount: &str| plain.replace("50,000", amount);
        let with_name = |name: &str| plain.replace("홍길동", name);
        let forged = [
            // The order of what is shown is turned round.
            with_amount("\u{202e}000,05\u{202c}"),
            with_amount("\u{2067}50,000\u{2069}"),
            with_amount("50,\u{200f}000"),
            with_name("\u{202e}동길홍\u{202c}"),
            plain.replace("입금", "\u{202d}입금"),
            // What nobody sees.
            with_amount("5\u{200b}0,000"),
            with_amount("50\u{2060},000"),
            with_amount("50,000\u{feff}"),
            with_name("홍\u{200b}길동"),
            with_name("홍길\u{ad}동"),
            plain.replace("입금", "입\u{200d}금"),
            // Digits of several systems in one number.
            with_amount("5０,000"),
            with_amount("5٠,٠00"),
            with_amount("৫0,000"),
            with_amount("50,00𝟎"),
            // Letters that look like digits.
            with_amount("5O,000"),
            with_amount("50,00O"),
            with_amount("5О,000"),
            with_amount("lO,000"),
            with_amount("S0,000"),
            with_amount("50，0o0"),
            // More than one number where one belongs.
            with_amount("50,000\n입금\n500,000"),
            with_amount("50,000 500,000"),
            with_amount("5,0,000"),
            with_amount("50.000"),
            with_amount("-50,000"),
        ];
        for (nth, text) in forged.iter().enumerate() {
            let text = text.replace("09:30", &format!("09:{:02}", nth + 1));
            let sms = sends(app, &phone, BANK, &text).await;
            waits_for_a_person(&sms, &text);
            let looked_at = sms.review == "need_check";
            assert!(looked_at, "nobody is told of {text:?}: {}", sms.all);
        }
        for order in &orders {
            is_still_open(app, order).await;
        }
        let true_one = sends(app, &phone, BANK, &plain).await;
        assert_eq!(
            true_one.decided(),
            ("matched", "none", Some("R-0")),
            "the order could have been paired all the time"
        );
    });
}
