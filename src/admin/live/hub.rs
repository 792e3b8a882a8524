//! Owns the connections of browsers and tells them what is on the board, at a pace that all of them keep up with or leave.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::Message;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::board::Board;
use crate::supervision::{Child, Context, Serve, Serving};
use crate::telemetry::names;

/// The kind of this actor, and its id.
pub const KIND: &str = "admin_live";

/// Between two refreshes: no second holds more than four, with some room for the way.
const PACE: Duration = Duration::from_millis(260);
/// So many messages wait for a connection that does not read; then it is dropped.
const BUFFER: usize = 32;
/// A connection from which nothing came for so long, though it was pinged twice, is dropped.
const SILENCE: Duration = Duration::from_secs(45);
/// How often connections are looked after where nothing is to be told.
const LOOK: Duration = Duration::from_secs(1);
/// So many connections at once; operators are few.
const CONNECTIONS_MAX: usize = 1_000;

/// What ends a connection whose reader does not read, so that no farewell would get through.
pub type HangUp = Box<dyn Fn() + Send>;

/// When something last came from a connection.
#[derive(Clone, Debug)]
pub struct Seen(Arc<Mutex<Instant>>);

impl Seen {
    fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Something came.
    pub fn again(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn ago(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// The actor.
pub struct Hub {
    board: Arc<Board>,
    connections: Vec<Connection>,
    /// When the next refresh may be told.
    next_refresh: Instant,
    /// The counters that were told last.
    told: serde_json::Value,
}

struct Connection {
    messages: mpsc::Sender<Arc<str>>,
    seen: Seen,
    hang_up: HangUp,
}

impl Connection {
    /// Gives it a message; false where so many wait for it already that it does not read.
    fn give(&self, message: &Arc<str>) -> bool {
        !matches!(self.messages.try_send(Arc::clone(message)), Err(mpsc::error::TrySendError::Full(_)))
    }
}

impl Hub {
    /// Tells what is on the `board`.
    #[must_use]
    pub fn new(board: Arc<Board>) -> Self {
        Self { board, connections: Vec::new(), next_refresh: Instant::now(), told: serde_json::Value::Null }
    }

    fn join(&mut self, hang_up: HangUp) -> Option<Joined> {
        if self.connections.len() >= CONNECTIONS_MAX {
            return None;
        }
        let (messages, receiver) = mpsc::channel(BUFFER);
        let connection = Connection { messages, seen: Seen::now(), hang_up };
        if let Some((_, counters)) = self.board.top_info() {
            connection.give(&counters);
        }
        let seen = connection.seen.clone();
        self.connections.push(connection);
        Some(Joined { messages: receiver, seen })
    }

    fn tell(&mut self, message: &Arc<str>) {
        self.connections.retain(|connection| {
            let reads = connection.give(message);
            if !reads {
                drop_it(connection, "it does not read");
            }
            reads
        });
    }

    /// Tells the counters where they changed since they were told.
    fn tell_counters(&mut self) {
        let Some((value, message)) = self.board.top_info() else { return };
        if !super::board::same_counters(&value, &self.told) {
            self.told = value;
            self.tell(&message);
        }
    }

    /// Tells the next refresh where its time has come.
    fn tell_refresh(&mut self) {
        if self.connections.is_empty() {
            return self.board.forget();
        }
        if Instant::now() < self.next_refresh {
            return;
        }
        if let Some(refresh) = self.board.take() {
            self.tell(&json!({ "event": "refresh", "data": refresh }).to_string().into());
            self.next_refresh = Instant::now() + PACE;
        }
    }

    /// Forgets connections that are gone, and drops those from which nothing comes.
    fn look_after(&mut self) {
        self.connections.retain(|connection| {
            let is_silent = connection.seen.ago() > SILENCE;
            if is_silent {
                drop_it(connection, "it answers no ping");
            }
            !is_silent && !connection.messages.is_closed()
        });
        let count = u32::try_from(self.connections.len()).unwrap_or(u32::MAX);
        metrics::gauge!(names::ADMIN_LIVE_CONNECTIONS).set(count);
    }

    fn wait(&self) -> Duration {
        let until = self.next_refresh.saturating_duration_since(Instant::now());
        if self.board.is_waiting() { until } else { LOOK }
    }
}

fn drop_it(connection: &Connection, why: &'static str) {
    tracing::info!(why, "a browser's live connection is dropped");
    metrics::counter!(names::ADMIN_LIVE_DROPPED).increment(1);
    (connection.hang_up)();
}

impl Child for Hub {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            self.tell_counters();
            self.tell_refresh();
            self.look_after();
            cx.succeeded();
            if cx.stopping() {
                return Ok(());
            }
            let wait = self.wait();
            cx.serve_until_nudged(self, wait).await;
        }
    }
}

impl Serve<Join> for Hub {
    fn serve<'a>(&'a mut self, msg: Join, _cx: &'a mut Context<Self>) -> Serving<'a, Option<Joined>> {
        Serving::ready(self.join(msg.hang_up))
    }
}

/// A browser opened a socket: what it is told, from the counters as they are on; none where there are too many.
#[derive(Message)]
#[rtype(result = "Option<Joined>")]
pub struct Join {
    /// What ends the connection where it does not read.
    pub hang_up: HangUp,
}

/// What a connection is given. Its end is the connection's end.
#[derive(Debug)]
pub struct Joined {
    /// The messages, as they are sent.
    pub messages: mpsc::Receiver<Arc<str>>,
    /// To be told of whatever comes from the browser.
    pub seen: Seen,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::admin::live::change::Topic;

