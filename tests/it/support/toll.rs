//! A way to a server on which answers get lost: it understands HTTP, and does to each request what a story wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::api::client;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes to the server, and the answer comes back.
    Passes,
    /// It goes to the server, and the answer is cut off on its way back.
    AnswerLost,
    /// It goes nowhere, and the connection is closed without a word.
    Lost,
    /// It goes nowhere, and this status is answered, with this header line.
    Answered(u16, &'static str),
}

/// A request that came by.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub key: Option<String>,
    pub fate: Fate,
}

impl Seen {
    /// Whether it asks for an approval.
    pub fn approves(&self) -> bool {
        self.path.ends_with("/approve")
    }
}

type Decide = Box<dyn FnMut(&Seen) -> Fate + Send>;

struct State {
    server: String,
    decide: Decide,
    seen: Vec<Seen>,
}

/// Stands between two until it is dropped.
pub struct Toll {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Toll {
    /// One on which everything passes, to a server that is named later.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let decide: Decide = Box::new(|_| Fate::Passes);
        let state = Arc::new(Mutex::new(State { server: String::new(), decide, seen: Vec::new() }));
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! { () = serve(listener, shared) => {}, _ = stopped => {} }
            });
        });
        Self { address, state, _stop: stop }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to the server at this base from now on.
    pub fn leads_to(&self, base: &str) {
        base.clone_into(&mut self.state.lock().unwrap().server);
    }

    /// Does this to requests from now on.
    pub fn does(&self, decide: impl FnMut(&Seen) -> Fate + Send + 'static) {
        self.state.lock().unwrap().decide = Box::new(decide);
    }

    /// Everything that came by.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// How many approvals were asked for.
    pub fn approvals(&self) -> usize {
        self.seen().iter().filter(|seen| seen.approves()).count()
    }
}

async fn serve(listener: std::net::TcpListener, state: Arc<Mutex<State>>) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let (http, mut connections) = (client(), JoinSet::new());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        while connections.try_join_next().is_some() {}
        connections.spawn(pass(stream, Arc::clone(&state), http.clone()));
    }
}

async fn pass(mut stream: TcpStream, state: Arc<Mutex<State>>, http: reqwest::Client) {
    let Some((head, body)) = read(&mut stream).await else { return };
    let mut first = head.lines().next().unwrap_or_default().split(' ');
    let (method, path) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default().to_owned());
    let headers: Vec<(&str, &str)> = head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
    let header =
        |name: &str| headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
    let mut seen = Seen { path: path.clone(), key: header("idempotency-key").map(str::to_owned), fate: Fate::Passes };
    let (fate, server) = {
        let mut state = state.lock().unwrap();
        seen.fate = (state.decide)(&seen);
        state.seen.push(seen.clone());
        (seen.fate, state.server.clone())
    };
    let (status, line, text) = match fate {
        Fate::Lost => return,
        Fate::Answered(status, line) => (status, line, "{}".to_owned()),
        Fate::Passes | Fate::AnswerLost => {
            // Who starts before its server is named waits for it.
            let mut server = server;
            while server.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
                server = state.lock().unwrap().server.clone();
            }
            let mut request = http.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{server}{path}"));
            for name in ["authorization", "content-type", "idempotency-key", "x-operator"] {
                if let Some(value) = header(name) {
                    request = request.header(name, value);
                }
            }
            let Ok(answer) = request.body(body).send().await else { return };
            let status = answer.status().as_u16();
            (status, "", answer.text().await.unwrap_or_default())
        }
    };
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\n{line}content-length: {}\r\n\r\n",
        text.len()
    );
    let whole = format!("{head}{text}");
    let sent = if fate == Fate::AnswerLost { &whole.as_bytes()[..head.len()] } else { whole.as_bytes() };
    drop(stream.write_all(sent).await);
}

/// A request's head and body.
async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut request = Vec::new();
    loop {
        let mut chunk = vec![0; 65_536];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        if read == 0 {
            return None;
        }
        request.extend_from_slice(&chunk[..read]);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).into_owned();
        let length = head.to_lowercase();
        let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if request.len() >= end + 4 + length.unwrap_or(0) {
            return Some((head, request[end + 4..].to_vec()));
        }
    }
}
