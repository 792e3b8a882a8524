//! Messages: `id, device_iden, thread_id, sms_id, phone, name, content, money, currency, balance, depositor, account,
//! sms_time, status, check_status, check_user, check_time, check_note, order_id, template_id, source, create_time,
//! update_time`.

use serde_json::{Map, Value, json};

use super::money::amount_of;
use super::{field, seconds};
use crate::domain::sms::{CheckDecision, Review, SmsState};
use crate::domain::time::UnixMs;

/// What recon calls what old programs call otherwise.
pub const NAMES: &[(&str, &str)] = &[
    ("state", "status"),
    ("review", "check_status"),
    ("sender", "phone"),
    ("q", "keyword"),
    ("from", "start_time"),
    ("to", "end_time"),
    ("decision", "check_status"),
];

/// The number of a state on the old screens.
const fn status_of(state: SmsState) -> i64 {
    match state {
        SmsState::Received | SmsState::Accepted => 0,
        SmsState::Parsed => 1,
        SmsState::Matched => 2,
        SmsState::Unmatched => 3,
        SmsState::Ambiguous => 4,
        SmsState::Unparsed => 5,
        SmsState::Ignored => 6,
        SmsState::Rejected => 7,
        SmsState::Held => 8,
        SmsState::Quarantined => 9,
        SmsState::Settled => 10,
    }
}

const fn check_status_of(review: Review) -> i64 {
    match review {
        Review::None => 0,
        Review::NeedCheck => 1,
        Review::Confirmed => 2,
        Review::Rejected => 3,
    }
}

/// The states that an old number means, as recon's filter takes them; none where it means nothing.
#[must_use]
pub fn states(status: i64) -> Option<String> {
    let states: Vec<&str> =
        SmsState::ALL.iter().filter(|state| status_of(**state) == status).map(|state| state.as_str()).collect();
    (!states.is_empty()).then(|| states.join(","))
}

/// The review that an old number means; none where it means nothing.
#[must_use]
pub fn review(check_status: i64) -> Option<Review> {
    Review::ALL.iter().copied().find(|review| check_status_of(*review) == check_status)
}

/// What an operator decides by an old number; none where it is no decision.
#[must_use]
pub const fn decision(check_status: i64) -> Option<CheckDecision> {
    match check_status {
        0 => Some(CheckDecision::Reopen),
        2 => Some(CheckDecision::Confirm),
        3 => Some(CheckDecision::Reject),
        _ => None,
    }
}

/// A second near the last that recon's times can name.
const SECONDS_MAX: i64 = 253_402_200_000;

/// The first moment that a lower bound in Unix seconds takes in, as recon's filter has it.
#[must_use]
pub fn from(start: i64) -> String {
    UnixMs(start.clamp(0, SECONDS_MAX) * 1000).to_string()
}

/// The first moment behind an upper bound in Unix seconds, as recon's filter has it; none where it is for ever. The second
/// itself is still meant: old programs know of no parts of it.
#[must_use]
pub fn to(end: i64) -> Option<String> {
    (end < SECONDS_MAX).then(|| UnixMs(end.saturating_add(1).max(0) * 1000).to_string())
}

/// As old programs read it.
#[must_use]
pub fn old(sms: &Value) -> Value {
    let origin = |name: &str| sms["origin"].get(name).cloned().unwrap_or(Value::Null);
    // What a person here decided, else what was written of it in the old server.
    let check = if sms["check"].is_null() { &sms["origin"]["check"] } else { &sms["check"] };
    let money = [&sms["money"], &sms["balance"]];
    let currency = money.iter().find_map(|money| money.get("currency").cloned()).unwrap_or_else(|| origin("currency"));
    let source = sms["sources"].get(0).cloned().unwrap_or(Value::Null);
    json!({
        "id": field(sms, "id"),
        "device_iden": origin("device_iden"),
        "thread_id": origin("thread_id"),
        "sms_id": origin("sms_id"),
        "phone": field(sms, "sender"),
        "name": origin("name"),
        "content": field(sms, "text"),
        "money": amount_of(&sms["money"]),
        "currency": currency,
        "balance": amount_of(&sms["balance"]),
        "depositor": field(sms, "depositor"),
        "account": field(sms, "account"),
        "sms_time": seconds(sms, "received_at"),
        "status": number(&sms["state"], status_of),
        "check_status": number(&sms["review"], check_status_of),
        "check_user": field(check, "by"),
        "check_time": seconds(check, "at"),
        "check_note": field(check, "note"),
        "order_id": field(sms, "order_id"),
        "template_id": field(sms, "template_id"),
        "source": source,
        "create_time": seconds(sms, "stored_at"),
        "update_time": seconds(sms, "updated_at"),
    })
}

