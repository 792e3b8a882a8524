//! The socket of the event stream. No error names the address, which carries the token.

use std::time::Duration;

use futures_util::StreamExt as _;
use secrecy::ExposeSecret as _;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::client::reset_in;
use super::phone::{Phone, Trouble};
use crate::tls;

const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// An ephemeral is a few kilobytes.
const FRAME_MAX: usize = 4 * 1024 * 1024;

/// An open stream. Dropping it closes the socket at once: one that is half open would not answer a farewell.
pub(super) struct EventStream(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// Something that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// A frame with a text.
    Text(String),
    /// A sign of life of the protocol.
    Beat,
    /// The end, and why.
    End(String),
}

impl EventStream {
    /// Opens the stream. Answers 401 and 403 as a refusal of the token, 429 as a limit.
    pub(super) async fn open(phone: &Phone) -> Result<Self, Trouble> {
        tls::use_ring();
        let gate = &phone.client.gate;
        let _turn = gate.enter().await.map_err(Trouble::Closed)?;
        let url = format!("{}/{}", phone.settings.stream_url, phone.client.token().expose_secret());
        let config = WebSocketConfig::default().max_message_size(Some(FRAME_MAX)).max_frame_size(Some(FRAME_MAX));
        // Small frames at once: they are deposits.
        let opened = tokio::time::timeout(CONNECT_WITHIN, connect_async_with_config(url, Some(config), true)).await;
        match opened {
            Err(_elapsed) => Err(Trouble::Failed("the stream does not open in time".to_owned())),
            Ok(Ok((socket, _answer))) => {
                gate.accepted();
                Ok(Self(socket))
            }
            Ok(Err(tungstenite::Error::Http(answer))) => Err(match answer.status().as_u16() {
                401 | 403 => Trouble::Closed(gate.refuse(&answer.status().to_string())),
                429 => Trouble::Closed(gate.limit(reset_in(answer.headers(), phone.store.now()))),
                _ => Trouble::Failed(format!("the stream is answered {}", answer.status())),
            }),
            Ok(Err(error)) => Err(Trouble::Failed(format!("the stream cannot be opened: {}", words(&error)))),
        }
    }

    /// The next thing that comes, within `silence`. May be dropped and asked again.
    pub(super) async fn next(&mut self, silence: Duration) -> Came {
        match tokio::time::timeout(silence, self.0.next()).await {
            Err(_elapsed) => Came::End(format!("nothing came for {} s", silence.as_secs())),
            Ok(Some(Err(error))) => Came::End(words(&error)),
            Ok(Some(Ok(Message::Text(text)))) => Came::Text(text.to_string()),
            Ok(Some(Ok(Message::Binary(bytes)))) => Came::Text(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(None | Some(Ok(Message::Close(_)))) => Came::End("it was closed".to_owned()),
            Ok(Some(Ok(_))) => Came::Beat,
        }
    }
}

/// An error in words that name no address.
fn words(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(error) => error.to_string(),
        tungstenite::Error::Tls(error) => error.to_string(),
        tungstenite::Error::Protocol(error) => error.to_string(),
        tungstenite::Error::Capacity(error) => error.to_string(),
        tungstenite::Error::Utf8(_) => "a frame is no UTF-8".to_owned(),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => "it was closed".to_owned(),
        _ => "the connection failed".to_owned(),
    }
}
