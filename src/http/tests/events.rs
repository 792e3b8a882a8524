//! The event stream.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::test::TestRequest;
use serde_json::json;

use super::support::{TestApp, authorized};
use crate::contract::system::Event;

async fn listen(app: &TestApp, uri: &str) -> BoxBody {
    let response = app.respond(authorized(TestRequest::get().uri(uri))).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers().get("content-type").unwrap(), "text/event-stream");
    response.into_body()
}

async fn next(body: &mut BoxBody) -> Option<String> {
    let chunk = std::future::poll_fn(|cx| std::pin::Pin::new(&mut *body).poll_next(cx)).await?;
    Some(String::from_utf8(chunk.unwrap().to_vec()).unwrap())
}

fn event(id: i64) -> Event {
    Event { id: Some(id), kind: "sms.created".to_owned(), data: json!({"id": 41}) }
}

#[actix_web::test]
async fn events_come_as_they_happen_and_the_stream_ends_with_the_feed() {
    let app = TestApp::new();
    let mut body = listen(&app, "/internal/v2/events").await;
    assert_eq!(next(&mut body).await.unwrap(), "retry: 2000\n\n");
    let feed = app.fake.listener.lock().unwrap().take().unwrap();
    feed.try_send(event(7)).unwrap();
    assert_eq!(next(&mut body).await.unwrap(), "id: 7\nevent: sms.created\ndata: {\"id\":41}\n\n");
    feed.try_send(event(8)).unwrap();
    drop(feed);
    assert!(next(&mut body).await.unwrap().starts_with("id: 8\n"));
    assert_eq!(next(&mut body).await, None);
}

#[actix_web::test]
async fn a_stream_ends_when_the_process_stops() {
    let app = TestApp::new();
    let mut body = listen(&app, "/internal/v2/events").await;
    next(&mut body).await;
    app.drain.send_replace(true);
    assert_eq!(next(&mut body).await, None);
}

#[actix_web::test]
async fn a_quiet_stream_is_kept_open_by_comments() {
    let app = TestApp::new();
    let mut body = listen(&app, "/internal/v2/events").await;
    next(&mut body).await;
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    assert_eq!(next(&mut body).await.unwrap(), ": heartbeat\n\n");
    assert!(before.elapsed().as_secs() <= 15);
}

#[actix_web::test]
async fn a_listener_that_comes_back_says_what_it_saw_last() {
    let app = TestApp::new();
    let asked_after = |header: Option<&'static str>, uri: &'static str| {
        let request = authorized(TestRequest::get().uri(uri));
        header.into_iter().fold(request, |request, id| request.insert_header(("Last-Event-ID", id)))
    };
    for (header, uri, after) in [
        (None, "/internal/v2/events", "after: None"),
        (Some("7"), "/internal/v2/events", "after: Some(7)"),
        (None, "/internal/v2/events?last_event_id=5", "after: Some(5)"),
        (Some("7"), "/internal/v2/events?last_event_id=5", "after: Some(7)"),
    ] {
        drop(app.respond(asked_after(header, uri)).await);
        assert!(app.asked().remove(0).contains(after), "{header:?} {uri}");
    }
    let got = app.send(asked_after(Some("x"), "/internal/v2/events")).await;
    assert_eq!(got.fields(), ["Last-Event-ID"]);
    let got = app.send(asked_after(None, "/internal/v2/events?last_event_id=x")).await;
    assert_eq!(got.fields(), ["last_event_id"]);
}
