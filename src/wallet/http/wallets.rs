//! What users have.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::Wallet;
use crate::contract::page::Page;
use crate::http::error::Problem;
use crate::http::ports::ask;
use crate::http::request::{QueryReader, no_query, text_id};
use crate::http::resource::Path;
use crate::wallet::contract::{EntryView, WalletView};
use crate::wallet::reads::{GetWallet, ListEntries};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/wallets/{user_id}").get(web::route().to(get)).service())
        .service(Path::new("/wallets/{user_id}/entries").get(web::route().to(entries)).service());
}

/// What a user has. 404 for one of whom the wallet never had an order.
#[utoipa::path(get, path = "/internal/wallets/{user_id}", tag = "wallets",
    params(("user_id" = String, Path, description = "The user")),
    responses((status = 200, description = "The balances", body = WalletView)))]
pub(super) async fn get(wallet: Data<Wallet>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let user_id = text_id(&request, "user_id")?;
    no_query(&request)?;
    Ok(HttpResponse::Ok().json(ask(&wallet.ledger, GetWallet { user_id }).await?))
}

/// What was credited to a user, newest first.
#[utoipa::path(get, path = "/internal/wallets/{user_id}/entries", tag = "wallets",
    params(("user_id" = String, Path, description = "The user")),
    responses((status = 200, description = "A page", body = Page<EntryView>)))]
pub(super) async fn entries(wallet: Data<Wallet>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let user_id = text_id(&request, "user_id")?;
    let mut query = QueryReader::of(&request);
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&wallet.ledger, ListEntries { user_id, page }).await?))
}