fn number<T: std::str::FromStr>(word: &Value, number: impl Fn(T) -> i64) -> Value {
    word.as_str().and_then(|word| word.parse().ok()).map_or(Value::Null, |known| Value::from(number(known)))
}

/// As old programs read one by itself: with the orders that it could belong to, best first.
#[must_use]
pub fn old_with_candidates(sms: &Value) -> Value {
    let mut old = old(sms);
    old["candidates"] = Value::Array(candidates(&sms["match"]));
    old
}

/// The orders that were compared, and behind them those that nearly fit: `order_id, verdict, reason`.
fn candidates(decision: &Value) -> Vec<Value> {
    let list = |name: &str| decision[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<Value> = list("candidates")
        .iter()
        .map(|one| json!({"order_id": one["order_id"], "verdict": one["verdict"], "reason": one["reason"]}))
        .collect();
    for near in list("near_misses") {
        for order_id in near["order_ids"].as_array().into_iter().flatten() {
            if found.iter().all(|known| known["order_id"] != *order_id) {
                found.push(json!({"order_id": order_id, "verdict": "near", "reason": near["summary"]}));
            }
        }
    }
    found
}

/// A check as recon takes it.
#[must_use]
pub fn check(decision: CheckDecision, order_id: Option<&str>, note: Option<&str>, version: i64) -> Value {
    let mut check = Map::new();
    check.insert("decision".to_owned(), json!(decision));
    check.insert("version".to_owned(), json!(version));
    for (name, value) in [("order_id", order_id), ("note", note)] {
        if let Some(value) = value {
            check.insert(name.to_owned(), json!(value));
        }
    }
    Value::Object(check)
}

#[cfg(test)]
mod tests {
    use super::super::money::Exact;
    use super::*;

    #[test]
    fn every_number_means_what_it_meant() {
        let words: Vec<String> = (0..=10).map(|status| states(status).unwrap()).collect();
        let expected = [
            "received,accepted",
            "parsed",
            "matched",
            "unmatched",
            "ambiguous",
            "unparsed",
            "ignored",
            "rejected",
            "held",
            "quarantined",
            "settled",
        ];
        assert_eq!(words, expected);
        assert!([-1, 11].iter().all(|status| states(*status).is_none()));
        let reviews: Vec<Option<Review>> = (-1..=4).map(review).collect();
        let known = [Review::None, Review::NeedCheck, Review::Confirmed, Review::Rejected].map(Some);
        assert_eq!(reviews, [&[None], &known[..], &[None]].concat());
        let decisions: Vec<Option<CheckDecision>> = (-1..=4).map(decision).collect();
        let (reopen, confirm) = (Some(CheckDecision::Reopen), Some(CheckDecision::Confirm));
        assert_eq!(decisions, [None, reopen, None, confirm, Some(CheckDecision::Reject), None]);
    }

    fn recon() -> Value {
        json!({
            "id": 41, "state": "matched", "review": "confirmed", "sender": "15881688", "line": "counter-1", "text": "입금",
            "received_at": "2026-04-22T00:30:00.999Z", "occurred_at": "2026-04-22T00:30:00Z", "direction": "deposit",
            "money": {"amount": "12.50", "currency": "USD"}, "balance": {"amount": "1000.00", "currency": "USD"},
            "depositor": "홍길동", "account": "110-***-1", "template_id": 3, "order_id": "R-1", "flags": [],
            "sources": ["pushbullet", "shooter"], "stored_at": "2026-04-22T00:30:01Z",
            "updated_at": "2026-04-22T00:30:02Z",
            "check": {"by": "kim", "at": "2026-04-22T00:30:02Z", "note": null},
            "origin": {"device_iden": "ujX", "thread_id": "7", "sms_id": "12", "name": "은행"}, "version": 5,
        })
    }

    #[test]
    fn every_field_is_there_and_money_is_exact() {
        let read = old(&recon());
        assert_eq!(read.as_object().unwrap().len(), 23);
        let text = serde_json::to_string(&Exact(&read)).unwrap();
        assert!(text.contains(r#""money":12.50,"#) && text.contains(r#""balance":1000.00,"#), "{text}");
        for (name, value) in [
            ("id", json!(41)),
            ("device_iden", json!("ujX")),
            ("thread_id", json!("7")),
            ("sms_id", json!("12")),
            ("phone", json!("15881688")),
            ("name", json!("은행")),
            ("content", json!("입금")),
            ("currency", json!("USD")),
            ("depositor", json!("홍길동")),
            ("account", json!("110-***-1")),
            ("sms_time", json!(1_776_817_800)),
            ("status", json!(2)),
            ("check_status", json!(2)),
            ("check_user", json!("kim")),
            ("check_time", json!(1_776_817_802)),
            ("check_note", Value::Null),
            ("order_id", json!("R-1")),
            ("template_id", json!(3)),
            ("source", json!("pushbullet")),
            ("create_time", json!(1_776_817_801)),
            ("update_time", json!(1_776_817_802)),
        ] {
            assert_eq!(read[name], value, "{name}");
        }
        assert!(old(&json!({})).as_object().unwrap().values().all(Value::is_null), "keys are never missing");
    }

    #[test]
    fn what_was_written_in_the_old_server_stands_until_somebody_checks_here() {
        let mut sms = recon();
        sms["check"] = Value::Null;
        sms["money"] = Value::Null;
        sms["balance"] = Value::Null;
        sms["origin"]["currency"] = json!("KRW");
        sms["origin"]["check"] = json!({"by": null, "at": null, "note": "asked the bank"});
        let read = old(&sms);
        let check = ["check_user", "check_time", "check_note"].map(|name| read[name].clone());
        assert_eq!(check, [Value::Null, Value::Null, json!("asked the bank")]);
        assert_eq!((&read["currency"], &read["money"]), (&json!("KRW"), &Value::Null));
    }

    #[test]
    fn candidates_come_with_their_reasons_and_each_order_once() {
        let mut sms = recon();
        assert_eq!(old_with_candidates(&sms)["candidates"], json!([]));
        sms["match"] = json!({
            "candidates": [{"order_id": "R-1", "verdict": "taken", "reason": "Sms 7 has it.", "criteria": []}],
            "near_misses": [
                {"rank": 1, "summary": "Together they ask for it.", "order_ids": ["R-1", "R-2"], "sms_ids": []},
                {"rank": 2, "summary": "One syllable differs.", "order_ids": ["R-2"], "sms_ids": []},
            ],
        });
        let expected = json!([
            {"order_id": "R-1", "verdict": "taken", "reason": "Sms 7 has it."},
            {"order_id": "R-2", "verdict": "near", "reason": "Together they ask for it."},
        ]);
        assert_eq!(old_with_candidates(&sms)["candidates"], expected);
    }

    #[test]
    fn bounds_of_any_size_are_times() {
        let at = "2026-04-22T00:30:00Z";
        assert_eq!((from(1_776_817_800).as_str(), to(1_776_817_799).as_deref()), (at, Some(at)));
        assert_eq!(
            (from(i64::MIN).as_str(), to(i64::MIN).as_deref()),
            ("1970-01-01T00:00:00Z", Some("1970-01-01T00:00:00Z"))
        );
        assert_eq!((from(i64::MAX).parse::<UnixMs>().unwrap().0, to(i64::MAX)), (SECONDS_MAX * 1000, None));
    }

    #[test]
    fn a_check_names_what_is_given_and_no_more() {
        assert_eq!(check(CheckDecision::Reopen, None, None, 3), json!({"decision": "reopen", "version": 3}));
        let full = json!({"decision": "confirm", "version": 3, "order_id": "R-1", "note": "n"});
        assert_eq!(check(CheckDecision::Confirm, Some("R-1"), Some("n"), 3), full);
    }
}
