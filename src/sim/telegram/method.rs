//! What each method of the API does.

use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::Shared;
use super::call::{Call, Params};
use super::fault::Fault;
use super::webhook::Hook;
use super::world::World;

/// An answer about to be written.
#[derive(Debug)]
pub(super) enum Reply {
    /// Status and body.
    Whole(u16, String),
    /// The body breaks off in the middle.
    Torn(String),
    /// None: the connection is closed.
    Cut,
}

const OTHER_POLL: &str =
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
const WEBHOOK_ACTIVE: &str =
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
/// The real API holds a poll no longer.
const HELD_MAX: i64 = 50;

fn done(result: &Value) -> Reply {
    Reply::Whole(200, json!({"ok": true, "result": result}).to_string())
}

fn refused(code: u16, description: &str) -> Reply {
    refused_with(code, &json!({"description": description}))
}

fn refused_with(code: u16, more: &Value) -> Reply {
    let mut body = json!({"ok": false, "error_code": code});
    for name in ["description", "parameters"] {
        if !more[name].is_null() {
            body[name] = more[name].clone();
        }
    }
    Reply::Whole(code, body.to_string())
}

/// Answers a call. Only `getUpdates` waits.
pub(super) async fn answer(shared: &Shared, token: &str, method: &str, params: &Params) -> Reply {
    let method = method.to_lowercase();
    if let Some(refusal) = note(&mut shared.world(), token, &method, params) {
        return refusal;
    }
    if method == "getupdates" {
        return updates(shared, token, params).await;
    }
    let reply = at_once(&mut shared.world(), token, &method, params);
    shared.changed.notify_waiters();
    reply
}

/// Notes a call, and refuses one with a token that is none.
fn note(world: &mut World, token: &str, method: &str, params: &Params) -> Option<Reply> {
    let offset = params.number("offset").filter(|_| method == "getupdates");
    let call = Call { token: token.to_owned(), method: method.to_owned(), offset, at: world.now() };
    world.calls.push(call);
    match world.bots.get(token) {
        Some(bot) if !bot.revoked => None,
        None if !token.contains(':') => Some(refused(404, "Not Found")),
        _ => Some(refused(401, "Unauthorized")),
    }
}

fn at_once(world: &mut World, token: &str, method: &str, params: &Params) -> Reply {
    match method {
        "getme" => match world.bots.get(token) {
            Some(bot) => done(&json!({
                "id": bot.id, "is_bot": true, "first_name": "bot", "username": format!("sim_{}_bot", bot.id),
                "can_join_groups": true, "can_read_all_group_messages": bot.reads_groups,
                "supports_inline_queries": false,
            })),
            None => refused(401, "Unauthorized"),
        },
        "getwebhookinfo" => done(&world.webhook_info(token)),
        "setwebhook" => {
            let url = params.text("url").unwrap_or_default();
            let secret = params.text("secret_token");
            let allowed = params.list("allowed_updates");
            world.with_bot(token, |bot| {
                bot.hook = (!url.is_empty()).then(|| Hook::new(&url, secret));
                bot.allowed = allowed.unwrap_or_else(|| std::mem::take(&mut bot.allowed));
            });
            done(&json!(true))
        }
        "deletewebhook" => {
            world.with_bot(token, |bot| bot.hook = None);
            done(&json!(true))
        }
        "sendmessage" => {
            let (chat, text) = (params.number("chat_id").unwrap_or(0), params.text("text").unwrap_or_default());
            match world.chat_for(token, chat).map(|(id, _)| id) {
                Err((code, more)) => refused_with(code, &more),
                Ok(_) if text.is_empty() => refused(400, "Bad Request: message text is empty"),
                Ok(chat) => {
                    let id = world.post(chat, &text, Some(token));
                    done(&world.message(chat, id).unwrap_or_default())
                }
            }
        }
        "editmessagetext" => {
            let (chat, id) = (params.number("chat_id").unwrap_or(0), params.number("message_id").unwrap_or(0));
            world.edit(chat, id, &params.text("text").unwrap_or_default());
            match world.message(chat, id) {
                Some(message) => done(&message),
                None => refused(400, "Bad Request: message to edit not found"),
            }
        }
        _ => refused(404, "Not Found: method not found"),
    }
}

/// Confirms, then waits until there is something, until it is over, or until another poll comes.
async fn updates(shared: &Shared, token: &str, params: &Params) -> Reply {
    let held = params.number("timeout").unwrap_or(0).clamp(0, HELD_MAX);
    let until = Instant::now() + Duration::from_secs(u64::try_from(held).unwrap_or(0));
    let limit = usize::try_from(params.number("limit").unwrap_or(100).clamp(1, 100)).unwrap_or(100);
    let (mine, fault) = match begin(&mut shared.world(), token, params) {
        Ok(begun) => begun,
        Err(refusal) => return refusal,
    };
    shared.changed.notify_waiters();
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        if let Some(reply) = look(&shared.world(), token, mine, limit, fault) {
            return reply;
        }
        if tokio::time::timeout_at(until, changed).await.is_err() {
            return done(&json!([]));
        }
    }
}

/// The number of this poll, and what is to go wrong with its answer.
fn begin(world: &mut World, token: &str, params: &Params) -> Result<(u64, Option<Fault>), Reply> {
    let now = world.now();
    let fault = world.faults.pop_front().or_else(|| {
        let quirks = world.quirks;
        quirks.fault(&mut world.random)
    });
    match fault {
        Some(Fault::Page) => return Err(Reply::Whole(502, "<html><body>502 Bad Gateway</body></html>".to_owned())),
        Some(Fault::ServerError) => return Err(refused(500, "Internal Server Error")),
        Some(Fault::Conflict) => return Err(refused(409, OTHER_POLL)),
        Some(Fault::NoJson) => return Err(Reply::Whole(200, "upstream says no".to_owned())),
        Some(Fault::TooMany(seconds)) => {
            let words = format!("Too Many Requests: retry after {seconds}");
            let more = json!({"description": words, "parameters": {"retry_after": seconds}});
            return Err(refused_with(429, &more));
        }
        Some(Fault::Torn | Fault::Cut) | None => {}
    }
    let Some(bot) = world.bots.get_mut(token) else { return Err(refused(401, "Unauthorized")) };
    if bot.hook.is_some() {
        return Err(refused(409, WEBHOOK_ACTIVE));
    }
    if bot.has_rival {
        return Err(refused(409, OTHER_POLL));
    }
    if let Some(allowed) = params.list("allowed_updates") {
        bot.allowed = allowed;
    }
    if let Some(offset) = params.number("offset") {
        bot.confirm(offset, now);
    }
    bot.polls += 1;
    Ok((bot.polls, fault))
}

/// What there is to answer now, if anything.
fn look(world: &World, token: &str, mine: u64, limit: usize, fault: Option<Fault>) -> Option<Reply> {
    let Some(bot) = world.bots.get(token) else { return Some(refused(401, "Unauthorized")) };
    if bot.revoked {
        return Some(refused(401, "Unauthorized"));
    }
    if bot.polls != mine || bot.has_rival {
        return Some(refused(409, OTHER_POLL));
    }
    if bot.hook.is_some() {
        return Some(refused(409, WEBHOOK_ACTIVE));
    }
    let body = format!(r#"{{"ok":true,"result":{}}}"#, bot.batch(limit)?);
    Some(match fault {
        Some(Fault::Torn) => Reply::Torn(body),
        Some(Fault::Cut) => Reply::Cut,
        _ => Reply::Whole(200, body),
    })
}
