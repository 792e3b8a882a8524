//! Whether the ledger holds.

use std::time::Duration;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::Wallet;
use crate::http::error::Problem;
use crate::http::request::no_query;
use crate::http::resource::Path;
use crate::wallet::contract::LedgerVerdict;
use crate::wallet::reads::VerifyLedger;

/// It reads every row; a request may take 30 s.
const VERIFIED_WITHIN: Duration = Duration::from_secs(28);

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(Path::new("/ledger/verify").get(web::route().to(verify)).service());
}

/// Checks the whole ledger from its rows: every entry sums to zero, every balance is the sum of its postings, nothing is
/// credited twice, and the approved orders are those that were credited.
#[utoipa::path(get, path = "/internal/ledger/verify", tag = "ledger",
    responses((status = 200, description = "What was found", body = LedgerVerdict)))]
pub(super) async fn verify(wallet: Data<Wallet>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(wallet.ledger.ask(VerifyLedger, VERIFIED_WITHIN).await??))
}
