//! Who may ask what: every route, asked by every role and by nobody. The table says it once more, from the page
//! (section 3 of the inventory) and not from the code; a route that it does not know fails.

use recon::admin::http::route::{Kind, ROUTES};
use recon::admin::permission::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::edge::{Browser, Edge, expect_code};
use crate::support::engine::Engine;

/// The lowest role that may ask; none: everybody, logged in or not.
const EXPECTED: &[(&str, Option<Role>)] = &[
    ("/login", None),
    ("/logout", Some(Role::Viewer)),
    ("/me", Some(Role::Viewer)),
    ("/top_info", Some(Role::Viewer)),
    ("/pushbullet/device/list", Some(Role::Viewer)),
    ("/pushbullet/device/add", Some(Role::Admin)),
    ("/pushbullet/device/delete", Some(Role::Admin)),
    ("/shooter/device/list", Some(Role::Viewer)),
    ("/shooter/device/trust", Some(Role::Operator)),
    ("/shooter/device/delete", Some(Role::Admin)),
    ("/shooter/phone/list", Some(Role::Viewer)),
    ("/shooter/phone/add", Some(Role::Admin)),
    ("/shooter/phone/delete", Some(Role::Admin)),
    ("/shooter/sms/list", Some(Role::Viewer)),
    ("/shooter/sms/get", Some(Role::Viewer)),
    ("/shooter/sms/reset", Some(Role::Operator)),
    ("/shooter/sms/check", Some(Role::Operator)),
    ("/shooter/template/list", Some(Role::Viewer)),
    ("/shooter/template/add", Some(Role::Admin)),
    ("/shooter/template/delete", Some(Role::Admin)),
    ("/recharge/list", Some(Role::Viewer)),
    ("/recharge/get", Some(Role::Viewer)),
    ("/recharge/approve", Some(Role::Approver)),
    ("/recharge/reject", Some(Role::Approver)),
    ("/recharge/cancel", Some(Role::Approver)),
    ("/recon/actors", Some(Role::Viewer)),
    ("/recon/actors/restart", Some(Role::Admin)),
    ("/recon/actors/stop", Some(Role::Admin)),
    ("/recon/actors/start", Some(Role::Admin)),
    ("/recon/template/test", Some(Role::Viewer)),
    ("/recon/template/suggest", Some(Role::Viewer)),
    ("/recon/template/backtest", Some(Role::Viewer)),
    ("/recon/audit", Some(Role::Viewer)),
    ("/ws/ticket", Some(Role::Viewer)),
    ("/recon/standing", Some(Role::Viewer)),
    ("/recon/sms", Some(Role::Viewer)),
    ("/recon/sms/list", Some(Role::Viewer)),
    ("/recon/order", Some(Role::Viewer)),
    ("/recon/template/list", Some(Role::Viewer)),
    ("/recon/template/add", Some(Role::Admin)),
];

fn expected(path: &str) -> Option<Role> {
    let known = EXPECTED.iter().find(|(known, _)| *known == path);
    known.unwrap_or_else(|| panic!("{path}: say here who may ask it")).1
}

/// Asked with nothing in it: whoever may is told what is missing, or what there is.
async fn asks(edge: &Edge, browser: Option<&Browser<'_>>, method: Method, path: &str) -> (u16, Value) {
    let request = edge.request(method.clone(), &format!("/api/admin{path}"));
    let request = match browser {
        Some(browser) => request.header("x-token", &browser.token),
        None => request,
    };
    let answer = if method == Method::POST { request.json(&json!({})).send().await } else { request.send().await };
    (answer.status, answer.body["code"].clone())
}

#[test]
fn every_route_lets_in_whom_the_page_says_and_nobody_else() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let edge = Edge::start_whole(Engine::Sqlite, &[]).await;
        let (forbidden, unknown, not_found) = ((200, json!(7403)), (401, json!(7)), (200, json!(7404)));
        for route in ROUTES {
            let least = expected(route.path);
            let methods = [Method::POST, Method::GET];
            for method in &methods {
                let is_served = route.kind == Kind::Read || *method == Method::POST;
                let told = format!("nobody: {method} {}", route.path);
                let answer = asks(&edge, None, method.clone(), route.path).await;
                assert_eq!(answer == unknown, least.is_some(), "{told}: {answer:?}");
                for role in Role::ALL {
                    // A browser of its own: one of them logs out.
                    let browser = edge.browser(*role).await;
                    let told = format!("{role}: {method} {}", route.path);
                    let answer = asks(&edge, Some(&browser), method.clone(), route.path).await;
                    let may = least.is_none_or(|least| *role >= least);
                    assert_eq!(answer == forbidden, !may, "{told}: {answer:?}");
                    assert_ne!(answer.0, 401, "{told}: {answer:?}");
                    if may && !is_served {
                        assert_eq!(answer, not_found, "{told}");
                    }
                }
            }
        }
    });
}

#[test]
fn the_table_names_no_route_that_is_not_there() {
    for (path, _) in EXPECTED {
        assert!(ROUTES.iter().any(|route| route.path == *path), "{path} is no route");
    }
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), ROUTES.len(), "a path stands twice");
}

/// Refusals are told in the envelope, also to those who may not know what is there.
#[test]
fn too_few_rights_are_told_before_what_is_wrong() {
    super::story(&[], async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        let answer = browser.posts("/api/admin/shooter/sms/check", &json!({"id": "x", "check_status": 9})).await;
        assert_eq!(expect_code(&answer, 200, 7403), &json!({}));
    });
}
