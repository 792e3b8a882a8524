//! What front ends of other stacks are answered.

use std::time::Duration;

use recon::admin::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::edge::PASSWORD;
use super::{Edge, story};
use crate::support::Answer;

/// Logs in with some profile, where the data stands.
async fn token_of(edge: &Edge, role: Role) -> String {
    let username = edge.has(role).await;
    edge.login(&username, PASSWORD).await.body["data"]["token"].as_str().unwrap().to_owned()
}

async fn me(edge: &Edge, header: &str, value: &str) -> Answer {
    edge.request(Method::GET, "/api/admin/me").header(header, value).send().await
}

fn shape(answer: &Answer) -> (u16, Value, Vec<String>) {
    (answer.status, answer.body["code"].clone(), answer.body.as_object().unwrap().keys().cloned().collect())
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[test]
fn vue_element_admin_reads_codes_of_http_200() {
    story(&[("admin.legacy.preset", "vue-element-admin"), ("admin.legacy.single_login", "true")], async |edge| {
        let own = keys(&["code", "data", "message"]);
        assert_eq!(shape(&me(edge, "x-token", "nobody's").await), (200, json!(50008), own.clone()));
        assert_eq!(shape(&edge.login("nobody", "wrong password").await), (200, json!(60204), own.clone()));
        let token = token_of(edge, Role::Viewer).await;
        assert_eq!(shape(&me(edge, "x-token", &token).await), (200, json!(20000), own.clone()));
        assert_eq!(me(edge, "authorization", &format!("Bearer {token}")).await.body["code"], 50008);
        edge.later(Duration::from_mins(119));
        assert_eq!(me(edge, "x-token", &token).await.header("new-token"), None);
        let _newer = token_of(edge, Role::Viewer).await;
        assert_eq!(shape(&me(edge, "x-token", &token).await), (200, json!(50012), own));
    });
}

#[test]
fn vue_element_admin_is_told_of_an_expired_token() {
    story(&[("admin.legacy.preset", "vue-element-admin")], async |edge| {
        let token = token_of(edge, Role::Viewer).await;
        edge.later(Duration::from_hours(2));
        assert_eq!(me(edge, "x-token", &token).await.body["code"], 50014);
    });
}

#[test]
fn ruoyi_keeps_a_token_that_is_used() {
    story(&[("admin.legacy.preset", "ruoyi")], async |edge| {
        let own = keys(&["code", "data", "msg"]);
        assert_eq!(shape(&me(edge, "authorization", "Bearer nobody's").await), (200, json!(401), own.clone()));
        assert_eq!(edge.login("nobody", "wrong password").await.body["code"], 500);
        let token = format!("Bearer {}", token_of(edge, Role::Viewer).await);
        for _ in 0..5 {
            edge.later(Duration::from_mins(100));
            let answer = me(edge, "authorization", &token).await;
            assert_eq!(shape(&answer), (200, json!(200), own.clone()));
            assert_eq!(answer.body["data"]["expires_at"], edge.now_s() + 7200);
            assert_eq!(answer.header("new-token"), None);
        }
        edge.later(Duration::from_hours(2));
        assert_eq!(me(edge, "authorization", &token).await.body["code"], 401);
    });
}

#[test]
fn vben5_reads_the_http_status() {
    story(&[("admin.legacy.preset", "vben5")], async |edge| {
        let own = keys(&["code", "data", "message"]);
        assert_eq!(shape(&me(edge, "authorization", "Bearer nobody's").await), (401, json!(-1), own.clone()));
        let token = format!("Bearer {}", token_of(edge, Role::Viewer).await);
        assert_eq!(shape(&me(edge, "authorization", &token).await), (200, json!(0), own));
    });
}

#[test]
fn each_value_can_be_set_by_itself() {
    let values = [
        ("admin.legacy.message_key", "info"),
        ("admin.legacy.code_ok", "1"),
        ("admin.legacy.code_no_token", "-2"),
        ("admin.legacy.auth_status", "200"),
        ("admin.legacy.token_headers", "X-Auth"),
        ("admin.legacy.new_token_header", "x-next"),
        ("admin.legacy.new_expiry_header", "none"),
    ];
    story(&values, async |edge| {
        let own = keys(&["code", "data", "info"]);
        assert_eq!(shape(&me(edge, "x-token", "x").await), (200, json!(-2), own.clone()));
        let token = token_of(edge, Role::Viewer).await;
        edge.later(Duration::from_mins(100));
        let answer = me(edge, "x-auth", &token).await;
        assert_eq!(shape(&answer), (200, json!(1), own));
        assert!(answer.header("x-next").is_some() && answer.header("new-expires-at").is_none());
        assert_eq!(answer.header("access-control-expose-headers"), Some("x-next"));
    });
}
