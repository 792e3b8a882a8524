//! A thread outside of every runtime that ends the process when one of them no longer runs: a synchronous block cannot be
//! aborted from inside.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_rt::Arbiter;

use super::notify;

/// The exit code that says that a runtime was blocked.
pub const EXIT_CODE: i32 = 70;

/// How often the thread looks and each runtime beats.
const TICK: Duration = Duration::from_secs(1);

/// How many looks without a beat are too many: the process is gone within a minute.
const MISSED_MAX: u32 = 58;

/// Watches runtimes from a thread of its own.
#[derive(Clone)]
pub struct Watchdog {
    hearts: Arc<Mutex<Vec<Heart>>>,
    tick: Duration,
}

struct Heart {
    name: String,
    beats: Arc<AtomicU64>,
    seen: u64,
    /// Looks without a beat between them. Looks are counted and not time, so that a process that was paused and goes on
    /// (SIGSTOP, a sleeping machine) is not taken for a blocked one.
    missed: u32,
}

/// A runtime's pulse. Dropped, it is watched no longer.
#[derive(Debug)]
struct Pulse(Arc<AtomicU64>);

impl Watchdog {
    /// Starts the thread. After a minute without a beat of a runtime it logs which, and exits the process with
    /// [`EXIT_CODE`]. As long as all beat it tells systemd that we are alive, where systemd wants to hear.
    pub fn start() -> std::io::Result<Self> {
        Self::start_with(TICK, MISSED_MAX, |name| {
            tracing::error!(thread = name, "a thread has been blocked for too long: the process exits");
            std::process::exit(EXIT_CODE);
        })
    }

    /// The same with its own measures: `blocked` is called, once a look, with the name of the runtime that has missed
    /// `missed_max` looks, one each `tick`.
    pub fn start_with(
        tick: Duration,
        missed_max: u32,
        blocked: impl Fn(&str) + Send + 'static,
    ) -> std::io::Result<Self> {
        let watchdog = Self { hearts: Arc::default(), tick };
        let hearts = Arc::downgrade(&watchdog.hearts);
        let every = notify::wanted_every().map(|interval| interval / 2);
        std::thread::Builder::new().name("watchdog".to_owned()).spawn(move || {
            let mut since_told = Duration::MAX;
            loop {
                std::thread::sleep(tick);
                let Some(hearts) = hearts.upgrade() else { return };
                let stopped = look(&mut hearts.lock().unwrap_or_else(PoisonError::into_inner), missed_max);
                since_told = since_told.saturating_add(tick);
                if let Some(name) = stopped {
                    blocked(&name);
                } else if every.is_some_and(|every| since_told >= every) {
                    notify::alive();
                    since_told = Duration::ZERO;
                }
            }
        })?;
        Ok(watchdog)
    }

    /// Watches an arbiter, for as long as it lives.
    pub fn watch_arbiter(&self, name: &str, arbiter: &Arbiter) {
        // An arbiter that has ended drops the task and with it the pulse.
        arbiter.spawn(self.pulse(name));
    }

    /// What a runtime has to run to be watched: the main one spawns it beside its work.
    #[allow(clippy::missing_panics_doc, reason = "nothing in it panics")]
    pub fn pulse(&self, name: &str) -> impl Future<Output = ()> + Send + use<> {
        let beats = Arc::new(AtomicU64::new(0));
        let heart = Heart { name: name.to_owned(), beats: Arc::clone(&beats), seen: 0, missed: 0 };
        self.hearts.lock().unwrap_or_else(PoisonError::into_inner).push(heart);
        let (pulse, tick) = (Pulse(beats), self.tick);
        async move {
            loop {
                pulse.0.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(tick).await;
            }
        }
    }
}

/// Looks at every heart; the name of one that has missed too many looks.
fn look(hearts: &mut Vec<Heart>, missed_max: u32) -> Option<String> {
    hearts.retain(|heart| Arc::strong_count(&heart.beats) > 1);
    let mut stopped = None;
    for heart in hearts {
        let beats = heart.beats.load(Ordering::Relaxed);
        heart.missed = if beats == heart.seen { heart.missed.saturating_add(1) } else { 0 };
        heart.seen = beats;
        if heart.missed >= missed_max {
            stopped = Some(heart.name.clone());
        }
    }
    stopped
}

impl fmt::Debug for Watchdog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watchdog")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_that_no_longer_beats_is_named_and_one_that_has_ended_is_forgotten() {
        let watchdog = Watchdog { hearts: Arc::default(), tick: TICK };
        let main = watchdog.pulse("main");
        let ended = watchdog.pulse("ended");
        drop(ended);
        let look = |missed_max| look(&mut watchdog.hearts.lock().unwrap(), missed_max);
        assert_eq!(look(3), None);
        assert_eq!(look(3), None);
        assert_eq!(watchdog.hearts.lock().unwrap().len(), 1);
        let beat = watchdog.hearts.lock().unwrap()[0].beats.clone();
        beat.fetch_add(1, Ordering::Relaxed);
        drop(beat);
        assert_eq!(look(3), None, "a beat starts the count anew");
        assert_eq!(look(3), None);
        assert_eq!(look(3), None);
        assert_eq!(look(3), Some("main".to_owned()));
        drop(main);
    }

    #[test]
    fn a_blocked_arbiter_is_found_from_outside() {
        actix_rt::System::new().block_on(async {
            let (blocked, found) = std::sync::mpsc::channel();
            let watchdog = Watchdog::start_with(Duration::from_millis(5), 20, move |name: &str| {
                let _ = blocked.send(name.to_owned());
            })
            .unwrap();
            let (good, bad) = (Arbiter::new(), Arbiter::new());
            watchdog.watch_arbiter("good", &good);
            watchdog.watch_arbiter("bad", &bad);
            let (release, held) = std::sync::mpsc::channel::<()>();
            bad.spawn_fn(move || {
                let _ = held.recv();
            });
            assert_eq!(found.recv_timeout(Duration::from_secs(30)), Ok("bad".to_owned()));
            drop(release);
            good.stop();
            bad.stop();
        });
    }
}
