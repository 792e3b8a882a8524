//! A thousand messages of each kind of source through a seeded mix of what goes wrong upstream, on the way and here: the
//! real binary is killed with -9 again and again while its sources go on (issue 3; reliability rows 4, 6, 10, 12, 13, 23).
//!
//! The sources live in the test's process and keep a ledger of their own. When all is quiet, what the daemon lists is held
//! against it: lost 0, doubled 0. CONTRIBUTING says how to run other seeds and larger counts.

mod phones;
mod pushbullet;
mod telegram;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use tokio::time::Instant;

use crate::support::api::{Api, client};
use crate::support::daemon::{Daemon, recon};
use crate::support::texts::{BANK, deposit, deposit_template};

/// How long what is on its way may take once nothing goes wrong any more: a pause of a parked loop, and then some.
const QUIET_WITHIN: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(50);
const DRAINED_WITHIN: Duration = Duration::from_secs(25);

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |number| number.parse().unwrap())
}

/// Where the daemon can be found and what its sources sent it.
struct Chaos {
    random: RefCell<StdRng>,
    /// How many messages are to be sent.
    count: u64,
    kills: u64,
    sent: Cell<u64>,
    /// How often each text was sent.
    ledger: RefCell<BTreeMap<String, usize>>,
    api: RefCell<Option<Api>>,
    dir: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

/// Tells a story of a daemon with these variables beside whatever sends the messages, for a seed that is said.
fn chaos(env: Vec<(&'static str, String)>, tell: impl AsyncFn(&Chaos)) {
    let seed = number("RECON_TEST_SEED", 2026);
    eprintln!("RECON_TEST_SEED={seed}");
    let chaos = Chaos {
        random: RefCell::new(StdRng::seed_from_u64(seed)),
        count: number("RECON_TEST_MESSAGES", 1_000),
        kills: number("RECON_TEST_KILLS", 5),
        sent: Cell::default(),
        ledger: RefCell::default(),
        api: RefCell::default(),
        dir: tempfile::tempdir().unwrap(),
        env,
    };
    drop(client());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tell(&chaos));
}

impl Chaos {
    /// A daemon that serves, over the same files each time.
    async fn starts(&self) -> Daemon {
        let mut command = recon(self.dir.path());
        command.arg("run").envs(self.env.iter().map(|(name, value)| (name, value)));
        let daemon = Daemon::start_as(command, self.dir.path()).await;
        self.api.replace(Some(daemon.api.clone()));
        daemon
    }

    /// A first daemon with the bank's number and template, so that a kill may strike anywhere between post and decision.
    async fn opens(&self) -> Daemon {
        let daemon = self.starts().await;
        daemon.api.add_phone(BANK).await;
        daemon.api.add_template(&deposit_template()).await;
        daemon
    }

    fn api(&self) -> Api {
        self.api.borrow().clone().unwrap()
    }

    /// True in so many of a hundred cases.
    fn chance(&self, percent: u32) -> bool {
        self.random.borrow_mut().random_range(0..100) < percent
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.borrow_mut().random_range(0..bound)
    }

    async fn pauses(&self, ms_max: u64) {
        // Faults and messages come at moments of their own; nothing waits for these.
        let pause = Duration::from_millis(self.below(ms_max));
        tokio::time::sleep(pause).await;
    }

    /// Notes a text in the ledger.
    fn notes(&self, text: &str) {
        *self.ledger.borrow_mut().entry(text.to_owned()).or_default() += 1;
        self.sent.set(self.sent.get() + 1);
    }

    /// The next deposit's text, noted in the ledger. Some are equal to the one before, as two customers' may be.
    fn next_text(&self, before: Option<&str>) -> String {
        let text = match before {
            Some(before) if self.chance(3) => before.to_owned(),
            _ => deposit("홍길동", 10_000 + self.sent.get()),
        };
        self.notes(&text);
        text
    }

    fn left(&self) -> u64 {
        self.count.saturating_sub(self.sent.get())
    }

    /// Kills the daemon with -9, again and again, spread over what is sent; the sources go on while it is away.
    async fn kills_again_and_again(&self, mut daemon: Daemon) -> Daemon {
        for kill in 1..=self.kills {
            let at = self.count * kill / (self.kills + 1);
            while self.sent.get() < at {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            self.pauses(100).await;
            daemon.kill();
            self.pauses(200).await;
            daemon = self.starts().await;
        }
        daemon
    }

    /// Waits until everything has come in, or has been lost for good.
    async fn until(&self, daemon: &Daemon, what: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + QUIET_WITHIN;
        while !is_so().await {
            if Instant::now() >= deadline {
                eprintln!("{}", daemon.log());
                self.compares(&self.api().all_messages().await);
                panic!("it did not come to this within {QUIET_WITHIN:?}: {what}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Everything that was sent is listed.
    async fn is_complete(&self) -> bool {
        let told: usize = self.ledger.borrow().values().sum();
        let total = async |query: &str| {
            let page = self.api().get(&format!("/internal/v2/sms?limit=1&count=true{query}")).await.expect(200);
            usize::try_from(page["total"].as_u64().unwrap()).unwrap()
        };
        total("").await >= told + total("&state=quarantined").await
    }

    /// Holds that every message of the ledger is there as often as it was sent, and nothing else is but what is quarantined;
    /// answers how many those are.
    fn compares(&self, messages: &[Value]) -> usize {
        let (quarantined, read): (Vec<_>, Vec<_>) = messages.iter().partition(|sms| sms["state"] == "quarantined");
        let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
        for sms in &read {
            assert_eq!(sms["sender"], BANK, "{sms}");
            *listed.entry(sms["text"].as_str().unwrap()).or_default() += 1;
        }
        let ledger = self.ledger.borrow();
        let times = |text: &str| ledger.get(text).copied().unwrap_or_default();
        let lost: Vec<_> =
            ledger.iter().filter(|(text, sent)| listed.get(text.as_str()).unwrap_or(&0) < *sent).collect();
        let doubled: Vec<_> = listed.iter().filter(|(text, count)| **count > times(text)).collect();
        assert!(lost.is_empty() && doubled.is_empty(), "lost {lost:?}\ndoubled {doubled:?}");
        eprintln!("{} messages and {} quarantined: lost 0, doubled 0", read.len(), quarantined.len());
        quarantined.len()
    }

    /// Holds the rest of the oracle over a daemon at rest: all is decided, it stops in good order, and the audit chain
    /// verifies.
    async fn ends(&self, mut daemon: Daemon) {
        daemon.settle().await;
        assert!(!daemon.log().contains("panicked"), "{}", daemon.log());
        daemon.terminate();
        assert!(daemon.ends_within(DRAINED_WITHIN).await.success(), "{}", daemon.log());
        let verified = recon(self.dir.path()).args(["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{verified:?}");
    }
}
