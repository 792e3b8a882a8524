use super::*;
use crate::contract::system::AuditFilter;
use crate::domain::sms::SmsState;
use crate::domain::source::SourceRef;
use crate::store::testing::{TestStore, caller, message, shooter, stores};

fn input(name: &str, secret: Option<&str>) -> DeviceInput {
    DeviceInput { name: name.to_owned(), line: Some("counter".to_owned()), secret: secret.map(str::to_owned) }
}

async fn add(store: &TestStore, name: &str, token: &str, secret: Option<&str>) -> i64 {
    let urls = BTreeMap::from([("recon".to_owned(), format!("http://x/ingest/{token}/recon"))]);
    let answer = store.add_device(&caller("a", None), &input(name, secret), token, urls).await.unwrap();
    assert_eq!((answer.status, &answer.body["trusted"]), (201, &true.into()));
    assert_eq!(answer.body["device_token"], token);
    answer.body["id"].as_i64().unwrap()
}

/// The token and URLs that a device would get with its trust.
fn own() -> (String, BTreeMap<String, String>) {
    let urls = BTreeMap::from([("recon".to_owned(), "http://x/ingest/own-token/recon".to_owned())]);
    ("own-token".to_owned(), urls)
}

async fn brought(store: &TestStore, by: &[SourceRef], state: SmsState) -> i64 {
    let id = store.put_sms(message("1588-1688", state, store.now())).await;
    for source in by {
        store.put_sighting(id, *source, store.now()).await;
    }
    id
}

#[tokio::test]
async fn an_added_device_is_known_by_its_token_and_signs_with_its_secret() {
    for store in stores().await {
        let id = add(&store, "counter-1", "token-1", Some("canary-secret")).await;
        let known = store.known_devices().await.unwrap();
        let device = &known.by_token[&hash_token("token-1")];
        assert_eq!((device.id, device.trusted), (id, true));
        assert_eq!(device.secret, Some(DeviceSecret("canary-secret".to_owned())));
        assert!(!format!("{known:?}").contains("canary"), "a secret stands in debug output");

        let row = shooter_device::Entity::find_by_id(id).one(store.reader()).await.unwrap().unwrap();
        let sealed = row.secret.unwrap();
        assert!(!sealed.windows(6).any(|bytes| bytes == b"canary"), "the secret is readable at rest");
        let audit = store.audit_page(&AuditFilter::default(), PageRequest::default()).await.unwrap();
        let entry = serde_json::to_string(&audit.items).unwrap();
        assert!(!entry.contains("canary") && !entry.contains("token-1"), "{entry}");
        assert_eq!(audit.items[0].subject, format!("shooter_device/{id}"));
    }
}

#[tokio::test]
async fn the_answer_that_shows_a_token_is_repeated_but_unreadable_at_rest() {
    for store in stores().await {
        let asks = caller("a", Some(("POST devices k", 1)));
        let first = store.add_device(&asks, &input("n", None), "first-token", BTreeMap::new()).await.unwrap();
        let repeat = store.add_device(&asks, &input("n", None), "second-token", BTreeMap::new()).await.unwrap();
        assert!(repeat.replayed);
        assert_eq!(repeat.body["device_token"], first.body["device_token"]);
        assert_eq!(store.known_devices().await.unwrap().by_token.len(), 1);
        let saved = entity::idempotency::Entity::find().one(store.reader()).await.unwrap().unwrap();
        assert!(!saved.answer.windows(5).any(|bytes| bytes == b"first"));
    }
}

#[tokio::test]
async fn a_device_enrols_once_untrusted_and_no_token_reaches_it() {
    for store in stores().await {
        let first = store.enrol_device("phone-7", 100).await.unwrap();
        let second = store.enrol_device("phone-7", 100).await.unwrap();
        assert_eq!(first, second);
        assert!(!first.trusted);
        let known = store.known_devices().await.unwrap();
        assert_eq!(known.enrolled["phone-7"].id, first.id);
        assert!(known.by_token.is_empty());
        let audit = store.audit_page(&AuditFilter::default(), PageRequest::default()).await.unwrap();
        assert_eq!(audit.items.len(), 1, "only the enrolment itself is recorded");
    }
}

