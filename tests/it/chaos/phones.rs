//! Phones that try again, each with an app of its own, over connections that break before and after the daemon has heard.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use recon::domain::time::UnixMs;
use recon::sim::phone::{ReceivedSms, SimPhone, SimPost};
use recon::sources::shooter::Format;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Chaos, chaos};
use crate::support::texts::{BANK, deposit};

/// A second of a phone's pauses takes so long here.
const SECOND: Duration = Duration::from_millis(1);
/// The apps that keep a message until it is taken, and how their requests are signed.
const KEEPING: [(Format, Option<&str>); 3] = [
    (Format::Recon, Some("a-long-random-word")),
    (Format::IncomingSms, None),
    (Format::AndroidSmsGateway, Some("another-long-word")),
];
/// Those that give up after an attempt or two: what they lose is lost before us.
const GIVING_UP: [(Format, Option<&str>); 2] =
    [(Format::HttpSms, Some("a-third-long-word")), (Format::SmsForwarder, Some("a-fourth-long-word"))];

/// What a phone saw of its message.
enum Outcome {
    /// It was acknowledged as this sms.
    Taken(i64),
    /// The app gave up.
    GivenUp,
}

/// How an attempt goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Break {
    Nowhere,
    /// Half of the request is sent.
    Before,
    /// All of it, and nobody waits for the answer.
    After,
}

#[test]
fn a_thousand_messages_of_phones_that_try_again_outlive_everything_at_once() {
    chaos(Vec::new(), async |chaos| {
        let daemon = chaos.opens().await;
        let given_up = RefCell::new(Vec::new());
        let mut phones = Vec::new();
        for (format, secret) in KEEPING.into_iter().chain(GIVING_UP) {
            phones.push(add(chaos, format, secret).await);
        }
        let (keeping, giving_up) = phones.split_at(KEEPING.len());
        let share = chaos.count.div_ceil(KEEPING.len() as u64);
        let posting = async {
            tokio::join!(
                join_all(keeping.iter().zip(1..).map(|(phone, place)| posts(chaos, phone, place, share, &given_up))),
                join_all(giving_up.iter().zip(4..).map(|(phone, place)| posts(
                    chaos,
                    phone,
                    place,
                    share / 5,
                    &given_up
                ))),
            )
        };
        let (daemon, _) = tokio::join!(chaos.kills_again_and_again(daemon), posting);
        let messages = chaos.api().all_messages().await;
        // What an app gave up may be here or not, but never twice.
        for text in given_up.borrow().iter() {
            let times = messages.iter().filter(|sms| sms["text"] == text.as_str()).count();
            assert!(times <= 1, "{text} is here {times} times");
            if times == 1 {
                chaos.notes(text);
            }
        }
        assert_eq!(chaos.compares(&messages), 0);
        chaos.ends(daemon).await;
    });
}

/// Adds a device; its URL is without the daemon's address, which changes.
async fn add(chaos: &Chaos, format: Format, secret: Option<&str>) -> SimPhone {
    let device = json!({"name": format.as_str(), "line": format.as_str(), "secret": secret});
    let added = chaos.api().post("/internal/v2/shooter/devices", &device).await.expect(201);
    let url = added["ingest_urls"][format.as_str()].as_str().unwrap();
    let path = format!("/{}", url.splitn(4, '/').nth(3).unwrap());
    SimPhone { format, url: path, secret: secret.map(str::to_owned), number: "01011112222".to_owned() }
}

/// One message after the other, each until the app has done with it.
async fn posts(chaos: &Chaos, phone: &SimPhone, place: u64, count: u64, given_up: &RefCell<Vec<String>>) {
    let begin = now();
    let mut taken = BTreeMap::new();
    for number in 0..count {
        // Equal to the one before now and then, a second later: with an id or a time of its own.
        let twin = number > 0 && phone.retry_after(1).is_some() && phone.retry_after(5).is_some() && chaos.chance(3);
        let amount = 1_000_000 * place + if twin { number - 1 } else { number };
        let sms = ReceivedSms {
            number,
            sender: BANK.to_owned(),
            text: deposit("홍길동", amount),
            at: begin.plus(Duration::from_secs(number)),
        };
        match posts_one(chaos, phone, &sms).await {
            Outcome::Taken(id) => {
                chaos.notes(&sms.text);
                let other = taken.insert(id, number);
                assert!(other.is_none(), "{:?}: {number} and {other:?} are both sms {id}", phone.format);
            }
            Outcome::GivenUp => given_up.borrow_mut().push(sms.text),
        }
    }
}

async fn posts_one(chaos: &Chaos, phone: &SimPhone, sms: &ReceivedSms) -> Outcome {
    for failed in 1.. {
        let base = chaos.api().base().to_owned();
        let phone = SimPhone { url: format!("{base}{}", phone.url), ..phone.clone() };
        let post = phone.post(sms, now());
        let breaks = match chaos.below(100) {
            0..10 => Break::Before,
            10..20 => Break::After,
            _ => Break::Nowhere,
        };
        if let Some(id) = sends(&base, &post, breaks).await {
            if chaos.chance(15)
                && let Some(again) = sends(&base, &post, Break::Nowhere).await
            {
                assert_eq!(again, id, "{:?}: a repeat of {} is another", phone.format, sms.number);
            }
            return Outcome::Taken(id);
        }
        let Some(pause) = phone.retry_after(failed) else { break };
        tokio::time::sleep(pause.as_secs().try_into().map_or(pause, |seconds| SECOND * seconds)).await;
    }
    Outcome::GivenUp
}

fn now() -> UnixMs {
    recon::clock::Clock::system().now()
}

/// Makes an attempt over a connection of its own; the id of the sms where it was acknowledged.
async fn sends(base: &str, post: &SimPost, breaks: Break) -> Option<i64> {
    let address = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = written(address, &post.url[base.len()..], post);
    let sent = if breaks == Break::Before { &request[..request.len() / 2] } else { &request[..] };
    stream.write_all(sent).await.ok()?;
    if breaks != Break::Nowhere {
        return None;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?;
    if status != "200" {
        assert_eq!(status, "503", "{answer}");
        return None;
    }
    let body: Value = serde_json::from_str(body).ok()?;
    let id = body["results"][0]["sms_id"].as_i64();
    assert!(id.is_some(), "{body}");
    id
}

/// The request as it goes over the wire.
fn written(address: &str, path: &str, post: &SimPost) -> Vec<u8> {
    let headers: Vec<String> = post.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let length = if post.chunked {
        "transfer-encoding: chunked".to_owned()
    } else {
        format!("content-length: {}", post.body.len())
    };
    let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}{length}\r\n\r\n");
    let mut request = head.into_bytes();
    if !post.chunked {
        request.extend(&post.body);
        return request;
    }
    // Small pieces, so that characters are cut in the middle.
    for piece in post.body.chunks(7) {
        request.extend(format!("{:x}\r\n", piece.len()).bytes());
        request.extend(piece);
        request.extend(b"\r\n");
    }
    request.extend(b"0\r\n\r\n");
    request
}
