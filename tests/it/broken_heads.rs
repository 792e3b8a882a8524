//! What never becomes a request: the HTTP library answers it, with a bare status and an end of the connection, as the surface
//! page says.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::app::story_with;

async fn answer_to(address: &str, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    // The end may come while we still write.
    let _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_head_that_cannot_be_read_is_answered_bare_and_ends_its_connection() {
    story_with(&[], async |app| {
        let address = app.base().strip_prefix("http://").unwrap();
        for broken in ["no http at all\r\n\r\n", "GET /livez\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n"] {
            let answer = answer_to(address, broken.as_bytes()).await;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{broken:?}: {answer}");
            assert!(answer.contains("content-length: 0") && answer.ends_with("\r\n\r\n"), "{answer}");
        }
        let endless = format!("GET /livez HTTP/1.1\r\nx-long: {}", "a".repeat(200_000));
        let answer = answer_to(address, endless.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
        // Nobody else is touched by it.
        assert_eq!(app.get("/livez").await.status, 200);
    });
}
