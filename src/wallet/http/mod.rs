//! The wallet over HTTP, on a bind of its own: checks a request, sends the ledger book one message with a deadline,
//! answers. It never touches storage. Errors, bodies, paths and probes are those of `crate::http`.

mod ledger;
mod openapi;
mod outbox;
mod recharges;
mod wallets;

pub use openapi::openapi;

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data};
use actix_web::{Error, ResponseError as _};

use super::ledger_book::LedgerBook;
use crate::http::auth::{FAILURES_PER_MINUTE, check_bearer};
use crate::http::limit::Limiter;
use crate::http::server::{Routes, no_such_path};
use crate::http::state::HashedToken;
use crate::supervision::Handle;

/// What every worker thread shares.
pub struct Wallet {
    ledger: Handle<LedgerBook>,
    token: HashedToken,
    failures: Limiter<IpAddr>,
}

impl Wallet {
    /// The wallet of that ledger book, for those who hold the token.
    #[must_use]
    pub fn new(ledger: Handle<LedgerBook>, token: HashedToken) -> Self {
        Self { ledger, token, failures: Limiter::new(FAILURES_PER_MINUTE, FAILURES_PER_MINUTE) }
    }
}

/// Every route of the wallet role but the probes.
#[must_use]
pub fn routes(wallet: Wallet) -> Routes {
    let wallet = Data::new(wallet);
    Arc::new(move |config| {
        config.app_data(wallet.clone()).configure(openapi::routes).service(
            web::scope("/internal")
                .wrap(from_fn(require_wallet_token))
                .configure(recharges::routes)
                .configure(wallets::routes)
                .configure(ledger::routes)
                .configure(outbox::routes)
                .default_service(web::to(no_such_path)),
        );
    })
}

/// 401 without a bearer token, 403 with a wrong one, 429 with too many wrong ones.
async fn require_wallet_token(
    wallet: Data<Wallet>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check_bearer("wallet", &wallet.token, &wallet.failures, request.request()) {
        Ok(()) => next.call(request).await,
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}
