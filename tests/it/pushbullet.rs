//! Phones that are heard through Pushbullet, against the simulator: what is heard at once, what the history brings, and what
//! neither loses nor doubles.

mod faults;
mod identity;
mod routes;

use std::time::Duration;

use recon::sim::pushbullet::Quirks;
use serde_json::json;

use crate::support::pushbullet::{PHONE, encrypted_story, pushbullet_story, sms, sms_of};
use crate::support::texts::{deposit, order};

#[test]
fn an_sms_that_the_stream_tells_of_is_matched_and_gets_its_exact_id() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let id = sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        let heard = app.has_messages(1).await.remove(0);
        assert_eq!(heard.decided(), ("matched", "none", Some("R-1")));
        assert_eq!(heard.all["sources"], json!(["pushbullet"]));
        assert_eq!(heard.all["line"], "010-1111-2222");
        app.until("it has its id", async || app.upstream_ids(heard.id).await == [format!("57/sms/{id}")]).await;
        let device = app.get("/internal/v2/pushbullet/devices").await.expect(200)["items"][0].clone();
        assert!(device["last_event_at"].is_string(), "{device}");
        assert_eq!((&device["state"], &device["possible_gap_at"]), (&json!("running"), &json!(null)));
    });
}

#[test]
fn what_the_stream_does_not_tell_of_is_found_in_the_history() {
    pushbullet_story(async |app, sim| {
        app.put_orders(&[order("R-1", "홍길동", 50_000), order("R-2", "김철수", 70_000)]).await;
        app.listens_to(json!({})).await;
        sim.receives_silently(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        app.has_messages(1).await;
        // Only the latest of two is told of, and an event without any content.
        let burst = [sms(&deposit("김철수", 70_000), 2), sms(&deposit("이영희", 90_000), 3)];
        sim.receives_burst(PHONE, &burst, true);
        let heard = app.has_messages(3).await;
        let states: Vec<_> = heard.iter().map(|sms| sms.state.as_str()).collect();
        assert_eq!(states.iter().filter(|state| **state == "matched").count(), 2, "{states:?}");
        for quirk in [
            |quirks: &mut Quirks| quirks.no_notifications = true,
            |quirks: &mut Quirks| quirks.empty_notifications = true,
        ] {
            sim.quirks(quirk);
            let before = app.list("").await.len();
            sim.receives(PHONE, &sms(&deposit("박민수", 10_000 + before as u64), 4));
            app.has_messages(before + 1).await;
        }
    });
}

#[test]
fn what_is_older_than_the_phone_is_stored_and_not_matched_by_itself() {
    pushbullet_story(async |app, sim| {
        sim.receives_silently(PHONE, &sms(&deposit("홍길동", 50_000), -3_600));
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        app.listens_to(json!({})).await;
        let heard = app.has_messages(1).await.remove(0);
        assert!(heard.has("old_event"), "{:?}", heard.flags);
        assert_ne!(heard.state, "matched");
    });
}

#[test]
fn messages_of_an_encrypted_phone_are_read() {
    encrypted_story("hunter2", async |app, sim| {
        sim.receives_silently(PHONE, &sms(&deposit("김철수", 70_000), 0));
        app.listens_to(json!({"encryption_password": "hunter2"})).await;
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        let heard = app.has_messages(2).await;
        assert!(heard.iter().all(|sms| sms.state == "unmatched"), "{heard:?}");
        assert_eq!(app.list("state=quarantined").await.len(), 0);
    });
}

#[test]
fn what_is_encrypted_and_does_not_open_is_kept_for_people() {
    encrypted_story("hunter2", async |app, sim| {
        app.adds_pushbullet(json!({"encryption_password": "another"})).await;
        app.until("its stream is open", async || sim.open_streams() == 1).await;
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        app.until("it is quarantined", async || !app.list("state=quarantined&review=need_check").await.is_empty())
            .await;
    });
}

#[test]
fn outgoing_messages_and_other_senders_do_not_become_deposits() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        sim.receives(PHONE, &sms_of("010-7777-8888", &deposit("홍길동", 50_000), 1));
        let heard = app.has_messages(1).await.remove(0);
        assert_eq!(heard.state, "rejected");
    });
}

/// The time from the phone to the store, with everything in between (issue 3: p99 at most 200 ms).
#[test]
fn what_the_stream_tells_of_is_stored_soon() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        let mut times = Vec::new();
        for number in 0..30 {
            let began = tokio::time::Instant::now();
            sim.receives(PHONE, &sms(&deposit("홍길동", 1_000 + number), 1));
            let count = usize::try_from(number).unwrap() + 1;
            app.until("it is stored", async || app.list("").await.len() == count).await;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        // Loose, since tests share the machine; the middle one says that it does not wait for the history.
        assert!(times[15] < Duration::from_millis(500), "{times:?}");
    });
}