    struct Browser {
        joined: Joined,
        hung_up: Arc<AtomicBool>,
    }

    impl Browser {
        fn join(hub: &mut Hub) -> Self {
            let hung_up = Arc::new(AtomicBool::new(false));
            let flag = Arc::clone(&hung_up);
            let joined = hub.join(Box::new(move || flag.store(true, Ordering::Release))).unwrap();
            Self { joined, hung_up }
        }

        fn told(&mut self) -> Vec<serde_json::Value> {
            std::iter::from_fn(|| self.joined.messages.try_recv().ok())
                .map(|text| serde_json::from_str(&text).unwrap())
                .collect()
        }

        fn is_hung_up(&self) -> bool {
            self.hung_up.load(Ordering::Acquire)
        }
    }

    fn hub() -> (Arc<Board>, Hub) {
        let board = Arc::new(Board::default());
        (Arc::clone(&board), Hub::new(board))
    }

    fn round(hub: &mut Hub) {
        hub.tell_counters();
        hub.tell_refresh();
        hub.look_after();
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_at_most_four_refreshes_a_second_and_names_everything() {
        let (board, mut hub) = hub();
        let mut browser = Browser::join(&mut hub);
        let (mut told_at, mut named) = (Vec::new(), std::collections::BTreeSet::new());
        let began = Instant::now();
        for step in 0..4_000_i64 {
            if step < 1_000 {
                board.changed(if step % 3 == 0 { Topic::Order } else { Topic::Sms }, step);
            }
            round(&mut hub);
            for message in browser.told() {
                told_at.push(began.elapsed());
                named.extend(message["data"]["ids"].as_array().unwrap().iter().map(|id| id.as_i64().unwrap()));
            }
            tokio::time::sleep(hub.wait().min(Duration::from_millis(1))).await;
        }
        assert_eq!(named.len(), 1_000);
        assert!(told_at.windows(5).all(|five| five[4] > five[0] + Duration::from_secs(1)), "{told_at:?}");
        assert!(told_at.len() >= 4, "{told_at:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_does_not_read_is_dropped_and_holds_up_nobody() {
        let (board, mut hub) = hub();
        let (mut reader, mut idle) = (Browser::join(&mut hub), Browser::join(&mut hub));
        for id in 0..=32 {
            board.changed(Topic::Sms, id);
            round(&mut hub);
            assert_eq!(reader.told().len(), 1, "{id}");
            tokio::time::advance(PACE).await;
        }
        assert!(idle.is_hung_up() && !reader.is_hung_up());
        assert_eq!(idle.told().len(), BUFFER, "what waited for it is bounded");
        assert!(idle.joined.messages.is_closed(), "its end is told");
        assert_eq!(hub.connections.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_answers_no_ping_is_dropped() {
        let (_board, mut hub) = hub();
        let (answering, silent) = (Browser::join(&mut hub), Browser::join(&mut hub));
        tokio::time::advance(Duration::from_secs(40)).await;
        answering.joined.seen.again();
        round(&mut hub);
        assert!(!silent.is_hung_up());
        tokio::time::advance(Duration::from_secs(6)).await;
        round(&mut hub);
        assert!(silent.is_hung_up() && !answering.is_hung_up());
        drop(answering);
        round(&mut hub);
        assert!(hub.connections.is_empty(), "one that went away is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn the_counters_come_first_and_again_where_they_changed() {
        let (board, mut hub) = hub();
        board.counted(json!({"loops_stale_cnt": 1, "as_of": 5}));
        round(&mut hub);
        let mut browser = Browser::join(&mut hub);
        assert_eq!(browser.told(), [json!({"event": "top_info", "data": {"loops_stale_cnt": 1, "as_of": 5}})]);
        board.counted(json!({"loops_stale_cnt": 1, "as_of": 6}));
        round(&mut hub);
        assert!(browser.told().is_empty(), "the same counters at a later time are no news");
        board.counted(json!({"loops_stale_cnt": 2, "as_of": 7}));
        round(&mut hub);
        assert_eq!(browser.told()[0]["data"]["loops_stale_cnt"], 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_changed_while_nobody_was_there_is_not_told() {
        let (board, mut hub) = hub();
        board.changed(Topic::Sms, 1);
        round(&mut hub);
        let mut browser = Browser::join(&mut hub);
        round(&mut hub);
        assert!(browser.told().is_empty());
    }
}
