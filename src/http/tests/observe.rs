//! Requests can be followed, and no token with them.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use actix_web::test::TestRequest;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use super::support::{DEVICE_TOKEN, ENROLMENT_TOKEN, Mode, TOKEN, TestApp, authorized};
use crate::domain::refusal::Refusal;
use crate::http::server::serve_probes;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[actix_web::test]
async fn logs_and_metrics_name_routes_and_never_the_tokens_in_their_paths() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting = metrics::set_default_local_recorder(&recorder);

    let app = TestApp::new();
    let message = json!({"id": "m-1", "sender": "15881688", "text": "입금", "received_at": "2026-04-22T09:30:00Z"});
    for uri in [
        format!("/ingest/{DEVICE_TOKEN}/recon"),
        format!("/ingest/{DEVICE_TOKEN}/morse"),
        format!("/ingest/enrol/{ENROLMENT_TOKEN}/recon?device=counter-1"),
        format!("/ingest/{DEVICE_TOKEN}/recon/more"),
    ] {
        app.send(TestRequest::post().uri(&uri).set_json(&message)).await;
    }
    app.mode(Mode::Refuses(Refusal::Internal("a broken row".to_owned())));
    app.send(authorized(TestRequest::get().uri("/internal/v2/sms/7"))).await.problem(500);
    app.mode(Mode::Panics);
    app.send(authorized(TestRequest::get().uri("/internal/v2/sms/8"))).await.problem(500);

    let metrics = recorder.handle().render();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for (name, text) in [("metrics", &metrics), ("log", &log)] {
        for secret in [DEVICE_TOKEN, ENROLMENT_TOKEN, TOKEN] {
            assert!(!text.contains(secret), "{name}: {text}");
        }
        assert!(text.contains("/ingest/{device_token}/{format}"), "{name}: {text}");
        assert!(text.contains("/internal/v2/sms/{id}"), "{name}: {text}");
    }
    let counted = r#"recon_http_requests_total{route="/ingest/{device_token}/{format}",method="POST",status="200"} 1"#;
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains(r#"route="unmatched""#) && metrics.contains("recon_http_request_duration_seconds"));
    assert!(log.contains("a broken row") && log.contains("the fake actor panics"), "{log}");
}

#[actix_web::test]
async fn a_server_answers_on_the_port_that_it_got_until_it_is_stopped() {
    use io::{Read, Write};
    let app = TestApp::new();
    let running = serve_probes(TcpListener::bind("127.0.0.1:0").unwrap(), app.probes()).unwrap();
    let address = running.address();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: recon\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("{\"status\":\"ok\"}"), "{answer}");
    running.stop().await;
    assert!(TcpStream::connect(address).is_err());
}
