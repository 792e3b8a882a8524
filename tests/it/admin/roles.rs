//! Who may ask what: every route, asked by every role and by nobody. The table says it once more, from the page
//! (section 3 of the inventory) and not from the code; a route that it does not know fails.

use recon::admin::http::route::{Kind, ROUTES, Route};
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
    ("/recon/template/list", Some(Role::Viewer)),
    ("/recon/template/add", Some(Role::Admin)),
    ("/recon/audit", Some(Role::Viewer)),
    ("/recon/standing", Some(Role::Viewer)),
    ("/recon/sms", Some(Role::Viewer)),
    ("/recon/sms/list", Some(Role::Viewer)),
    ("/recon/order", Some(Role::Viewer)),
    ("/ws/ticket", Some(Role::Viewer)),
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

/// Holds what one caller (none: nobody who is logged in) is told on a route.
async fn holds(edge: &Edge, caller: Option<(&Browser<'_>, Role)>, route: &Route) {
    let least = expected(route.path);
    for method in [Method::POST, Method::GET] {
        let answer = asks(edge, caller.map(|(browser, _)| browser), method.clone(), route.path).await;
        let role = caller.map(|(_, role)| role);
        let told = format!("{role:?}: {method} {}: {answer:?}", route.path);
        let is_served = route.kind == Kind::Read || method == Method::POST;
        let Some(role) = role else {
            assert_eq!(answer == (401, json!(7)), least.is_some(), "{told}");
            continue;
        };
        let may = least.is_none_or(|least| role >= least);
        assert_eq!(answer == (200, json!(7403)), !may, "{told}");
        assert_eq!(answer == (200, json!(7404)), may && !is_served, "{told}");
        assert_eq!(answer.0, 200, "{told}");
    }
}

#[test]
fn every_route_lets_in_whom_the_page_says_and_nobody_else() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let edge = Edge::start_whole(Engine::Sqlite, &[]).await;
        for route in ROUTES {
            holds(&edge, None, route).await;
        }
        for role in Role::ALL {
            let browser = edge.browser(*role).await;
            // Last, since a token is good for nothing behind it: GET first finds no such route.
            let (leaving, others): (Vec<_>, Vec<_>) = ROUTES.iter().partition(|route| route.path == "/logout");
            for route in others {
                holds(&edge, Some((&browser, *role)), route).await;
            }
            let [logout] = leaving[..] else { panic!("there is one logout") };
            let get = asks(&edge, Some(&browser), Method::GET, logout.path).await;
            let post = asks(&edge, Some(&browser), Method::POST, logout.path).await;
            assert_eq!((get, post), ((200, json!(7404)), (200, json!(0))), "{role}");
            assert_eq!(asks(&edge, Some(&browser), Method::GET, "/me").await, (401, json!(7)), "{role}");
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
