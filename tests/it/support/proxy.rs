//! A cable to a server that can be cut and joined again.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Passes everything on to a server while it is joined; cut, it drops what there is and takes nothing.
#[derive(Debug)]
pub struct Cable {
    pub address: SocketAddr,
    joined: watch::Sender<bool>,
}

impl Cable {
    /// A joined cable to the server at `host:port`. Its thread ends with it.
    pub fn to(server: &str) -> Self {
        let server = server.to_owned();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (joined, state) = watch::channel(true);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(pass(listener, &server, state));
        });
        Self { address, joined }
    }

    pub fn cut(&self) {
        self.joined.send_replace(false);
    }

    pub fn join(&self) {
        self.joined.send_replace(true);
    }
}

async fn pass(listener: std::net::TcpListener, server: &str, mut joined: watch::Receiver<bool>) {
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let mut cables = JoinSet::new();
    loop {
        tokio::select! {
            changed = joined.changed() => match changed {
                Ok(()) if *joined.borrow_and_update() => {}
                Ok(()) => cables.abort_all(),
                Err(_) => return,
            },
            accepted = listener.accept() => {
                let (mut near, _) = accepted.unwrap();
                if !*joined.borrow() {
                    continue;
                }
                let server = server.to_owned();
                cables.spawn(async move {
                    if let Ok(mut far) = TcpStream::connect(server).await {
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                    }
                });
            }
        }
    }
}
