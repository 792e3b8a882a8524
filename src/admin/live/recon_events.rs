//! Follows recon's event stream and puts on the board what it means for browsers.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::board::Board;
use super::change::{Topic, meaning_of};
use super::sse::{Frame, Reader};
use crate::admin::client::Client;
use crate::supervision::{Child, Context};

/// The kind of this actor, and its id.
pub const KIND: &str = "admin_recon_events";

const PATH: &str = "/internal/v2/events";
/// Recon says something every 15 s.
const SILENCE: Duration = Duration::from_secs(45);
/// Before the second try; doubled for each further one, less a random half.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The actor.
pub struct ReconEvents {
    recon: Arc<Client>,
    board: Arc<Board>,
    /// Tries since a frame was last read.
    tries: u32,
}

/// Why reading is over.
enum Over {
    /// The loop is to stop.
    Stop,
    /// The stream was lost or not to be had, and why.
    Lost(String),
}

impl ReconEvents {
    /// Follows `recon`, and puts what it tells on the `board`.
    #[must_use]
    pub fn new(recon: Arc<Client>, board: Arc<Board>) -> Self {
        Self { recon, board, tries: 0 }
    }

    /// One stream from its opening to its end.
    async fn listen(&mut self, cx: &Context<Self>) -> Over {
        let after = self.board.last_event();
        let opened = tokio::select! {
            opened = self.recon.stream(PATH, after) => opened,
            () = cx.stopped() => return Over::Stop,
        };
        let mut stream = match opened {
            Ok(stream) => stream,
            Err(why) => return Over::Lost(why),
        };
        tracing::info!(resumed = after.is_some(), "recon's events are followed");
        // What is stored comes again from where it was left; how actors stand is not stored.
        let missed = if after.is_some() { &[Topic::Actor][..] } else { Topic::ALL };
        self.board.all_changed(missed);
        self.board.heard(true);
        let mut reader = Reader::default();
        loop {
            let came = tokio::select! {
                came = timeout(SILENCE, stream.chunk()) => came,
                () = cx.stopped() => return Over::Stop,
            };
            let frames = match came {
                Ok(Ok(Some(bytes))) => reader.take(&bytes),
                Ok(Ok(None)) => return Over::Lost("it ended".to_owned()),
                Ok(Err(_)) => return Over::Lost("it broke off".to_owned()),
                Err(_) => return Over::Lost(format!("nothing came for {} s", SILENCE.as_secs())),
            };
            match frames {
                Ok(frames) => {
                    for frame in frames {
                        self.take(&frame);
                        self.tries = 0;
                        cx.succeeded();
                    }
                }
                Err(unreadable) => return Over::Lost(unreadable.to_string()),
            }
        }
    }

    fn take(&self, frame: &Frame) {
        let Frame::Event { id, kind, data } = frame else { return };
        if id.is_some_and(|id| !self.board.follows(id)) {
            tracing::warn!("recon's events have a gap: browsers are to read everything again");
            self.board.all_changed(Topic::ALL);
            self.board.recount();
        }
        let Some(meaning) = meaning_of(kind, data) else {
            tracing::debug!(kind, "an event of recon means nothing here");
            return;
        };
        for (topic, id) in meaning.changed {
            self.board.changed(topic, id);
        }
        if meaning.recount {
            self.board.recount();
        }
    }

    /// How long to wait before the next try.
    fn pause(&mut self) -> Duration {
        let whole = PAUSE_MIN.saturating_mul(1 << self.tries.min(8)).min(PAUSE_MAX);
        self.tries = self.tries.saturating_add(1);
        let half_ms = u64::try_from(whole.as_millis() / 2).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(half_ms + rand::random_range(0..=half_ms))
    }
}

impl Child for ReconEvents {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            cx.tried();
            let over = self.listen(cx).await;
            let was_heard = self.board.is_heard();
            self.board.heard(false);
            match over {
                Over::Stop => return Ok(()),
                Over::Lost(why) if was_heard => tracing::warn!(why, "recon's events are lost; browsers are told so"),
                Over::Lost(why) => tracing::debug!(why, "recon's events cannot be followed yet"),
            }
            let end = Instant::now() + self.pause();
            while !cx.stopping() && Instant::now() < end {
                cx.tried();
                cx.serve_until_nudged(self, end.duration_since(Instant::now())).await;
            }
            if cx.stopping() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::BaseUrl;
    use crate::domain::time::UnixMs;
    use crate::supervision::{Placement, Policy, Spec, Supervision};

    fn events() -> (Arc<Board>, ReconEvents) {
        let (nowhere, board) = (BaseUrl::of_bind("127.0.0.1:9".parse().unwrap()), Arc::new(Board::default()));
        let recon = Client::new("recon", nowhere, Arc::new(|| Err("there is no token".to_owned()))).unwrap();
        (Arc::clone(&board), ReconEvents::new(Arc::new(recon), board))
    }

    fn stored(id: i64) -> Frame {
        Frame::Event { id: Some(id), kind: "phone.changed".to_owned(), data: format!("{{\"id\":{id}}}") }
    }

    fn told(board: &Board) -> String {
        let told = std::iter::from_fn(|| board.take());
        told.map(|refresh| serde_json::to_string(&refresh).unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[tokio::test]
    async fn a_gap_has_everything_read_again() {
        let (board, events) = events();
        events.take(&stored(7));
        events.take(&stored(8));
        assert_eq!(told(&board), r#"{"topic":"phone","ids":[7,8]}"#);
        for (id, is_gap) in [(9, false), (11, true), (12, false), (3, true), (4, false), (4, true)] {
            events.take(&stored(id));
            let told = told(&board);
            assert_eq!(told.matches("[]").count(), if is_gap { 6 } else { 0 }, "{id}: {told}");
            assert_eq!(board.last_event(), Some(id));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hears_nothing_is_not_fresh_but_is_not_frozen_either() {
        let all = async {
            let clock = Clock::following_tokio(UnixMs(0));
            let supervision = Supervision::start(clock, Policy::default(), Placement::Current, "test".to_owned());
            supervision.spawn(Spec::new(KIND, KIND), || async { Ok(events().1) });
            tokio::time::sleep(Duration::from_mins(5)).await;
            let actor = supervision.get(KIND).unwrap();
            assert_eq!((actor.fresh, actor.generation, actor.restarts), (false, 1, 0));
        };
        tokio::task::LocalSet::new().run_until(all).await;
    }
}
