//! Who may open a socket, and how long it stays.

use std::time::Duration;

use recon::admin::permission::Role;
use reqwest::Method;
use serde_json::json;

use super::socket::{Socket, status, ticket};
use crate::admin::edge::{PASSWORD, expect_code};
use crate::admin::story;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn a_ticket_is_good_once_for_30_seconds_in_any_process() {
    story(&[("admin.legacy.preset", "ruoyi")], async |edge| {
        let other = edge.another().await;
        let username = edge.has(Role::Viewer).await;
        let login = edge.login(&username, PASSWORD).await.expect(200);
        let token = login["data"]["token"].as_str().unwrap().to_owned();
        let ticket = async || {
            let asked = edge.request(Method::POST, "/api/admin/ws/ticket").header("authorization", &token);
            asked.json(&json!({})).send().await.expect(200)["data"]["ticket"].as_str().unwrap().to_owned()
        };
        for query in ["", "?ticket=", "?ticket=nobody-s", "?other=1"] {
            assert_eq!(status(&edge.api, query).await, 401, "{query}");
        }
        let plain = edge.request(Method::GET, "/api/admin/ws?ticket=nobody-s").send().await;
        assert_eq!((plain.status, &plain.body["code"]), (401, &json!(401)), "{}", plain.text);

        let first = ticket().await;
        let mut socket = Socket::open_with(&edge.api, &first).await;
        socket.pings().await;
        assert_eq!(status(&edge.api, &format!("?ticket={first}")).await, 401, "a second time");
        let elsewhere = ticket().await;
        Socket::open_with(&other.api, &elsewhere).await.pings().await;
        assert_eq!(status(&edge.api, &format!("?ticket={elsewhere}")).await, 401);

        let late = ticket().await;
        edge.later(Duration::from_secs(29));
        let in_time = ticket().await;
        edge.later(Duration::from_secs(1));
        assert_eq!(status(&edge.api, &format!("?ticket={late}")).await, 401);
        assert_eq!(status(&edge.api, &format!("?ticket={in_time}")).await, 101);

        // A ticket of a session that is over opens nothing.
        let over = ticket().await;
        edge.store.set_disabled(&username, true).await.unwrap();
        assert_eq!(status(&edge.api, &format!("?ticket={over}")).await, 401);
    });
}

#[test]
fn a_ticket_is_taken_once_of_many_at_once() {
    story(&[], async |edge| {
        let other = edge.another().await;
        let browser = edge.browser(Role::Viewer).await;
        for _ in 0..5 {
            let query = format!("?ticket={}", ticket(&browser).await);
            let tries = (0..8).map(|nth| status(if nth % 2 == 0 { &edge.api } else { &other.api }, &query));
            let mut answers = futures_util::future::join_all(tries).await;
            answers.sort_unstable();
            assert_eq!(answers, [101, 401, 401, 401, 401, 401, 401, 401]);
        }
    });
}

#[test]
fn a_socket_ends_with_its_session() {
    story(&[], async |edge| {
        let (leaving, changed) = (edge.browser(Role::Viewer).await, edge.browser(Role::Operator).await);
        let mut sockets = [Socket::open(&leaving).await, Socket::open(&changed).await];
        expect_code(&leaving.posts("/api/admin/logout", &json!({})).await, 200, 0);
        edge.store.set_role(&changed.username, Role::Viewer).await.unwrap();
        for socket in &mut sockets {
            assert_eq!(socket.end().await, Some(1008));
        }
    });
}

#[test]
fn a_session_that_goes_on_by_a_new_token_keeps_its_sockets() {
    story(&[], async |edge| {
        let mut browser = edge.browser(Role::Approver).await;
        let mut first = Socket::open(&browser).await;
        let mut unused = Socket::open(&edge.browser(Role::Admin).await).await;
        edge.later(100 * MINUTE);
        let old = browser.token.clone();
        expect_code(&browser.calls("/api/admin/me").await, 200, 0);
        assert_ne!(browser.token, old);
        // By the old token, within its grace.
        let ticket = edge.request(Method::POST, "/api/admin/ws/ticket").header("x-token", &old).json(&json!({}));
        let ticket = ticket.send().await.body["data"]["ticket"].as_str().unwrap().to_owned();
        let mut second = Socket::open_with(&edge.api, &ticket).await;
        // The first socket's session is looked for every second, so well before the old token is gone.
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        edge.later(21 * MINUTE);
        assert_eq!(unused.end().await, Some(1008), "expired");
        for socket in [&mut first, &mut second] {
            socket.pings().await;
        }
        edge.later(120 * MINUTE);
        for socket in [&mut first, &mut second] {
            assert_eq!(socket.end().await, Some(1008));
        }
    });
}
