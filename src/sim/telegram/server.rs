//! Serves the API over HTTP on a thread of its own.

use std::io;
use std::net::{SocketAddr, TcpListener};

use actix_web::body::BodyStream;
use actix_web::dev::ServerHandle;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use futures_util::stream;
use tokio::sync::oneshot;

use super::Shared;
use super::call::Params;
use super::method::{Reply, answer};
use super::webhook::post_all;

/// A running server; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    end: Option<oneshot::Sender<()>>,
}

impl Running {
    pub(super) fn start(shared: Shared) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let (started, starting) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("telegram-sim".to_owned()).spawn(move || {
            actix_rt::System::new().block_on(async move {
                let data = Data::new(shared.clone());
                let server = HttpServer::new(move || {
                    App::new().app_data(data.clone()).route("/bot{token}/{method}", web::route().to(call))
                });
                let server = match server.workers(1).disable_signals().shutdown_timeout(0).listen(listener) {
                    Ok(server) => server.run(),
                    Err(error) => return drop(started.send(Err(error))),
                };
                if started.send(Ok(server.handle())).is_err() {
                    return;
                }
                tokio::select! {
                    _ = server => {}
                    () = post_all(shared) => {}
                    // The owner is gone, with or without a word.
                    _ = ended => {}
                }
            });
        })?;
        let handle = starting.recv().map_err(|_| io::Error::other("the simulator's thread ended"))??;
        Ok(Self { address, handle, end: Some(end) })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asks; nobody waits for the answer.
        drop(self.handle.stop(false));
        drop(self.end.take());
    }
}

async fn call(shared: Data<Shared>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let part = |name| request.match_info().get(name).unwrap_or_default().to_owned();
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let params = Params::read(request.query_string(), content_type.unwrap_or_default(), &body);
    match answer(&shared, &part("token"), &part("method"), &params).await {
        Reply::Whole(status, body) => {
            let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            HttpResponse::build(status).content_type(kind).body(body)
        }
        Reply::Torn(body) => broken(body.get(..body.len() / 2).unwrap_or_default().to_owned()),
        Reply::Cut => broken(String::new()),
    }
}

/// An answer that breaks off: a body that fails closes the connection.
fn broken(begin: String) -> HttpResponse {
    let parts = [Ok(Bytes::from(begin)), Err(io::Error::other("cut off"))];
    HttpResponse::Ok().content_type("application/json").body(BodyStream::new(stream::iter(parts)))
}
