//! An HTTP server while it runs.

use std::net::TcpListener;

use actix_web::dev::ServerHandle;

use crate::http::server::{Served, serve};

/// Worker threads of a server: handlers only pass messages on, and the machine's cores belong to the actors too.
const WORKERS: usize = 2;

/// A server that has been started.
pub(super) struct Serving(ServerHandle);

impl Serving {
    /// Serves on a listener that is bound already.
    ///
    /// # Errors
    /// Where the listener cannot be used.
    #[allow(clippy::disallowed_methods, reason = "the server is its own supervisor: it restarts its workers, and its end is awaited in stop")]
    pub(super) fn start(listener: TcpListener, served: Served) -> std::io::Result<Self> {
        let (server, _) = serve(listener, served, WORKERS)?;
        let handle = server.handle();
        actix_rt::spawn(server);
        Ok(Self(handle))
    }

    /// Takes no new connections and finishes what is in hand.
    pub(super) async fn stop(self) {
        self.0.stop(true).await;
    }
}
