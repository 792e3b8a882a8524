//! A recon that answers `PUT /internal/v2/orders` as a story wants, and remembers what it took.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

type Answers = Box<dyn Fn(&[Value]) -> (u16, &'static str) + Send>;

struct State {
    answers: Answers,
    /// The order and version of what was taken, as it came.
    taken: Vec<(String, i64)>,
    requests: usize,
}

/// Listens until it is dropped.
pub struct FakeRecon {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl FakeRecon {
    /// A recon that takes everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { answers: Box::new(|_| (200, "")), taken: Vec::new(), requests: 0 }));
        let shared = Arc::clone(&state);
        #[allow(
            clippy::disallowed_methods,
            reason = "it is aborted with its holder, and a panic in it fails the story"
        )]
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                answer(stream, &shared).await;
            }
        });
        Self { address, state, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with this status and header line from now on.
    pub fn answers(&self, with: impl Fn(&[Value]) -> (u16, &'static str) + Send + 'static) {
        self.state.lock().unwrap().answers = Box::new(with);
    }

    pub fn taken(&self) -> Vec<(String, i64)> {
        self.state.lock().unwrap().taken.clone()
    }

    /// How many requests told of orders.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }
}

impl Drop for FakeRecon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let mut request = Vec::new();
    let (head, body) = loop {
        let mut chunk = [0; 65_536];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        if read == 0 {
            return;
        }
        request.extend_from_slice(&chunk[..read]);
        let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length =
            head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
        if request.len() >= end + 4 + length {
            break (head, request[end + 4..].to_vec());
        }
    };
    let (status, header, body) = if head.starts_with("put /internal/v2/orders ") {
        assert!(head.contains("authorization: bearer recon-token"), "{head}");
        told(&body, state)
    } else {
        (200, "", json!({"items": []}))
    };
    let body = body.to_string();
    let text = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\n{header}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    drop(stream.write_all(text.as_bytes()).await);
}

fn told(body: &[u8], state: &Mutex<State>) -> (u16, &'static str, Value) {
    let body: Value = serde_json::from_slice(body).unwrap();
    let orders = body["orders"].as_array().unwrap();
    let mut state = state.lock().unwrap();
    state.requests += 1;
    let (status, header) = (state.answers)(orders);
    if status != 200 {
        return (status, header, json!({"detail": "not this", "status": status}));
    }
    for order in orders {
        state.taken.push((order["order_id"].as_str().unwrap().to_owned(), order["version"].as_i64().unwrap()));
    }
    (200, header, json!({"upserted": orders.len(), "unchanged": 0, "stale": 0}))
}
