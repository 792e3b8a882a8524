//! Reliability row 4: a bot whose token is refused is tried once in five minutes, and comes back by itself.

use std::time::Duration;

use secrecy::SecretString;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::family::Telegram;
use super::poller;
use super::take::Stores;
use crate::clock::Clock;
use crate::config::BaseUrl;
use crate::domain::source::{SourceKind, SourceRef};
use crate::pipeline::inbox::Inbox;
use crate::sim::telegram::TelegramSim;
use crate::sources::claim::Claim;
use crate::sources::family::{Family as _, Wanted, loop_id};
use crate::store::telegram::NewBot;
use crate::store::testing::{TestStore, base, caller, sqlite_store};
use crate::supervision::{ActorState, Nudger, Placement, Policy, Spec, Supervision};

const TOKEN: &str = "1001:token";
const RETRY: Duration = Duration::from_mins(5);

/// A bot's loop as the roster starts it, against the simulator.
struct Bot {
    sim: TelegramSim,
    supervision: Supervision,
    actor: String,
}

impl Bot {
    async fn start(store: &TestStore, webhook: bool) -> Self {
        let sim = TelegramSim::start(Clock::moved_by_hand(base()).0, 1).unwrap();
        sim.add_bot(TOKEN);
        sim.revoke(TOKEN);
        let new = NewBot {
            name: "bank".to_owned(),
            token: SecretString::from(TOKEN),
            chat_ids: Vec::new(),
            line: None,
            enabled: true,
            webhook_secret: webhook.then(|| SecretString::from("a-secret")),
            username: None,
            warnings: Vec::new(),
        };
        store.add_bot(&caller("kim", None), &new).await.unwrap();
        let (id, revision) = store.bots_to_run().await.unwrap()[0];
        let supervision = Supervision::start(
            Clock::following_tokio(base()),
            Policy::default(),
            Placement::Current,
            "test".to_owned(),
        );
        let of = (**store).clone();
        let inbox = supervision.spawn(Spec::new("inbox", "inbox"), move || {
            let child = Inbox::new(of.clone(), Nudger::none(), Duration::from_mins(3));
            async move { Ok(child) }
        });
        let stores = Stores { store: (**store).clone(), inbox };
        let api_url = BaseUrl::parse(&sim.url(), &["http"]).unwrap();
        let family = Telegram::new(stores, api_url, Duration::from_millis(50), "https://recon.example.com");
        let source = SourceRef { kind: SourceKind::Telegram, id };
        family.start(&supervision, Wanted { id, revision }, &Claim::alone(source));
        Self { sim, supervision, actor: loop_id(poller::KIND, id) }
    }

    fn calls(&self) -> usize {
        self.sim.calls(TOKEN).len()
    }

    fn state(&self) -> ActorState {
        self.supervision.get(&self.actor).unwrap().state
    }

    async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {:?}", self.supervision.get(&self.actor));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Time goes by at once. It runs in between, since a paused clock leaps over every answer that is waited for.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_refused_bot_calls_once_in_five_minutes_and_comes_back_by_itself() {
    LocalSet::new()
        .run_until(Box::pin(async {
            for webhook in [false, true] {
                let store = sqlite_store().await;
                let bot = Bot::start(&store, webhook).await;
                for calls in 1..=4 {
                    bot.until("it is asked for once", || bot.calls() >= calls && bot.state() == ActorState::Parked)
                        .await;
                    assert_eq!(bot.calls(), calls, "one call each five minutes");
                    pass(RETRY.saturating_sub(Duration::from_secs(30))).await;
                    assert_eq!(bot.state(), ActorState::Parked, "not before its time");
                    if calls == 4 {
                        bot.sim.restore(TOKEN);
                    }
                    pass(Duration::from_secs(31)).await;
                }
                if webhook {
                    bot.until("the webhook stands", || bot.sim.webhook_secret(TOKEN).is_some()).await;
                } else {
                    let channel = bot.sim.add_channel("은행");
                    bot.sim.join(TOKEN, channel);
                    bot.sim.post(channel, "입금 50,000원 홍길동");
                    bot.until("it is read", || bot.sim.pending(TOKEN) == 0).await;
                }
                assert_eq!(bot.state(), ActorState::Running);
            }
        }))
        .await;
}
