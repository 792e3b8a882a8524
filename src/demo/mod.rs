//! `recon demo`: a made-up shop that the simulators keep busy, and what a daemon made of it.
//!
//! The shop is set up and looked at through the public HTTP API alone, so that it is one more client of the daemon. `day` turns
//! a seed into what is to happen, `tally` holds it against what the daemon says; both are pure. `sources` adds whatever the
//! shop is heard by, `play` lets things happen when their time comes, `watch` reads the running counts.
//!
//! Uses `sim`, `clock` and the names of the wire formats; `cli` starts it beside a daemon.

mod api;
mod day;
mod place;
mod play;
mod sources;
mod tally;
mod watch;

use std::time::Duration;

use crate::clock::Clock;
use crate::sim::pushbullet::Simulator;
use crate::sim::telegram::TelegramSim;

pub use api::Api;
pub use place::Place;
pub use play::{Demo, Say};
pub use tally::{Report, Row, SourceRow};

/// What the demo is to be like.
#[derive(Clone, Debug)]
pub struct DemoPlan {
    /// The same seed and length, the same script.
    pub seed: u64,
    /// How long it lasts; none: day after day until it is stopped.
    pub length: Option<Duration>,
    /// About how many messages a second the banks send.
    pub rate: u32,
}

/// The simulated services that the daemon listens to.
#[derive(Debug)]
pub struct Simulators {
    telegram: TelegramSim,
    pushbullet: Simulator,
}

impl Simulators {
    /// Starts them on free ports of this machine.
    ///
    /// # Errors
    /// Where no port can be bound.
    pub fn start(clock: Clock, seed: u64) -> std::io::Result<Self> {
        Ok(Self { telegram: TelegramSim::start(clock, seed)?, pushbullet: Simulator::start()? })
    }

    /// The configuration of a daemon that is to listen to them.
    #[must_use]
    pub fn settings(&self) -> [(&'static str, String); 3] {
        [
            ("telegram.api_url", self.telegram.url()),
            ("pushbullet.api_url", self.pushbullet.api_url()),
            ("pushbullet.stream_url", self.pushbullet.stream_url()),
        ]
    }
}
