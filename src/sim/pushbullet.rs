//! A Pushbullet of our own: HTTP API and event stream on one port, with every quirk of the real one as a switch.
//!
//! It keeps accounts by access token, their phones, and their conversations; a test or the demo has a phone receive an SMS,
//! and takes away what a network or a server may take away.

mod http;
mod quirks;
mod server;
mod state;
mod stream;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::broadcast;

pub use quirks::Quirks;
use server::Server;
pub use state::{Call, Sms};
use state::{Signal, State};

/// A running simulator. Dropped, it stops.
pub struct Simulator {
    shared: Shared,
    server: Server,
}

/// What the simulator's front and its server share.
#[derive(Clone)]
struct Shared {
    state: Arc<Mutex<State>>,
    signals: broadcast::Sender<Signal>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulator {
    /// Starts one on a free port of this machine.
    ///
    /// # Errors
    /// Where no port can be bound.
    pub fn start() -> std::io::Result<Self> {
        let shared = Shared { state: Arc::default(), signals: broadcast::Sender::new(4096) };
        let server = Server::start(shared.clone())?;
        Ok(Self { shared, server })
    }

    /// What `pushbullet.api_url` is to be.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// What `pushbullet.stream_url` is to be.
    #[must_use]
    pub fn stream_url(&self) -> String {
        format!("ws://{}/websocket", self.server.address())
    }

    /// Adds a phone to the account of that token, which is made where there is none. `password` has its SMS encrypted.
    pub fn add_phone(&self, token: &str, user_iden: &str, device_iden: &str, password: Option<&str>) {
        self.shared.lock().add_phone(token, user_iden, device_iden, password);
    }

    /// Forgets everything, as a fresh one.
    pub fn starts_anew(&self) {
        let mut state = self.shared.lock();
        let mut anew = State::default();
        anew.open_streams = state.open_streams;
        *state = anew;
    }

    /// Changes quirks from now on.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.shared.lock().quirks);
    }

    /// A phone receives an SMS: it is in the history, and the stream tells of it, as the quirks will have it.
    /// Answers its id.
    pub fn receives(&self, device_iden: &str, sms: &Sms) -> u64 {
        let (id, frames) = self.shared.lock().receive(device_iden, sms);
        self.tell(Some(device_iden), frames);
        id
    }

    /// A phone receives an SMS of which the stream does not tell.
    pub fn receives_silently(&self, device_iden: &str, sms: &Sms) -> u64 {
        self.shared.lock().receive(device_iden, sms).0
    }

    /// The stream tells of an SMS that the history does not have.
    pub fn only_tells(&self, device_iden: &str, sms: &Sms) {
        let frames = self.shared.lock().frames_of(device_iden, &[sms]);
        self.tell(Some(device_iden), frames);
    }

    /// A phone receives several SMS before the stream tells: one event with one entry each, or only the last.
    pub fn receives_burst(&self, device_iden: &str, burst: &[Sms], latest_only: bool) {
        let mut state = self.shared.lock();
        for sms in burst {
            state.receive(device_iden, sms);
        }
        let told: Vec<&Sms> = if latest_only { burst.last().into_iter().collect() } else { burst.iter().collect() };
        let frames = state.frames_of(device_iden, &told);
        drop(state);
        self.tell(Some(device_iden), frames);
    }

    /// Lets the history have what `history_held` has kept back.
    pub fn history_catches_up(&self) {
        self.shared.lock().catch_up();
    }

    /// Forgets all but the newest `keep` messages of every conversation.
    pub fn forgets_history(&self, keep: usize) {
        self.shared.lock().forget(keep);
    }

    /// Sends any frame to every stream.
    pub fn sends_frame(&self, frame: &str) {
        self.tell(None, vec![frame.to_owned()]);
    }

    /// Has a server ask for new connections.
    pub fn asks_to_reconnect(&self) {
        self.tell(None, vec![json!({"type": "reconnect"}).to_string()]);
    }

    /// Ends every stream without a farewell.
    pub fn drops_streams(&self) {
        let _ = self.shared.signals.send(Signal::Drop);
    }

    /// Refuses a token from now on; streams that are open stay open, as upstream.
    pub fn revokes(&self, token: &str) {
        self.shared.lock().revoked.insert(token.to_owned());
    }

    /// Takes it again.
    pub fn restores(&self, token: &str) {
        self.shared.lock().revoked.remove(token);
    }

    /// Every call so far, handshakes of the stream included. No tokens.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// How many streams are open now, silent ones included.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.shared.lock().open_streams
    }

    fn tell(&self, device_iden: Option<&str>, frames: Vec<String>) {
        for frame in frames {
            // Nobody may be listening.
            let _ = self.shared.signals.send(Signal::Frame(device_iden.map(str::to_owned), frame));
        }
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator").field("address", &self.server.address()).finish_non_exhaustive()
    }
}

/// An error as Pushbullet words it.
fn error(kind: &str, message: &str) -> Value {
    json!({"error": {"type": kind, "message": message, "cat": "(=^.^=)"}})
}
