//! Ends a connection from outside, whatever waits to be written to it: for one whose other end has stopped reading.

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::{Arc, Weak};

use actix_web::dev::Extensions;

/// A connection that can be hung up, as long as it is there.
#[derive(Clone, Debug)]
pub struct Hangup(Weak<TcpStream>);

impl Hangup {
    /// Ends it at once. What is not written yet is lost.
    pub fn hang_up(&self) {
        if let Some(socket) = self.0.upgrade() {
            // It may have ended meanwhile.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Kept with the connection, and gone with it: a second handle must not hold a socket open.
pub(super) struct Held(Arc<TcpStream>);

impl Held {
    /// What hangs this connection up.
    fn hangup(&self) -> Hangup {
        Hangup(Arc::downgrade(&self.0))
    }
}

/// Keeps a handle of each connection of a server with it.
pub(super) fn hold(connection: &dyn Any, data: &mut Extensions) {
    let Some(socket) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
    match socket.as_fd().try_clone_to_owned() {
        Ok(socket) => {
            data.insert(Held(Arc::new(TcpStream::from(socket))));
        }
        // Such a connection ends by itself or not at all; it is bounded all the same.
        Err(error) => tracing::warn!(%error, "a connection's socket cannot be held a second time"),
    }
}

/// What hangs up the connection of a request; none where its server does not hold its connections.
#[must_use]
pub fn of(request: &actix_web::HttpRequest) -> Option<Hangup> {
    request.conn_data::<Held>().map(Held::hangup)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_connection_is_hung_up_and_a_hangup_holds_none_open() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for by_hangup in [true, false] {
            let mut far = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (near, _) = listener.accept().await.unwrap();
            let mut data = Extensions::new();
            hold(&near, &mut data);
            let hangup = data.get::<Held>().unwrap().hangup();
            if by_hangup {
                hangup.hang_up();
            } else {
                drop((near, data));
                hangup.hang_up();
            }
            assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0, "by a hangup: {by_hangup}");
        }
    }
}
