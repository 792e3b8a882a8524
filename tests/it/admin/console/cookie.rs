//! The token of a console never comes into a script's reach: login, renewal and logout by the cookie.

use std::time::Duration;

use recon::admin::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::edge::{PASSWORD, expect_code};
use super::super::{Edge, story};
use crate::support::Answer;

const ME: &str = "/api/admin/me";

async fn login(edge: &Edge, role: Role, headers: &[(&str, &str)]) -> Answer {
    let username = edge.has(role).await;
    let mut request = edge.request(Method::POST, "/api/admin/login").header("x-recon-console", "1");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.json(&json!({"username": username, "password": PASSWORD, "cookie": true})).send().await
}

/// The token and the attributes of the cookie that an answer sets.
fn cookie(answer: &Answer) -> (String, String) {
    let set = answer.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {}", answer.text));
    let (token, attributes) = set.strip_prefix("recon_admin=").unwrap().split_once("; ").unwrap();
    (token.to_owned(), attributes.to_owned())
}

async fn me(edge: &Edge, token: &str) -> Answer {
    edge.request(Method::GET, ME).header("cookie", format!("recon_admin={token}")).send().await
}

fn origin(edge: &Edge) -> String {
    edge.api.base().to_owned()
}

#[test]
fn a_login_of_the_console_puts_the_token_into_a_cookie_and_nowhere_else() {
    story(&[], async |edge| {
        let answer = login(edge, Role::Viewer, &[("origin", &origin(edge))]).await;
        let data = expect_code(&answer, 200, 0);
        let (token, attributes) = cookie(&answer);
        assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(data["token"], Value::Null);
        assert_eq!((&data["user"]["role"], &data["expires_at"]), (&json!("viewer"), &json!(edge.now_s() + 7200)));
        assert!(!answer.text.contains(&token), "{}", answer.text);
        expect_code(&me(edge, &token).await, 200, 0);

        let https = login(edge, Role::Operator, &[("x-forwarded-proto", "https")]).await;
        assert_eq!(cookie(&https).1, "Path=/; HttpOnly; SameSite=Strict; Secure");
        // What is refused sets none.
        let wrong = json!({"username": "nobody", "password": "wrong password", "cookie": true});
        let wrong = edge.request(Method::POST, "/api/admin/login").json(&wrong).send().await;
        expect_code(&wrong, 200, 7400);
        assert_eq!(wrong.header("set-cookie"), None);
    });
}

#[test]
fn old_programs_log_in_as_ever() {
    story(&[], async |edge| {
        let username = edge.has(Role::Viewer).await;
        for body in [
            json!({"username": username, "password": PASSWORD}),
            json!({"username": username, "password": PASSWORD, "cookie": false}),
        ] {
            let answer = edge.request(Method::POST, "/api/admin/login").json(&body).send().await;
            assert!(expect_code(&answer, 200, 0)["token"].is_string());
            assert_eq!(answer.header("set-cookie"), None);
        }
    });
}

#[test]
fn a_renewal_renews_the_cookie_and_shows_the_token_in_no_header() {
    story(&[], async |edge| {
        let (first, _) = cookie(&login(edge, Role::Viewer, &[]).await);
        assert_eq!(me(edge, &first).await.header("set-cookie"), None);
        edge.later(Duration::from_mins(100));
        let answers = [me(edge, &first).await, me(edge, &first).await];
        for answer in &answers {
            expect_code(answer, 200, 0);
            let (second, attributes) = cookie(answer);
            assert_eq!((second == first, attributes.as_str()), (false, "Path=/; HttpOnly; SameSite=Strict"));
            assert_eq!(second, cookie(&answers[0]).0, "all calls within the grace get the same one");
            for header in ["new-token", "new-expires-at", "access-control-expose-headers"] {
                assert_eq!(answer.header(header), None);
            }
        }
        let (second, _) = cookie(&answers[0]);
        edge.later(Duration::from_mins(2));
        expect_code(&me(edge, &first).await, 401, 7);
        expect_code(&me(edge, &second).await, 200, 0);
    });
}

#[test]
fn a_logout_ends_the_session_and_takes_the_cookie_away() {
    story(&[], async |edge| {
        let (token, _) = cookie(&login(edge, Role::Viewer, &[]).await);
        let held = format!("recon_admin={token}");
        let out = edge.request(Method::POST, "/api/admin/logout").header("cookie", &held).json(&json!({})).send().await;
        expect_code(&out, 200, 0);
        assert_eq!(cookie(&out), (String::new(), "Path=/; HttpOnly; SameSite=Strict; Max-Age=0".to_owned()));
        expect_code(&me(edge, &token).await, 401, 7);
        // A program that leaves by its header holds no cookie.
        let browser = edge.browser(Role::Viewer).await;
        let out = browser.posts("/api/admin/logout", &json!({})).await;
        expect_code(&out, 200, 0);
        assert_eq!(out.header("set-cookie"), None);
    });
}

#[test]
fn what_another_origin_s_page_asks_is_not_done() {
    story(&[("admin.allowed_origins", "http://front.example")], async |edge| {
        let (token, _) = cookie(&login(edge, Role::Admin, &[]).await);
        let held = format!("recon_admin={token}");
        let own = origin(edge);
        for (asked_from, code) in
            [("http://front.example", 7403), ("null", 7403), ("https://evil.example", 7403), (own.as_str(), 0)]
        {
            let request = edge.request(Method::POST, ME).header("cookie", &held).header("origin", asked_from);
            expect_code(&request.json(&json!({})).send().await, 200, code);
        }
        // Nobody is logged in by another's page, as somebody else.
        let foreign = login(edge, Role::Viewer, &[("origin", "https://evil.example")]).await;
        expect_code(&foreign, 200, 7403);
        assert_eq!(foreign.header("set-cookie"), None);
        // The other page's script reads nothing with the cookie: it would have to be allowed credentials.
        let allowed = edge.request(Method::GET, ME).header("cookie", &held).header("origin", "http://front.example");
        assert_eq!(allowed.send().await.header("access-control-allow-credentials"), None);
    });
}

#[test]
fn the_console_is_answered_alike_whatever_old_programs_are() {
    for preset in ["gin-vue-admin", "vue-element-admin", "ruoyi", "vben5"] {
        story(&[("admin.legacy.preset", preset)], async |edge| {
            let as_console = |path: &str| edge.request(Method::POST, path).header("x-recon-console", "1");
            let nobody = as_console(ME).json(&json!({})).send().await;
            expect_code(&nobody, 401, 7);
            assert_eq!(nobody.header("cache-control"), Some("no-store"));
            let answer = login(edge, Role::Viewer, &[]).await;
            expect_code(&answer, 200, 0);
            let held = format!("recon_admin={}", cookie(&answer).0);
            let me = as_console(ME).header("cookie", &held).json(&json!({})).send().await;
            expect_code(&me, 200, 0);
            let unknown = as_console("/api/admin/none").header("cookie", &held).json(&json!({})).send().await;
            expect_code(&unknown, 200, 7404);
        });
    }
}
