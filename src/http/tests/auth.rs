//! Who may enter `/internal`.

use actix_web::test::TestRequest;

use super::support::{TOKEN, TestApp};
use crate::http::auth::FAILURES_PER_MINUTE;

fn request(uri: &str, authorization: Option<&str>) -> TestRequest {
    let request = TestRequest::get().uri(uri);
    match authorization {
        Some(value) => request.insert_header(("Authorization", value)),
        None => request,
    }
}

#[actix_web::test]
async fn without_a_token_nobody_enters_even_where_there_is_nothing() {
    let app = TestApp::new();
    for uri in ["/internal/v2/phones", "/internal/v2/actors", "/internal/v2/events", "/internal/nothing", "/internal"] {
        for authorization in [None, Some(""), Some("Bearer "), Some("Basic c2VydmljZQ=="), Some(TOKEN)] {
            let got = app.send(request(uri, authorization)).await;
            got.problem(401);
            assert_eq!(got.header("www-authenticate"), Some("Bearer"));
        }
    }
    assert!(app.asked().is_empty());
}

#[actix_web::test]
async fn a_wrong_token_is_403_and_the_right_one_enters_however_the_scheme_is_written() {
    let app = TestApp::new();
    let longer = format!("Bearer {TOKEN}x");
    for wrong in ["Bearer wrong", longer.as_str(), &longer[..longer.len() - 2]] {
        app.send(request("/internal/v2/phones", Some(wrong))).await.problem(403);
    }
    assert!(app.asked().is_empty());
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let right = format!("{scheme} {TOKEN}");
        assert_eq!(app.send(request("/internal/v2/phones", Some(&right))).await.status, 200);
    }
}

#[actix_web::test]
async fn who_fails_too_often_is_slowed_down_and_others_are_not() {
    let app = TestApp::new();
    let from = |address: &str, token: &str| {
        request("/internal/v2/phones", Some(&format!("Bearer {token}"))).peer_addr(address.parse().unwrap())
    };
    let mut slowed_down = None;
    // Some of the first are forgiven while the last are sent.
    for _ in 0..2 * FAILURES_PER_MINUTE {
        let got = app.send(from("192.0.2.1:1000", "wrong")).await;
        if got.status != 403 {
            slowed_down = Some(got);
            break;
        }
    }
    let got = slowed_down.unwrap();
    got.problem(429);
    assert_eq!(got.header("retry-after"), Some("1"));
    assert_eq!(app.send(from("192.0.2.2:1000", "wrong")).await.status, 403);
    assert_eq!(app.send(from("192.0.2.1:1002", TOKEN)).await.status, 200);
}
