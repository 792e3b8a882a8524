//! Recon goes and comes back, the edge stops, browsers stop reading.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use recon::admin::permission::Role;
use serde_json::json;

use super::socket::{Socket, ticket};
use crate::admin::edge::{Edge, expect_code};
use crate::support::daemon::{Daemon, recon};
use crate::support::engine::Engine;

fn recon_at(dir: &Path, port: u16) -> Command {
    let mut command = recon(dir);
    command.args(["run", "--roles", "service,worker"]).env("RECON_SERVICE__BIND", format!("127.0.0.1:{port}"));
    command
}

#[test]
fn a_recon_that_is_killed_and_comes_back_is_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let daemon = Daemon::start_as(recon_at(dir.path(), port), dir.path()).await;
        let url = format!("http://127.0.0.1:{port}");
        let token = daemon.api.token().to_owned();
        let values = [("admin.service_url", url.as_str()), ("service.token", token.as_str())];
        let edge = Edge::start(Engine::Sqlite, &values).await;
        let browser = edge.browser(Role::Admin).await;
        let mut socket = Socket::open(&browser).await;
        let phone = json!({"phone": "15990000"});
        socket.counted("recon_available", json!(true)).await;
        let added = browser.posts("/api/admin/shooter/phone/add", &phone).await;
        socket.refreshed("phone", expect_code(&added, 200, 0)["id"].clone()).await;

        daemon.kill();
        socket.counted("recon_available", json!(false)).await;
        // While the edge does not hear of it somebody else adds one: it is told of when recon is back.
        let daemon = Daemon::start_as(recon_at(dir.path(), port), dir.path()).await;
        let missed = daemon.api.add_phone("15990001").await["id"].clone();
        socket.refreshed("phone", missed).await;
        socket.counted("recon_available", json!(true)).await;

        // Another recon in its place: its events do not follow those that were read.
        daemon.kill();
        socket.counted("recon_available", json!(false)).await;
        let other = tempfile::tempdir().unwrap();
        let mut command = recon_at(other.path(), port);
        command.env("RECON_SERVICE__TOKEN", &token);
        std::fs::write(other.path().join("service.token"), &token).unwrap();
        let daemon = Daemon::start_as(command, other.path()).await;
        socket.counted("recon_available", json!(true)).await;
        for number in 0..4 {
            daemon.api.add_phone(&format!("1588000{number}")).await;
        }
        socket.refreshed_whole().await;
    });
}

/// A masked ping of 125 bytes: the longest that is answered.
fn ping() -> Vec<u8> {
    [&[0x89, 0xfd, 0, 0, 0, 0][..], &[b'x'; 125]].concat()
}

/// A socket that is opened, and then sends pings and reads none of the answers until the other side reads no more either.
fn stuffed(base: &str, ticket: &str) -> TcpStream {
    let request = format!(
        "GET /api/admin/ws?ticket={ticket} HTTP/1.1\r\nHost: edge\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n",
    );
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    let pings = ping().repeat(1_000);
    while stream.write_all(&pings).is_ok() {}
    stream
}

#[test]
fn one_who_does_not_read_is_cut_off_and_holds_up_nobody() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let edge = Edge::start_whole(Engine::Sqlite, &[]).await;
        let browser = edge.browser(Role::Admin).await;
        let (base, ticket) = (edge.api.base().to_owned(), ticket(&browser).await);
        let mut idle = tokio::task::spawn_blocking(move || stuffed(&base, &ticket)).await.unwrap();
        let mut socket = Socket::open(&browser).await;
        // More messages than wait for one connection.
        for number in 10..45 {
            let phone = json!({"phone": format!("159900{number}")});
            let added = browser.posts("/api/admin/shooter/phone/add", &phone).await;
            socket.refreshed("phone", expect_code(&added, 200, 0)["id"].clone()).await;
        }
        // What was on its way comes, and then the end: it was cut off before it read again, else a farewell would come.
        idle.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut came = Vec::new();
        let end = idle.read_to_end(&mut came);
        let is_reset = |error: &std::io::Error| error.kind() == std::io::ErrorKind::ConnectionReset;
        assert!(end.is_ok() || end.as_ref().is_err_and(is_reset), "{end:?}");
        assert!(!came.ends_with(b"open it again"), "it was told farewell when it read again");
        socket.pings().await;
    });
}

#[test]
fn a_process_that_stops_says_farewell_and_no_log_names_a_ticket() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let mut command = recon(dir.path());
        command.arg("run").env("RECON_LOG__FILTER", "trace");
        let mut daemon = Daemon::start_as(command, dir.path()).await;
        let admin = daemon.admin();
        let password = std::fs::read_to_string(dir.path().join("admin-password")).unwrap();
        let login = json!({"username": "admin", "password": password.trim()});
        let login = admin.post("/api/admin/login", &login).await.expect(200);
        let token = login["data"]["token"].as_str().unwrap();
        let asked = admin.anonymous(reqwest::Method::POST, "/api/admin/ws/ticket").header("x-token", token);
        let asked = asked.json(&json!({})).send().await.expect(200);
        let ticket = asked["data"]["ticket"].as_str().unwrap().to_owned();
        let mut socket = Socket::open_with(&admin, &ticket).await;
        socket.counted("recon_available", json!(true)).await;
        daemon.terminate();
        assert_eq!(socket.end().await, Some(1001));
        assert!(daemon.ends_within(Duration::from_secs(25)).await.success());
        let log = daemon.log();
        assert!(log.contains("/api/admin/ws"), "the request itself is logged");
        assert!(!log.contains(&ticket) && !log.contains(token), "a secret is logged");
    });
}
