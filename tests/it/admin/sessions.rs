//! Sessions: every state of a token, and that nobody is logged out who goes on working.

use std::time::Duration;

use futures_util::future::join_all;
use recon::admin::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::edge::{PASSWORD, expect_code};
use super::story;

const ME: &str = "/api/admin/me";
const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_browser_with_four_calls_at_a_time_is_never_logged_out() {
    story(&[], async |edge| {
        let mut browser = edge.browser(Role::Viewer).await;
        let mut renewals = 0;
        // Three lifetimes of two hours.
        for minute in 0..360 {
            if minute % 5 == 0 {
                let held = browser.token.clone();
                let answers = join_all((0..4).map(|_| browser.with(&held, ME))).await;
                let mut new: Vec<String> = Vec::new();
                for answer in &answers {
                    expect_code(answer, 200, 0);
                    new.extend(answer.header("new-token").map(str::to_owned));
                }
                assert!(new.is_empty() || new.len() == 4, "all of them get it, or none: {}", new.len());
                new.dedup();
                assert!(new.len() <= 1, "all get the same one");
                if let Some(token) = new.pop() {
                    renewals += 1;
                    browser.token = token;
                }
            }
            edge.later(MINUTE);
        }
        assert_eq!(renewals, 3, "each 95 minutes");
    });
}

#[test]
fn each_state_of_a_token_is_answered_as_the_inventory_says() {
    story(&[], async |edge| {
        let get = || edge.request(Method::GET, ME);
        assert_eq!(expect_code(&get().send().await, 401, 7), &Value::Null);
        assert_eq!(expect_code(&get().header("x-token", "nobody's").send().await, 401, 7), &Value::Null);

        let browser = edge.browser(Role::Viewer).await;
        let first = browser.token.clone();
        let expiry = edge.now_s() + 7200;
        let fresh = browser.with(&first, ME).await;
        assert_eq!(expect_code(&fresh, 200, 0)["expires_at"], expiry);
        for header in ["new-token", "new-expires-at", "access-control-expose-headers"] {
            assert_eq!(fresh.header(header), None);
        }
        let bearer = get().header("authorization", format!("Bearer {first}")).send().await;
        expect_code(&bearer, 200, 0);
        expect_code(&get().header("cookie", format!("recon_admin={first}")).send().await, 200, 0);

        edge.later(90 * MINUTE);
        assert_eq!(browser.with(&first, ME).await.header("new-token"), None, "30 minutes are not less than 30");
        edge.later(29 * MINUTE + 30 * SECOND);
        // An error carries it as well as an answer does.
        let error = edge.request(Method::POST, ME).header("x-token", &first).body("[").send().await;
        expect_code(&error, 200, 7400);
        let second = error.header("new-token").unwrap().to_owned();
        let second_expiry = (edge.now_s() + 7200).to_string();
        assert_eq!(error.header("new-expires-at"), Some(second_expiry.as_str()));
        assert_eq!(error.header("access-control-expose-headers"), Some("new-token, new-expires-at"));
        // The grace goes beyond the first expiry, and within it the same token comes again.
        edge.later(59 * SECOND);
        let in_grace = browser.with(&first, ME).await;
        expect_code(&in_grace, 200, 0);
        assert_eq!(in_grace.header("new-token"), Some(second.as_str()));
        assert_eq!(in_grace.header("new-expires-at"), Some(second_expiry.as_str()));
        edge.later(SECOND);
        assert_eq!(expect_code(&browser.with(&first, ME).await, 401, 7), &Value::Null);
        let new = browser.with(&second, ME).await;
        expect_code(&new, 200, 0);
        assert_eq!(new.header("new-token"), None);
        edge.later(120 * MINUTE);
        expect_code(&browser.with(&second, ME).await, 401, 7);
    });
}

#[test]
fn a_grace_also_ends_a_token_before_its_expiry() {
    story(&[], async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        let first = browser.token.clone();
        edge.later(91 * MINUTE);
        let new = browser.with(&first, ME).await.header("new-token").unwrap().to_owned();
        edge.later(60 * SECOND);
        expect_code(&browser.with(&first, ME).await, 401, 7);
        expect_code(&browser.with(&new, ME).await, 200, 0);
    });
}

