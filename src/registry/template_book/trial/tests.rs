use serde_json::json;

use super::*;
use crate::domain::sms::SmsState;
use crate::domain::time::UnixMs;
use crate::store::testing::{TestStore, base, caller, message, stores};

fn spec(pattern: &str) -> TemplateSpec {
    serde_json::from_value(json!({
        "name": "bank", "kind": "typed", "pattern": pattern, "senders": ["1588-1688"], "direction": "deposit",
        "currency": "KRW", "timezone": "Asia/Seoul",
    }))
    .unwrap()
}

async fn stored(store: &TestStore, sender: &str, state: SmsState, text: &str, read: Option<(i64, i64, &str)>) -> i64 {
    let mut row = message(sender, state, store.now());
    row.text = Some(text.to_owned());
    if let Some((template, amount, name)) = read {
        row.template_id = Some(template);
        row.direction = Some("deposit".to_owned());
        row.currency = Some("KRW".to_owned());
        row.amount = Some(amount);
        row.depositor = Some(name.to_owned());
    }
    store.put_sms(row).await
}

async fn template(store: &TestStore, pattern: &str) -> i64 {
    let answer = store.add_template(&caller("a", None), &spec(pattern), Vec::new()).await.unwrap();
    answer.body["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_backtest_counts_what_would_be_read_anew_no_more_and_otherwise() {
    for store in stores().await {
        let id = template(&store, "입금 {amount}원 {name}").await;
        stored(&store, "15881688", SmsState::Matched, "입금 5,000원 홍길동", Some((id, 5000, "홍길동"))).await;
        let lost =
            stored(&store, "15881688", SmsState::Settled, "입급 5,000원 홍길동", Some((id, 5000, "홍길동"))).await;
        let changed =
            stored(&store, "15881688", SmsState::Unmatched, "입금 6,000원 김철수", Some((id, 600, "김철수"))).await;
        let new = stored(&store, "15881688", SmsState::Unparsed, "입금 7,000원 이영희", None).await;
        stored(&store, "15881688", SmsState::Ignored, "점심 먹자", None).await;
        stored(&store, "15990000", SmsState::Unparsed, "입금 8,000원 박민수", None).await;
        stored(&store, "15881688", SmsState::Rejected, "입금 9,000원 박민수", None).await;
        let before = store.read_messages(&HistoryQuery::default(), 100).await.unwrap();

        let done = backtested((*store).clone(), id, BacktestInput::default()).await.unwrap();
        assert_eq!((done.examined, done.new, done.lost, done.changed), (5, 1, 1, 1));
        let shown: Vec<_> = done.samples.iter().map(|sample| (sample.sms_id, sample.change)).collect();
        assert_eq!(shown, [(new, Change::New), (changed, Change::Changed), (lost, Change::Lost)]);
        let sample = &done.samples[1];
        assert_eq!((sample.before["amount"].as_str(), sample.after["amount"].as_str()), ("600", "6000"));
        assert!(done.samples[0].before.is_empty() && done.samples[2].after.is_empty());
        assert_eq!(done.next_cursor, None);
        assert_eq!(before, store.read_messages(&HistoryQuery::default(), 100).await.unwrap(), "nothing has changed");
    }
}

#[tokio::test]
async fn a_backtest_goes_on_where_it_ended() {
    for store in stores().await {
        let id = template(&store, "입금 {amount}원 {name}").await;
        for n in 1..=7 {
            let mut row = message("15881688", SmsState::Unparsed, store.now());
            row.text = Some(format!("입금 {n}00원 홍길동"));
            row.received_at = base().0 + n * 60_000;
            store.put_sms(row).await;
        }
        let (mut cursor, mut examined) = (None, Vec::new());
        loop {
            let input = BacktestInput { limit: Some(3), cursor, since: None };
            let done = backtested((*store).clone(), id, input).await.unwrap();
            examined.push((done.examined, done.new));
            cursor = done.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(examined, [(3, 3), (3, 3), (1, 1)]);
        let input = BacktestInput { since: Some(UnixMs(base().0 + 6 * 60_000)), ..BacktestInput::default() };
        assert_eq!(backtested((*store).clone(), id, input).await.unwrap().examined, 2);
    }
}

#[tokio::test]
async fn a_backtest_of_nothing_or_beyond_its_bounds_is_refused() {
    let store = &stores().await[0];
    let id = template(store, "입금 {amount}원 {name}").await;
    let refused = async |id, input| backtested((**store).clone(), id, input).await.unwrap_err();
    assert!(matches!(refused(id + 1, BacktestInput::default()).await, Refusal::NotFound(_)));
    for (input, field) in [
        (BacktestInput { limit: Some(0), ..BacktestInput::default() }, "limit"),
        (BacktestInput { limit: Some(BACKTEST_MAX + 1), ..BacktestInput::default() }, "limit"),
        (BacktestInput { cursor: Some("7".to_owned()), ..BacktestInput::default() }, "cursor"),
    ] {
        let Refusal::Invalid(errors) = refused(id, input).await else { panic!("{field}") };
        assert_eq!(errors[0].field, field);
    }
    store.delete_template(&caller("a", None), id).await.unwrap();
    assert!(matches!(refused(id, BacktestInput::default()).await, Refusal::NotFound(_)));
}

#[tokio::test]
async fn a_suggestion_tells_what_it_would_do_to_stored_messages() {
    for store in stores().await {
        let other = template(&store, "입금 {amount}원 {name}").await;
        let new = stored(&store, "15881688", SmsState::Unparsed, "[A] 입금\n7,000\n이영희", None).await;
        stored(&store, "15881688", SmsState::Matched, "입금 5,000원 홍길동", Some((other, 5000, "홍길동"))).await;
        stored(&store, "15990000", SmsState::Unparsed, "[A] 입금\n9,000\n박민수", None).await;
        let input = serde_json::from_value(json!({"senders": ["1588-1688"], "examples": [
            {"text": "[A] 입금\n50,000\n홍길동", "fields": {"amount": "50,000", "name": {"value": "홍길동", "start": 14, "end": 17}}},
            {"text": "[A] 입금\n1,000\n김철수\n잔액 2,000", "fields": {"금액": "1,000", "name": "김철수"}},
        ]}));
        let done = suggested((*store).clone(), input.unwrap()).await.unwrap();
        assert_eq!(done.template.pattern, "[A] 입금\n{amount}\n{name}[[\n잔액 {balance}]]");
        assert_eq!(done.template.samples.len(), 2);
        assert_eq!(done.results[1].fields["balance"], "2000");
        let history = done.history;
        assert_eq!((history.examined, history.matched, history.new, history.changed), (2, 1, 1, 0));
        assert_eq!(history.samples.iter().map(|sample| sample.sms_id).collect::<Vec<_>>(), [new]);
        assert_eq!(history.samples[0].after["name"], "이영희");
        assert_eq!(store.templates_enabled().await.unwrap().len(), 1, "it is not stored");
    }
}

#[tokio::test]
async fn a_suggestion_of_marks_that_are_not_in_the_text_is_refused_by_field() {
    let store = &stores().await[0];
    let input = json!({"examples": [{"text": "입금 5,000", "fields": {"amount": "6,000"}}]});
    let Refusal::Invalid(errors) =
        suggested((**store).clone(), serde_json::from_value(input).unwrap()).await.unwrap_err()
    else {
        panic!("it was taken");
    };
    assert_eq!(errors[0].field, "examples[0].fields.amount");
}
