//! A daemon that answers as it is told and remembers what it was asked: just enough HTTP for one client at a time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    /// The status that it was answered with.
    pub status: u16,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The ids of the posted messages.
    pub fn ids(&self) -> Vec<String> {
        let messages = self.body["messages"].as_array().unwrap();
        messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// An answer: status, extra header lines, body.
pub type Reply = (u16, &'static str, Value);

/// A daemon on a free port. Its thread ends with the process.
pub struct Daemon {
    pub url: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

impl Daemon {
    /// Answers each request by `reply`, which is given the requests before it too.
    pub fn start(reply: impl Fn(&Request, &[Request]) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(&stream.unwrap(), &reply, &log);
            }
        });
        Self { url, asked }
    }

    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }
}

/// Takes one request of a connection and closes it.
fn serve(mut stream: &TcpStream, reply: &impl Fn(&Request, &[Request]) -> Reply, log: &Mutex<Vec<Request>>) {
    let Some(mut request) = read(stream) else { return };
    let (status, headers, body) = {
        let mut log = log.lock().unwrap();
        let answer = reply(&request, &log);
        request.status = answer.0;
        log.push(request);
        answer
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    // A client that was killed does not read its answer.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let mut request = Request { method, target, headers, body: Value::Null, status: 0 };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Some(request)
}