#[tokio::test]
async fn trust_lets_the_held_messages_of_that_device_flow_and_no_others() {
    for store in stores().await {
        let device = store.enrol_device("phone-7", 100).await.unwrap().id;
        let other = store.enrol_device("phone-8", 100).await.unwrap().id;
        let held = brought(&store, &[shooter(device)], SmsState::Held).await;
        let others = brought(&store, &[shooter(other)], SmsState::Held).await;

        let answer = store.set_trust(&caller("김철수", None), device, true, own()).await.unwrap();

        assert_eq!(
            (answer.status, &answer.body["trusted"], &answer.body["enrolled"]),
            (200, &true.into(), &false.into())
        );
        assert_eq!(store.state_of(held).await, SmsState::Received);
        assert_eq!(store.state_of(others).await, SmsState::Held);
        let known = store.known_devices().await.unwrap();
        assert!(known.by_token[&hash_token("own-token")].trusted);
        assert_eq!(known.enrolled.keys().collect::<Vec<_>>(), ["phone-8"]);
        let history = store.sms_detail(held).await.unwrap().unwrap().history;
        assert_eq!(history.last().unwrap().to, "received");
    }
}

/// Whoever knows the enrolment token can give any name: the name of a trusted phone must not be enough to speak for it.
#[tokio::test]
async fn a_trusted_phone_is_known_by_its_own_token_and_its_name_is_anybody_s() {
    for store in stores().await {
        let phone = store.enrol_device("phone-7", 100).await.unwrap().id;
        let asks = caller("a", Some(("POST trust k", 1)));
        let first = store.set_trust(&asks, phone, true, own()).await.unwrap();
        assert_eq!(first.body["device_token"], "own-token");
        assert_eq!(first.body["ingest_urls"]["recon"], "http://x/ingest/own-token/recon");
        let saved = entity::idempotency::Entity::find().one(store.reader()).await.unwrap().unwrap();
        assert!(!saved.answer.windows(9).any(|bytes| bytes == b"own-token"), "the token is readable at rest");
        let other = store.enrol_device("phone-7", 100).await.unwrap();
        assert!(other.id != phone && !other.trusted);
        // It keeps its token: neither a distrust nor another trust gives it a new one.
        for trusted in [false, true] {
            let again = ("other-token".to_owned(), BTreeMap::new());
            let answer = store.set_trust(&caller("a", None), phone, trusted, again).await.unwrap();
            assert!(answer.body.get("device_token").is_none() && answer.body.get("ingest_urls").is_none());
            assert_eq!(store.known_devices().await.unwrap().by_token[&hash_token("own-token")].trusted, trusted);
        }
        let audit = store.audit_page(&AuditFilter::default(), PageRequest::default()).await.unwrap();
        assert!(!serde_json::to_string(&audit.items).unwrap().contains("own-token"));
    }
}

#[tokio::test]
async fn no_more_phones_register_themselves_than_may_wait() {
    for store in stores().await {
        let first = store.enrol_device("phone-1", 2).await.unwrap();
        store.enrol_device("phone-2", 2).await.unwrap();
        let refused = store.enrol_device("phone-3", 2).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::TooMany(_)))), "{refused:?}");
        assert_eq!(store.enrol_device("phone-1", 2).await.unwrap(), first, "who waits already is found");
        store.set_trust(&caller("a", None), first.id, true, own()).await.unwrap();
        store.enrol_device("phone-3", 2).await.unwrap();
    }
}

#[tokio::test]
async fn distrust_holds_what_is_not_final_and_only_that_device_brought() {
    for store in stores().await {
        let device = add(&store, "counter-1", "t1", None).await;
        let trusted = add(&store, "counter-2", "t2", None).await;
        let mut hold = Vec::new();
        for state in [SmsState::Received, SmsState::Accepted, SmsState::Unparsed, SmsState::Parsed, SmsState::Matched] {
            hold.push(brought(&store, &[shooter(device)], state).await);
        }
        let mut keep = Vec::new();
        for state in [SmsState::Settled, SmsState::Rejected, SmsState::Ignored] {
            keep.push((brought(&store, &[shooter(device)], state).await, state));
        }
        let both = brought(&store, &[shooter(device), shooter(trusted)], SmsState::Accepted).await;
        keep.push((both, SmsState::Accepted));
        let mut confirmed = message("1588-1688", SmsState::Matched, store.now());
        confirmed.review = "confirmed".to_owned();
        confirmed.review_by = Some("이영희".to_owned());
        let confirmed = store.put_sms(confirmed).await;
        store.put_sighting(confirmed, shooter(device), store.now()).await;
        keep.push((confirmed, SmsState::Matched));

        store.set_trust(&caller("a", None), device, false, own()).await.unwrap();

        for id in hold {
            assert_eq!(store.state_of(id).await, SmsState::Held, "sms {id}");
        }
        for (id, state) in keep {
            assert_eq!(store.state_of(id).await, state, "sms {id}");
        }
    }
}