#[test]
fn several_processes_renew_a_session_once() {
    story(&[], async |edge| {
        let other = edge.another().await;
        let browser = edge.browser(Role::Viewer).await;
        edge.later(100 * MINUTE);
        let held = browser.token.clone();
        let calls = (0..8).map(|number| {
            let process = if number % 2 == 0 { edge } else { &other };
            process.request(Method::GET, ME).header("x-token", &held).send()
        });
        let mut new: Vec<String> =
            join_all(calls).await.iter().map(|answer| answer.header("new-token").unwrap().to_owned()).collect();
        new.dedup();
        assert_eq!(new.len(), 1, "{new:?}");
        expect_code(&other.request(Method::GET, ME).header("x-token", &new[0]).send().await, 200, 0);
    });
}

#[test]
fn a_logout_ends_the_session_with_its_renewals() {
    story(&[], async |edge| {
        let mut browser = edge.browser(Role::Viewer).await;
        let first = browser.token.clone();
        edge.later(100 * MINUTE);
        expect_code(&browser.calls(ME).await, 200, 0);
        assert_ne!(browser.token, first);
        let out = browser.posts("/api/admin/logout", &json!({})).await;
        assert_eq!(expect_code(&out, 200, 0), &json!({}));
        for token in [&first, &browser.token] {
            expect_code(&browser.with(token, ME).await, 401, 7);
        }
        // The other way round: by the token that was renewed.
        let browser = edge.browser(Role::Operator).await;
        edge.later(100 * MINUTE);
        let new = browser.with(&browser.token, ME).await.header("new-token").unwrap().to_owned();
        expect_code(&browser.posts("/api/admin/logout", &json!({})).await, 200, 0);
        expect_code(&browser.with(&new, ME).await, 401, 7);
        // What is about to expire is not renewed by leaving.
        let browser = edge.browser(Role::Approver).await;
        edge.later(100 * MINUTE);
        let out = browser.posts("/api/admin/logout", &json!({})).await;
        expect_code(&out, 200, 0);
        assert_eq!(out.header("new-token"), None);
    });
}

#[test]
fn who_is_disabled_or_changed_is_out_at_once() {
    story(&[], async |edge| {
        for (role, change) in [(Role::Viewer, "disabled"), (Role::Operator, "role"), (Role::Approver, "password")] {
            let browser = edge.browser(role).await;
            expect_code(&browser.with(&browser.token, ME).await, 200, 0);
            match change {
                "disabled" => edge.store.set_disabled(&browser.username, true).await.unwrap(),
                "role" => edge.store.set_role(&browser.username, Role::Viewer).await.unwrap(),
                _ => edge.store.set_password(&browser.username, "no hash").await.unwrap(),
            }
            expect_code(&browser.with(&browser.token, ME).await, 401, 7);
            let again = edge.login(&browser.username, PASSWORD).await;
            expect_code(&again, 200, if change == "role" { 0 } else { 7400 });
            edge.store.set_disabled(&browser.username, false).await.unwrap();
            expect_code(&browser.with(&browser.token, ME).await, 401, 7);
        }
    });
}

#[test]
fn with_single_login_the_newer_one_ends_the_older() {
    story(&[("admin.legacy.single_login", "true")], async |edge| {
        let older = edge.browser(Role::Viewer).await;
        let newer = edge.browser(Role::Viewer).await;
        expect_code(&older.with(&older.token, ME).await, 401, 7);
        expect_code(&newer.with(&newer.token, ME).await, 200, 0);
    });
    story(&[], async |edge| {
        let older = edge.browser(Role::Viewer).await;
        let _newer = edge.browser(Role::Viewer).await;
        expect_code(&older.with(&older.token, ME).await, 200, 0);
    });
}

#[test]
fn an_absolute_session_ends_at_its_time() {
    story(&[("admin.legacy.lifetime", "absolute")], async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        edge.later(119 * MINUTE);
        let late = browser.with(&browser.token, ME).await;
        expect_code(&late, 200, 0);
        assert_eq!(late.header("new-token"), None);
        edge.later(MINUTE);
        expect_code(&browser.with(&browser.token, ME).await, 401, 7);
    });
}

#[test]
fn who_guesses_is_slowed_down_and_others_are_not() {
    story(&[], async |edge| {
        let (guessed, other) = (edge.has(Role::Viewer).await, edge.has(Role::Operator).await);
        for _ in 0..10 {
            expect_code(&edge.login(&guessed, "wrong password").await, 200, 7400);
        }
        let slowed = edge.login(&guessed, PASSWORD).await;
        expect_code(&slowed, 200, 7429);
        let retry_after: u64 = slowed.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=61).contains(&retry_after), "{retry_after}");
        expect_code(&edge.login(&other, PASSWORD).await, 200, 0);
    });
}
