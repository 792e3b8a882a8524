//! What every answer looks like, whatever is asked.

use recon::admin::permission::Role;
use reqwest::Method;
use serde_json::json;

use super::edge::{PASSWORD, expect_code};
use super::story;

#[test]
fn a_login_tells_who_it_was_and_until_when() {
    story(&[], async |edge| {
        let username = edge.has(Role::Approver).await;
        let login = edge.login(&username, PASSWORD).await;
        let data = expect_code(&login, 200, 0);
        assert_eq!(login.body["msg"], "ok");
        assert_eq!(data["user"]["username"], json!(username));
        assert_eq!(data["user"]["role"], "approver");
        assert!(data["user"]["id"].is_i64());
        assert_eq!(data["expires_at"], edge.now_s() + 7200);
        let token = data["token"].as_str().unwrap();
        let me =
            edge.request(Method::POST, "/api/admin/me").header("x-token", token).json(&json!({"x": 1})).send().await;
        let me = expect_code(&me, 200, 0);
        assert_eq!(me["user"], data["user"]);
        assert_eq!(me["permissions"], json!(["read", "reset", "check", "trust", "approve"]));
    });
}

#[test]
fn nobody_learns_from_a_failed_login_who_is_there() {
    story(&[], async |edge| {
        let username = edge.has(Role::Viewer).await;
        let wrong = edge.login(&username, "wrong password").await;
        let unknown = edge.login("nobody-of-this-name", "wrong password").await;
        assert_eq!(expect_code(&wrong, 200, 7400), &json!({}));
        assert_eq!(wrong.text, unknown.text);
        edge.store.set_disabled(&username, true).await.unwrap();
        assert_eq!(edge.login(&username, PASSWORD).await.text, unknown.text);
    });
}

#[test]
fn what_cannot_be_taken_is_named_in_the_caller_s_language() {
    story(&[], async |edge| {
        let bad = async |language: &str| {
            let request = edge.request(Method::POST, "/api/admin/login").header("accept-language", language);
            request.json(&json!({"username": "", "extra": 1})).send().await
        };
        let english = bad("de").await;
        let errors = expect_code(&english, 200, 7400)["errors"].as_array().unwrap().clone();
        let fields: Vec<&str> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["username", "password"]);
        assert_eq!(errors[0]["message"], "This is needed.");
        assert_eq!(bad("ko-KR,ko;q=0.9").await.body["data"]["errors"][0]["message"], "필수 항목입니다.");
        assert_eq!(bad("zh-CN").await.body["data"]["errors"][0]["message"], "此项必填。");
        let korean = edge.request(Method::GET, "/api/admin/me").header("accept-language", "ko").send().await;
        assert_eq!(korean.body["msg"], "로그인이 필요합니다.");
    });
}

#[test]
fn paths_and_methods_that_are_none_are_7404() {
    story(&[], async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        for path in ["/api/admin/nothing", "/api/admin/", "/api/admin", "/api/other", "/api/admin/shooter/nothing"] {
            assert_eq!(expect_code(&browser.with(&browser.token, path).await, 200, 7404), &json!({}), "{path}");
            expect_code(&edge.request(Method::POST, path).send().await, 200, 7404);
        }
        expect_code(&browser.with(&browser.token, "/api/admin/logout").await, 200, 7404);
        expect_code(&edge.request(Method::GET, "/api/admin/login").send().await, 200, 7404);
        let put = edge.request(Method::PUT, "/api/admin/me").header("x-token", &browser.token).send().await;
        expect_code(&put, 200, 7404);
        expect_code(&edge.request(Method::GET, "/api/admin/logout").send().await, 401, 7);
    });
}

#[test]
fn only_front_ends_that_are_named_may_read_answers() {
    story(&[("admin.allowed_origins", "https://bo.example.com")], async |edge| {
        let asks = async |origin: &str| {
            let preflight = edge.request(Method::OPTIONS, "/api/admin/me").header("origin", origin);
            let preflight = preflight
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "x-token")
                .send()
                .await;
            let answer = edge.request(Method::GET, "/api/admin/me").header("origin", origin).send().await;
            assert_eq!((preflight.status, answer.status), (204, 401));
            let allowed =
                |answer: &crate::support::Answer| answer.header("access-control-allow-origin").map(str::to_owned);
            assert_eq!(allowed(&preflight), allowed(&answer));
            assert_eq!(preflight.header("access-control-allow-headers").is_some(), allowed(&answer).is_some());
            allowed(&answer)
        };
        assert_eq!(asks("https://bo.example.com").await.as_deref(), Some("https://bo.example.com"));
        assert_eq!(asks("https://evil.example.com").await, None);
    });
}

#[test]
fn another_origin_s_page_cannot_use_the_console_s_cookie() {
    story(&[], async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        let posts = async |origin: &str| {
            let cookie = format!("recon_admin={}", browser.token);
            let request = edge.request(Method::POST, "/api/admin/me").header("cookie", cookie);
            request.header("origin", origin).send().await
        };
        expect_code(&posts("https://evil.example.com").await, 200, 7403);
        expect_code(&posts(edge.api.base()).await, 200, 0);
    });
}
