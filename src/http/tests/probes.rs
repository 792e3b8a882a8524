//! Whether all is well, and that it is never said falsely.

use super::support::TestApp;
use crate::supervision::{ActorState, ActorStatus};

fn actor(critical: bool, state: ActorState, fresh: bool) -> ActorStatus {
    ActorStatus {
        id: "order-matcher".to_owned(),
        kind: "order-matcher".to_owned(),
        process: "here".to_owned(),
        state,
        critical,
        generation: 1,
        started_at: None,
        last_progress_at: None,
        last_success_at: None,
        last_message_at: None,
        deadline_s: 60,
        fresh,
        lag_s: None,
        restarts: 0,
        last_error: None,
    }
}

async fn health(app: &TestApp, loops: Vec<ActorStatus>) -> (u16, String) {
    *app.fake.loops.lock().unwrap() = loops;
    let got = app.get("/healthz").await;
    (got.status, got.json()["status"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn a_loop_that_does_not_work_shows_as_soon_as_it_does_not() {
    use ActorState::{Backoff, Parked, Running, Stopped};
    let app = TestApp::new();
    assert_eq!(health(&app, vec![]).await, (200, "healthy".to_owned()));
    let well = actor(true, Running, true);
    assert_eq!(health(&app, vec![well.clone()]).await, (200, "healthy".to_owned()));
    for (state, fresh) in [(Running, false), (Parked, true), (Parked, false), (Stopped, true), (Backoff, false)] {
        let seen = health(&app, vec![well.clone(), actor(true, state, fresh)]).await;
        assert_eq!(seen, (503, "unhealthy".to_owned()), "{state} {fresh}");
        let seen = health(&app, vec![actor(false, state, fresh), well.clone()]).await;
        assert_eq!(seen, (200, "degraded".to_owned()), "{state} {fresh}");
    }
    let both = vec![actor(true, Parked, false), actor(false, Parked, false)];
    assert_eq!(health(&app, both).await, (503, "unhealthy".to_owned()));
}

#[actix_web::test]
async fn a_store_that_takes_no_writes_is_neither_ready_nor_healthy_but_the_process_lives() {
    let app = TestApp::new();
    for uri in ["/livez", "/readyz", "/healthz", "/metrics"] {
        assert_eq!(app.get(uri).await.status, 200, "{uri}");
    }
    *app.fake.not_ready.lock().unwrap() = Some("the disk is full".to_owned());
    *app.fake.store_check.lock().unwrap() = Some("the disk is full".to_owned());
    assert_eq!(app.get("/readyz").await.problem(503)["detail"], "the disk is full");
    let got = app.get("/healthz").await;
    assert_eq!((got.status, got.json()["checks"][0]["ok"].as_bool()), (503, Some(false)));
    assert_eq!(app.get("/livez").await.status, 200);
}

#[actix_web::test]
async fn a_process_that_stops_takes_no_more_work() {
    let app = TestApp::new();
    app.drain.send_replace(true);
    app.get("/readyz").await.problem(503);
    for uri in ["/livez", "/healthz", "/metrics"] {
        assert_eq!(app.get(uri).await.status, 200, "{uri}");
    }
    for uri in ["/internal/v2/phones", "/ingest/device-token-of-the-tests/recon", "/nowhere"] {
        let got = app.post(uri, serde_json::json!({})).await;
        assert_eq!(got.problem(503)["title"], "The service cannot answer now", "{uri}");
        assert!(got.header("retry-after").is_some());
    }
    assert!(app.asked().is_empty());
    assert_eq!(app.probes().in_hand.count(), 0);
}

#[actix_web::test]
async fn a_process_without_the_service_role_serves_its_probes_and_no_more() {
    let app = TestApp::new().probes_only();
    for uri in ["/livez", "/readyz", "/healthz", "/metrics"] {
        assert_eq!(app.get(uri).await.status, 200, "{uri}");
    }
    for uri in ["/internal/v2/phones", "/docs", "/openapi.json"] {
        app.get(uri).await.problem(404);
    }
}
