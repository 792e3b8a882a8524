//! Whom intake believes, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::contract::device::DeviceInput;
use crate::domain::sms::SmsState;
use crate::domain::source::SourceKey;
use crate::pipeline::inbox::TakenAs;
use crate::store::testing::{TestStore, base, caller, shooter, stores};

const WINDOW: Duration = Duration::from_mins(3);

async fn device(store: &TestStore, name: &str, trusted: bool) -> i64 {
    let input = DeviceInput { name: name.to_owned(), line: Some("line-1".to_owned()), secret: None };
    let added = store.add_device(&caller("a", None), &input, name, BTreeMap::new()).await.unwrap();
    let id = added.body["id"].as_i64().unwrap();
    store.trust_device(&caller("a", None), id, trusted).await.unwrap();
    id
}

/// What a request brings whose device was looked up a moment ago.
fn brings(device: i64, was_trusted: bool, sender: &str, key: &str) -> Deliver {
    let delivery = Delivery {
        key: SourceKey::from_id(key),
        external_id: None,
        format: "recon",
        sender: sender.to_owned(),
        text: Some("입금 50,000원 홍길동".to_owned()),
        line: None,
        received_at: base(),
        raw: None,
        quarantine: None,
        old_event: false,
    };
    let line = Some("line-1".to_owned());
    Deliver::new(shooter(device), line, was_trusted, vec![delivery])
}

async fn taken(store: &TestStore, deliver: Deliver) -> (i64, TakenAs) {
    let taken = store.take(Arc::new([deliver]), WINDOW).await.unwrap().remove(0).remove(0);
    (taken.sms_id.unwrap(), taken.status)
}

/// INV-I6.
#[tokio::test]
async fn trust_is_what_it_is_when_the_message_is_stored() {
    for store in stores().await {
        let distrusted = device(&store, "counter-1", false).await;
        let (id, status) = taken(&store, brings(distrusted, true, "15881688", "a")).await;
        assert_eq!((store.state_of(id).await, status), (SmsState::Held, TakenAs::Held));
        let trusted = device(&store, "counter-2", true).await;
        let (same, status) = taken(&store, brings(trusted, false, "15881688", "a")).await;
        assert_eq!((same, store.state_of(id).await, status), (id, SmsState::Received, TakenAs::Stored));
        let (gone, status) = taken(&store, brings(99, false, "15889999", "a")).await;
        assert_eq!((store.state_of(gone).await, status), (SmsState::Held, TakenAs::Held), "a deleted device");
    }
}

/// INV-I6: else a phone that nobody trusts could lead a text past the whitelist.
#[tokio::test]
async fn a_device_that_is_not_trusted_says_of_no_message_who_sent_it() {
    for trusted_first in [true, false] {
        for store in stores().await {
            let (trusted, doubtful) = (device(&store, "a", true).await, device(&store, "b", false).await);
            let mut both = [brings(trusted, true, "", "a"), brings(doubtful, false, "15881688", "a")];
            if !trusted_first {
                both.reverse();
            }
            let mut ids = BTreeSet::new();
            for deliver in both {
                ids.insert(taken(&store, deliver).await.0);
            }
            assert_eq!(ids.len(), 1, "one message");
            let row = store.sms_row(*ids.first().unwrap()).await.unwrap().unwrap();
            assert_eq!((row.state.as_str(), row.sender_key.as_str()), ("received", ""), "{trusted_first}");
            // A source that is trusted does say so.
            let other = device(&store, "c", true).await;
            let (id, _) = taken(&store, brings(other, true, "15881688", "a")).await;
            assert_eq!(store.sms_row(id).await.unwrap().unwrap().sender_key, "15881688");
        }
    }
}
