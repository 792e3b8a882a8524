//! The simulator's server, on a thread of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};

use super::{Shared, http, stream};

pub(super) struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Server {
    pub(super) fn start(shared: Shared) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (started, starting) = std::sync::mpsc::channel();
        std::thread::Builder::new().name("sim-pushbullet".to_owned()).spawn(move || {
            actix_rt::System::new().block_on(async move {
                let shared = Data::new(shared);
                let app = move || App::new().app_data(shared.clone()).configure(http::routes).configure(stream::routes);
                match HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0).listen(listener) {
                    Ok(server) => {
                        let server = server.run();
                        if started.send(Ok(server.handle())).is_ok() {
                            drop(server.await);
                        }
                    }
                    Err(error) => drop(started.send(Err(error))),
                }
            });
        })?;
        let handle = starting.recv().map_err(|_| io::Error::other("the simulator's thread ended"))??;
        Ok(Self { address, handle })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked for here, done on its own thread.
        drop(self.handle.stop(false));
    }
}
