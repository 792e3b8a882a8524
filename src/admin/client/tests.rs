//! A client against a peer that does what a story wants.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use serde_json::json;

use super::*;

/// What the peer does with a request.
#[derive(Clone, Debug)]
enum Does {
    /// It writes this, and closes the connection.
    Writes(String),
    /// It never answers.
    Hangs,
}

fn answers(status: u16, headers: &str, body: &str) -> Does {
    Does::Writes(format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

struct Peer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// A peer that does this with its nth request, from 0.
    fn start(does: impl Fn(usize) -> Does + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            let mut hanging = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                let mut stream = stream;
                let request = read(&mut stream);
                let nth = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request);
                    seen.len() - 1
                };
                match does(nth) {
                    Does::Writes(text) => drop(stream.write_all(text.as_bytes())),
                    Does::Hangs => hanging.push(stream),
                }
            }
        });
        Self { address, requests }
    }

    fn client(&self) -> Client {
        let base = BaseUrl::of_bind(self.address);
        Client::new("peer", base, Arc::new(|| Ok(SecretString::from("token-of-a-test")))).unwrap()
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !request.ends_with(b"\r\n\r\n") && !request.ends_with(b"}") {
        let read = stream.read(&mut chunk).unwrap_or(0);
        if read == 0 {
            break;
        }
        request.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8_lossy(&request).to_lowercase()
}

#[tokio::test]
async fn a_peer_that_asks_for_time_is_given_it_and_one_that_asks_for_long_is_not_waited_for() {
    let peer =
        Peer::start(|nth| if nth == 0 { answers(503, "retry-after: 1\r\n", "{}") } else { answers(200, "", "[1]") });
    let began = Instant::now();
    let answer = peer.client().call(&Ask::get("/x")).await.unwrap();
    assert_eq!((answer.body, peer.requests().len()), (json!([1]), 2));
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());

    let peer = Peer::start(|_| answers(429, "retry-after: 60\r\n", "{}"));
    let none = peer.client().call(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((none.retry_after, none.asked_for, none.tried), (Duration::from_mins(1), true, true));
    assert_eq!((none.maybe_done, peer.requests().len()), (false, 1));
}

#[tokio::test]
async fn a_slow_peer_has_so_many_calls_at_once_and_others_are_sent_away() {
    let peer = Peer::start(|_| Does::Hangs);
    let client = peer.client();
    let ask = Ask::post("/x", json!({}));
    let (began, all) = (Instant::now(), join_all((0..=AT_ONCE).map(|_| client.call(&ask))).await);
    let untried: Vec<_> = all.iter().filter_map(|one| one.as_ref().err()).filter(|none| !none.tried).collect();
    assert_eq!(untried.len(), 1, "one more than there is room for");
    assert!(!untried[0].maybe_done && began.elapsed() < CALL_WITHIN, "{:?}", began.elapsed());
    assert!(peer.requests().len() <= AT_ONCE);
}

#[tokio::test]
async fn repetitions_are_a_share_of_the_calls() {
    let peer = Peer::start(|_| answers(500, "", "{}"));
    let client = peer.client();
    let none = client.call(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((none.maybe_done, peer.requests().len()), (true, 3), "the first call has three attempts");
    client.call(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(peer.requests().len(), 4, "the second one's repetition is not paid for");
    client.call(&Ask::get("/x").single()).await.unwrap_err();
    assert_eq!((peer.requests().len(), client.state()), (5, State::Open));
    let none = client.call(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((none.tried, peer.requests().len()), (false, 5), "nothing goes out");
}

#[tokio::test]
async fn a_write_whose_answer_is_cut_may_be_done_and_is_repeated_only_under_its_key() {
    let cut = || Does::Writes("HTTP/1.1 200 x\r\ncontent-length: 40\r\n\r\n{\"id\":1,".to_owned());
    let peer = Peer::start(move |_| cut());
    let none = peer.client().call(&Ask::post("/x", json!({"a": 1}))).await.unwrap_err();
    assert_eq!((none.maybe_done, peer.requests().len()), (true, 1), "without a key it is sent once");

    let peer = Peer::start(move |nth| if nth == 0 { cut() } else { answers(201, "", "{\"id\":1}") });
    let answer = peer.client().call(&Ask::post_text("/x", "{\"a\" : 1}").once("Key-1")).await.unwrap();
    let requests = peer.requests();
    assert_eq!((answer.status, requests.len()), (201, 2));
    assert!(requests.iter().all(|request| request.contains("idempotency-key: key-1")), "{requests:?}");
    assert!(requests.iter().all(|request| request.ends_with("{\"a\" : 1}")), "byte for byte: {requests:?}");

    let peer = Peer::start(move |_| cut());
    let none = peer.client().call(&Ask::post("/x", json!({})).once("key-2").single()).await.unwrap_err();
    assert_eq!((none.maybe_done, peer.requests().len()), (true, 1), "who has retries of its own sends it once");
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_token_goes_elsewhere() {
    let other = Peer::start(|_| answers(200, "", "{}"));
    let location = format!("location: http://{}/x\r\n", other.address);
    let peer = Peer::start(move |_| answers(302, &location, "{}"));
    let none = peer.client().call(&Ask::get("/x").single()).await.unwrap_err();
    assert!(!none.maybe_done && none.words.contains("302"), "{none:?}");
    assert!(other.requests().is_empty(), "the other one hears nothing");
    assert!(peer.requests()[0].contains("authorization: bearer token-of-a-test"));
}
