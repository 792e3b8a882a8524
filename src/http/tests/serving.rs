//! The server's thread.

use std::net::TcpListener;

use futures_util::FutureExt as _;

use super::support::TestApp;
use crate::http::server::{Running, serve_probes};

fn serve() -> Running {
    serve_probes(TcpListener::bind("127.0.0.1:0").unwrap(), TestApp::new().probes()).unwrap()
}

#[actix_web::test]
async fn a_server_that_ends_by_itself_is_told_and_one_that_is_stopped_is_not() {
    let fails = serve();
    let failed = fails.failed();
    fails.handle.stop(false).await;
    assert!(failed.await.contains("ended: its thread ended"));
    let stops = serve();
    let failed = stops.failed();
    stops.stop().await;
    assert_eq!(failed.now_or_never(), None);
}
