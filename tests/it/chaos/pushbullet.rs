//! Two phones, the one of an account that encrypts.

use std::collections::BTreeSet;
use std::time::Duration;

use recon::sim::pushbullet::{Quirks, Simulator, Sms};
use serde_json::{Value, json};

use super::{Chaos, chaos};
use crate::support::daemon::Daemon;
use crate::support::texts::BANK;

const TOKEN: &str = "o.token-of-the-chaos";
const SEALED_TOKEN: &str = "o.sealed-token-of-the-chaos";
const PLAIN: &str = "ujzPlain";
const SEALED: &str = "ujzSealed";
const PASSWORD: &str = "hunter2";
/// In percent: opening a long history takes a while in a build without optimisation.
const OF_SEALED: u32 = 10;
const BEAT: Duration = Duration::from_millis(100);

#[test]
fn a_thousand_messages_of_pushbullet_outlive_everything_at_once() {
    let sim = Simulator::start().unwrap();
    sim.quirks(|quirks| quirks.nop_every = BEAT);
    sim.add_phone(TOKEN, "ujPlain", PLAIN, None);
    sim.add_phone(SEALED_TOKEN, "ujSealed", SEALED, Some(PASSWORD));
    let env = vec![
        ("RECON_PUSHBULLET__API_URL", sim.api_url()),
        ("RECON_PUSHBULLET__STREAM_URL", sim.stream_url()),
        ("RECON_PUSHBULLET__SILENCE_TIMEOUT", "500ms".to_owned()),
        ("RECON_PUSHBULLET__SYNC_INTERVAL", "1s".to_owned()),
    ];
    chaos(env, async |chaos| {
        let daemon = chaos.opens().await;
        for (token, iden, password) in [(TOKEN, PLAIN, None), (SEALED_TOKEN, SEALED, Some(PASSWORD))] {
            let device = json!({
                "name": iden, "access_token": token, "device_iden": iden, "encryption_password": password, "line": iden,
            });
            daemon.api.post("/internal/v2/pushbullet/devices", &device).await.expect(201);
        }
        let (daemon, bad) = tokio::join!(chaos.kills_again_and_again(daemon), receives_all(chaos, &sim));
        sim.quirks(|quirks| *quirks = Quirks { nop_every: BEAT, ..Quirks::default() });
        sim.history_catches_up();
        chaos.until(&daemon, "everything is there", async || chaos.is_complete().await).await;
        // What comes last is paired last: after it nothing of what came before can still become a second message.
        for phone in [PLAIN, SEALED] {
            sim.receives(phone, &sms(chaos.next_text(None)));
        }
        chaos
            .until(&daemon, "all have their ids", async || chaos.is_complete().await && all_are_named(&daemon).await)
            .await;
        let quarantined = chaos.compares(&chaos.api().all_messages().await);
        // Each phone keeps for itself what neither can read; what was sent while nobody listened is nowhere.
        assert!(quarantined <= 2 * bad.len(), "{quarantined} of {bad:?}: what cannot be read is kept once");
        assert!(
            !daemon.log().contains("token-of-the-chaos") && !daemon.log().contains(PASSWORD),
            "a secret is in the log"
        );
        chaos.ends(daemon).await;
    });
}

fn sms(body: String) -> Sms {
    let at_s = recon::clock::Clock::system().now().0 / 1000;
    Sms { sender: BANK.to_owned(), body, at_s }
}

/// Whether every message that can be read has the id that it has upstream.
async fn all_are_named(daemon: &Daemon) -> bool {
    let waiting = daemon.api.get("/internal/v2/pushbullet/devices").await.expect(200);
    waiting["items"].as_array().unwrap().iter().all(|device| device["state"] == "running")
        && newest(daemon).await.iter().all(|sighting| sighting["external_id"].is_string())
}

/// The sightings of the newest messages.
async fn newest(daemon: &Daemon) -> Vec<Value> {
    let page = daemon.api.get("/internal/v2/sms?limit=20").await.expect(200);
    let mut sightings = Vec::new();
    for sms in page["items"].as_array().unwrap().iter().filter(|sms| sms["state"] != "quarantined") {
        let detail = daemon.api.get(&format!("/internal/v2/sms/{}", sms["id"])).await.expect(200);
        sightings.extend(detail["sightings"].as_array().unwrap().clone());
    }
    sightings
}

/// Has the phones receive in bursts, each under other quirks; answers what was sent that nobody can read.
async fn receives_all(chaos: &Chaos, sim: &Simulator) -> BTreeSet<String> {
    let (mut bad, mut before) = (BTreeSet::new(), None);
    while chaos.left() > 0 {
        stirs(chaos, sim);
        bad.extend(breaks(chaos, sim));
        let phone = if chaos.chance(OF_SEALED) { SEALED } else { PLAIN };
        let mut burst = Vec::new();
        for _ in 0..(1 + chaos.below(12)).min(chaos.left()) {
            let next = sms(chaos.next_text(before.as_deref()));
            before = Some(next.body.clone());
            burst.push(next);
        }
        match chaos.below(5) {
            0 => burst.iter().for_each(|sms| {
                sim.receives_silently(phone, sms);
            }),
            1 => sim.receives_burst(phone, &burst, true),
            2 => sim.receives_burst(phone, &burst, false),
            _ => burst.iter().for_each(|sms| {
                sim.receives(phone, sms);
            }),
        }
        if chaos.chance(10) {
            sim.only_tells(phone, &burst[0]);
        }
        chaos.pauses(130).await;
    }
    bad
}

/// Other quirks from now on.
fn stirs(chaos: &Chaos, sim: &Simulator) {
    if chaos.chance(50) {
        sim.history_catches_up();
    }
    sim.quirks(|quirks| {
        quirks.twice = chaos.chance(20);
        quirks.no_notifications = chaos.chance(10);
        quirks.empty_notifications = chaos.chance(10);
        quirks.names = chaos.chance(20);
        quirks.no_latest = chaos.chance(20);
        quirks.history_held |= chaos.chance(15);
        quirks.stream_later_s = i64::try_from(chaos.below(4)).unwrap();
        quirks.numeric_ids = chaos.chance(30);
        quirks.float_times = chaos.chance(30);
        quirks.text_flags = chaos.chance(30);
        quirks.strange_frames = chaos.chance(20);
        quirks.silent = chaos.chance(5);
        quirks.stream_status = chaos.chance(5).then_some(502);
        quirks.broken_history = None;
    });
}

/// Something breaks now and then; answers what of it nobody can read.
fn breaks(chaos: &Chaos, sim: &Simulator) -> Option<String> {
    match chaos.below(25) {
        0 | 1 => sim.drops_streams(),
        2 => sim.asks_to_reconnect(),
        3 => sim.quirks(|quirks| quirks.html_answers = 2),
        4 => sim.quirks(|quirks| quirks.limited = 1),
        5 => {
            let frame = format!("no JSON after {}", chaos.sent.get());
            // Both phones hear it, and keep it each.
            sim.sends_frame(&frame);
            return Some(frame);
        }
        6 => {
            let body = format!(r#"{{"threads": {}}}"#, chaos.sent.get());
            sim.quirks(|quirks| quirks.broken_history = Some(body.clone()));
            return Some(body);
        }
        _ => {}
    }
    None
}
