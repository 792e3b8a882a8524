//! Supervision in paused time, on one thread; `threads` alone runs on real ones.

mod crash;
mod drain;
mod messages;
mod net;
mod park;
mod restart;
mod stuck;
mod threads;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::Message;
use tokio::task::LocalSet;

use super::*;
use crate::clock::Clock;
use crate::domain::time::UnixMs;

const SECOND: Duration = Duration::from_secs(1);

/// What a probe's instances were told to do when they start, and what happened to them.
#[derive(Default)]
pub(super) struct Ledger {
    /// What `run` does, one entry an instance; empty: it serves.
    runs: Mutex<VecDeque<Run>>,
    made: AtomicUsize,
    alive: AtomicUsize,
    alive_max: AtomicUsize,
    heard: Mutex<Vec<u64>>,
    lines: Mutex<Vec<String>>,
}

#[derive(Clone, Copy)]
enum Run {
    Serve,
    FailToStart,
    PanicAtStart,
    HangAtStart,
    Panic,
    Fail,
    Return,
    Hang,
    /// Waits for nudges at most this long, and reports progress or not.
    Loop(Duration, bool),
    /// Asks to be parked, for the policy's time or this long.
    Park(Option<Duration>),
    /// Tries each period, and never gets anything done.
    Try(Duration),
}

struct Probe {
    ledger: Arc<Ledger>,
    run: Run,
}

impl Ledger {
    fn will(runs: impl IntoIterator<Item = Run>) -> Arc<Self> {
        Arc::new(Self { runs: Mutex::new(runs.into_iter().collect()), ..Self::default() })
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    fn heard(&self) -> Vec<u64> {
        self.heard.lock().unwrap().clone()
    }

    fn say(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Probe {
    async fn make(ledger: Arc<Ledger>) -> anyhow::Result<Self> {
        ledger.made.fetch_add(1, Ordering::SeqCst);
        let run = ledger.runs.lock().unwrap().pop_front().unwrap_or(Run::Serve);
        match run {
            Run::FailToStart => anyhow::bail!("the store is away"),
            Run::PanicAtStart => panic!("no such table\u{1b}"),
            Run::HangAtStart => std::future::pending().await,
            _ => {}
        }
        let alive = ledger.alive.fetch_add(1, Ordering::SeqCst) + 1;
        ledger.alive_max.fetch_max(alive, Ordering::SeqCst);
        Ok(Self { ledger, run })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.ledger.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Child for Probe {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        match self.run {
            Run::Panic => panic!("run gave up"),
            Run::Fail => Err(anyhow::anyhow!("connection refused").context("polling the phone")),
            Run::Park(retry_in) => Err(Park { reason: "the token is refused".to_owned(), retry_in }.into()),
            Run::Try(period) => loop {
                cx.serve_until_nudged(self, period).await;
                cx.tried();
            },
            Run::Return => Ok(()),
            Run::Hang => std::future::pending().await,
            Run::Loop(period, progress) => loop {
                let woke = cx.serve_until_nudged(self, period).await;
                self.ledger.say(format!("{woke:?}"));
                if progress {
                    cx.progress();
                }
            },
            _ => cx.serve_forever(self).await,
        }
    }
}

/// Adds a number to what was heard, and says how many were heard before.
#[derive(Clone, Copy, Message)]
#[rtype(result = "usize")]
struct Hear(u64);

impl Serve<Hear> for Probe {
    fn serve<'a>(&'a mut self, msg: Hear, _cx: &'a mut Context<Self>) -> Serving<'a, usize> {
        let mut heard = self.ledger.heard.lock().unwrap();
        heard.push(msg.0);
        Serving::ready(heard.len() - 1)
    }
}

/// What goes wrong, or takes its time.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
enum Trouble {
    Panic,
    PanicBeside,
    /// A side future of the child panics after this long.
    PanicLater(Duration),
    Take(Duration),
    TakeBeside(Duration),
    Hang,
    HangBeside,
}

impl Serve<Trouble> for Probe {
    fn serve<'a>(&'a mut self, msg: Trouble, cx: &'a mut Context<Self>) -> Serving<'a, ()> {
        match msg {
            Trouble::Panic => panic!("poison"),
            Trouble::PanicBeside => Serving::detached(async {
                tokio::task::yield_now().await;
                panic!("poison beside");
            }),
            Trouble::PanicLater(after) => {
                cx.detach(async move {
                    tokio::time::sleep(after).await;
                    panic!("poison later");
                });
                Serving::ready(())
            }
            Trouble::Take(time) => Serving::exclusive(tokio::time::sleep(time)),
            Trouble::TakeBeside(time) => Serving::detached(tokio::time::sleep(time)),
            Trouble::Hang => Serving::exclusive(std::future::pending()),
            Trouble::HangBeside => Serving::detached(std::future::pending()),
        }
    }
}

/// Runs a test's story where children can run.
async fn on_one_thread<T>(story: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(story).await
}

fn supervision() -> Supervision {
    supervision_with(Policy::default())
}

fn supervision_with(policy: Policy) -> Supervision {
    let clock = Clock::following_tokio(UnixMs(1_776_800_000_000));
    Supervision::start(clock, policy, Placement::Current, "test".to_owned())
}

fn spec() -> Spec {
    Spec::new("probe/1", "probe")
}

fn spawn(supervision: &Supervision, spec: Spec, ledger: &Arc<Ledger>) -> Handle<Probe> {
    let ledger = Arc::clone(ledger);
    supervision.spawn(spec, move || Probe::make(Arc::clone(&ledger)))
}

fn probe(supervision: &Supervision) -> ActorStatus {
    supervision.get("probe/1").unwrap()
}

/// Waits, in paused time, until the probe is as wanted, and says how long that took.
async fn until(supervision: &Supervision, wanted: impl Fn(&ActorStatus) -> bool) -> Duration {
    let begun = tokio::time::Instant::now();
    loop {
        let status = probe(supervision);
        if wanted(&status) {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < SECOND * 3600, "still {status:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn runs(generation: u64) -> impl Fn(&ActorStatus) -> bool {
    move |status| status.state == ActorState::Running && status.generation == generation
}

fn is(state: ActorState) -> impl Fn(&ActorStatus) -> bool {
    move |status| status.state == state
}