#[tokio::test]
async fn distrust_ends_the_match_and_has_its_amount_decided_again() {
    for store in stores().await {
        let device = add(&store, "counter-1", "t1", None).await;
        let mut row = message("1588-1688", SmsState::Matched, store.now());
        row.direction = Some("deposit".to_owned());
        row.currency = Some("KRW".to_owned());
        row.amount = Some(50_000);
        row.order_id = Some("R-1".to_owned());
        let id = store.put_sms(row).await;
        store.put_sighting(id, shooter(device), store.now()).await;
        let pair = entity::sms_match::ActiveModel {
            id: NotSet,
            sms_id: Set(id),
            order_id: Set("R-1".to_owned()),
            active: Set(true),
            made_by: Set("order_matcher".to_owned()),
            made_at: Set(store.now().0),
            timing: Set("in_window".to_owned()),
            released_at: Set(None),
            release_reason: Set(None),
        };
        store.write(async |txn| Ok(entity::sms_match::Entity::insert(pair).exec(txn).await?)).await.unwrap();

        store.set_trust(&caller("a", None), device, false, own()).await.unwrap();

        let row = store.sms_row(id).await.unwrap().unwrap();
        assert_eq!((row.state.as_str(), row.order_id, row.amount), ("held", None, None));
        let pair = entity::sms_match::Entity::find().one(store.reader()).await.unwrap().unwrap();
        assert!(!pair.active);
        let bucket = entity::match_bucket::Entity::find().one(store.reader()).await.unwrap().unwrap();
        assert_eq!((bucket.currency.as_str(), bucket.amount), ("KRW", 50_000));
    }
}

#[tokio::test]
async fn a_message_held_while_its_device_was_being_trusted_is_let_go_later() {
    for store in stores().await {
        let device = add(&store, "counter-1", "t1", None).await;
        let untrusted = store.enrol_device("phone-7", 100).await.unwrap().id;
        let late = brought(&store, &[shooter(device)], SmsState::Held).await;
        let held = brought(&store, &[shooter(untrusted)], SmsState::Held).await;
        assert_eq!(store.release_trusted().await.unwrap(), 1);
        assert_eq!(store.state_of(late).await, SmsState::Received);
        assert_eq!(store.state_of(held).await, SmsState::Held);
        assert_eq!(store.release_trusted().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_device_was_last_seen_when_it_last_delivered() {
    for store in stores().await {
        let device = add(&store, "counter-1", "t1", None).await;
        add(&store, "counter-2", "t2", None).await;
        let seen = async |store: &TestStore| {
            let page = store.device_page(PageRequest::default()).await.unwrap();
            page.items.into_iter().rev().map(|device| device.last_seen_at).collect::<Vec<_>>()
        };
        store.note_devices_seen(&jiff::tz::TimeZone::UTC).await.unwrap();
        assert_eq!(seen(&store).await, [None, None]);
        let at = UnixMs(store.now().0 - 5_000);
        let id = store.put_sms(message("1588-1688", SmsState::Received, at)).await;
        store.put_sighting(id, shooter(device), at).await;
        store.note_devices_seen(&jiff::tz::TimeZone::UTC).await.unwrap();
        assert_eq!(seen(&store).await, [Some(at), None]);
        let commits = store.commits();
        store.note_devices_seen(&jiff::tz::TimeZone::UTC).await.unwrap();
        assert!(!commits.has_changed().unwrap(), "nothing new, nothing written");
    }
}

#[tokio::test]
async fn a_deleted_device_is_unknown_and_its_messages_stay() {
    for store in stores().await {
        let device = add(&store, "counter-1", "t1", None).await;
        let id = brought(&store, &[shooter(device)], SmsState::Parsed).await;
        let before = store.devices_revision().await.unwrap();
        store.delete_device(&caller("a", None), device).await.unwrap();
        assert!(store.known_devices().await.unwrap().by_token.is_empty());
        assert_eq!(store.devices_revision().await.unwrap(), before + 1);
        assert_eq!(store.state_of(id).await, SmsState::Parsed);
        for again in [
            store.delete_device(&caller("a", None), device).await,
            store.set_trust(&caller("a", None), device, true, own()).await,
        ] {
            assert!(matches!(again, Err(Refusal::NotFound(_))), "{again:?}");
        }
    }
}
