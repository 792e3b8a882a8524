//! Telegram bots, and where Telegram posts in webhook mode.

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::contract::page::Page;
use crate::contract::telegram::{Bot, BotInput, UpdateTaken};
use crate::domain::refusal::Refusal;
use crate::registry::telegram_bots::{AddBot, DeleteBot, ListBots, SeeLoss, TakeUpdate};

use super::answer::send;
use super::auth::count_failure;
use super::error::{Kind, Problem};
use super::ports::{ANSWER_WITHIN, ask};
use super::request::{BodyLimit, NoBody, QueryReader, Write, int_id, read_bytes};
use super::resource::Path;
use super::server::Service;

const SECRET: &str = "X-Telegram-Bot-Api-Secret-Token";
/// No update is larger.
const UPDATE_MAX: BodyLimit = BodyLimit(1024 * 1024);

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/v2/telegram/bots").get(web::route().to(list)).post(web::route().to(add)).service())
        .service(Path::new("/v2/telegram/bots/{id}").delete(web::route().to(delete)).service())
        .service(Path::new("/v2/telegram/bots/{id}/loss-seen").post(web::route().to(loss_seen)).service());
}

pub(super) fn webhook_routes(config: &mut ServiceConfig) {
    config.service(Path::new("/ingest/telegram/{bot_id}").post(web::route().to(take)).service());
}

/// The bots, newest first.
#[utoipa::path(get, path = "/internal/v2/telegram/bots", tag = "telegram bots",
    responses((status = 200, description = "A page", body = Page<Bot>)))]
pub(super) async fn list(service: Data<Service>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let mut query = QueryReader::of(&request);
    let page = query.page();
    query.finish()?;
    Ok(HttpResponse::Ok().json(ask(&*service.state.bots, ListBots { page }).await?))
}

/// Adds a bot and reads it from now on. What keeps messages from coming stands in `warnings`.
#[utoipa::path(post, path = "/internal/v2/telegram/bots", tag = "telegram bots", request_body = BotInput,
    responses(
        (status = 201, description = "Added", body = Bot),
        (status = 409, description = "The bot is there already"),
    ))]
pub(super) async fn add(service: Data<Service>, write: Write<BotInput>) -> Result<HttpResponse, Problem> {
    send(&ask(&*service.state.bots, AddBot { caller: write.caller, bot: write.input }).await?)
}

/// Deletes a bot and stops reading it. Its messages stay.
#[utoipa::path(delete, path = "/internal/v2/telegram/bots/{id}", tag = "telegram bots",
    params(("id" = i64, Path, description = "The bot's id")),
    responses((status = 204, description = "Deleted")))]
pub(super) async fn delete(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.bots, DeleteBot { caller: write.caller, id }).await?)
}

/// Somebody has compared the bank's list with what is here: ends the alarm of a loss window.
#[utoipa::path(post, path = "/internal/v2/telegram/bots/{id}/loss-seen", tag = "telegram bots",
    params(("id" = i64, Path, description = "The bot's id")),
    responses(
        (status = 200, description = "The bot as it stands now", body = Bot),
        (status = 409, description = "It has no loss window, or one that goes on"),
    ))]
pub(super) async fn loss_seen(
    service: Data<Service>,
    request: HttpRequest,
    write: Write<NoBody>,
) -> Result<HttpResponse, Problem> {
    let id = int_id(&request, "id")?;
    send(&ask(&*service.state.bots, SeeLoss { caller: write.caller, id }).await?)
}

/// Takes an update that Telegram posts, for a bot in webhook mode. 200 only once it is stored for good.
#[utoipa::path(post, path = "/ingest/telegram/{bot_id}", tag = "ingest",
    params(
        ("bot_id" = i64, Path, description = "The bot's id"),
        ("X-Telegram-Bot-Api-Secret-Token" = String, Header, description = "The secret that Telegram was given with the webhook"),
    ),
    request_body(description = "An Update of the Bot API", content_type = "application/json", content = Object),
    responses((status = 200, description = "It is stored, or there was nothing in it to be stored", body = UpdateTaken)))]
pub(super) async fn take(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let bot_id = int_id(&request, "bot_id")?;
    let secret = request.headers().get(SECRET).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = read_bytes(&request, payload.into_inner(), UPDATE_MAX).await?;
    let port = &*service.state.bots;
    match super::ports::Ask::<TakeUpdate>::ask(port, TakeUpdate { bot_id, secret, body }, ANSWER_WITHIN).await? {
        Ok(()) => Ok(HttpResponse::Ok().json(UpdateTaken { ok: true })),
        Err(refusal @ (Refusal::Unauthorized(_) | Refusal::Forbidden(_))) => {
            let problem = match &refusal {
                Refusal::Unauthorized(detail) => Problem::unauthorized(detail.clone(), "Webhook-Secret"),
                other => Problem::new(Kind::Forbidden, other.to_string()),
            };
            Err(count_failure(&service, &request).err().unwrap_or(problem))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
