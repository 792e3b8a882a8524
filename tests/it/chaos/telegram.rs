//! A bot in a channel, in the group where the channel is discussed, and in a group that becomes a supergroup.

use recon::clock::Clock;
use recon::sim::telegram::TelegramSim;
use recon::sim::telegram::fault::Quirks;
use serde_json::json;

use super::{Chaos, chaos, number};
use crate::support::texts::BANK;

const TOKEN: &str = "1001:AAE-token-of-the-chaos";

#[test]
fn a_thousand_messages_of_a_bot_outlive_everything_at_once() {
    drop(crate::support::api::client());
    let sim = TelegramSim::start(Clock::system(), number("RECON_TEST_SEED", 2026)).unwrap();
    sim.add_bot(TOKEN);
    sim.turn_privacy_off(TOKEN);
    // What nobody can read is pushed below, where it is counted.
    sim.set_quirks(Quirks { undecodable: 0, ..Quirks::all() });
    let env = vec![("RECON_TELEGRAM__API_URL", sim.url()), ("RECON_TELEGRAM__POLL_TIMEOUT", "1s".to_owned())];
    chaos(env, async |chaos| {
        let daemon = chaos.opens().await;
        daemon
            .api
            .post("/internal/v2/telegram/bots", &json!({"name": "KB", "token": TOKEN, "line": "line-1"}))
            .await
            .expect(201);
        let (daemon, bad) = tokio::join!(chaos.kills_again_and_again(daemon), posts_all(chaos, &sim));
        sim.set_quirks(Quirks::default());
        chaos.until(&daemon, "Telegram holds nothing back", async || sim.pending(TOKEN) == 0).await;
        assert_eq!(chaos.compares(&chaos.api().all_messages().await), bad, "what cannot be read is kept, each once");
        assert_eq!(sim.expired(TOKEN), 0);
        assert!(!daemon.log().contains("AAE-token"), "the token is in the log");
        chaos.ends(daemon).await;
    });
}

/// Posts in bursts, and answers how many updates nobody can read.
async fn posts_all(chaos: &Chaos, sim: &TelegramSim) -> usize {
    let channel = sim.add_channel("KB 알림");
    let discussion = sim.add_group("KB 이야기");
    let mut room = sim.add_group("KB 방");
    for chat in [channel, discussion, room] {
        sim.join(TOKEN, chat);
    }
    sim.discuss(channel, discussion);
    let (mut bad, mut before, mut upgraded) = (0, None, false);
    while chaos.left() > 0 {
        for _ in 0..chaos.below(20).min(chaos.left()) {
            let text = chaos.next_text(before.as_deref());
            let chat = if chaos.chance(25) { room } else { channel };
            sim.post(chat, &format!("sms from {BANK} with text: \"{text}\""));
            before = Some(text);
        }
        if chaos.chance(10) {
            bad += 1;
            sim.push_raw(TOKEN, r#"{"update_id":ID,"channel_post":{"message_id":"x","text":["입금"]}}"#);
        }
        if !upgraded && chaos.left() < chaos.count / 2 {
            (room, upgraded) = (sim.upgrade(room), true);
        }
        chaos.pauses(150).await;
    }
    bad
}
