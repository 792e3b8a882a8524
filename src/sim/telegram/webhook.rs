//! Posts updates to webhooks, one at a time, again and again until somebody takes them.

use std::time::Duration;

use super::Shared;
use crate::domain::time::UnixMs;

/// How long to wait after a post that was not taken.
const AGAIN: Duration = Duration::from_millis(200);
const TAKEN_WITHIN: Duration = Duration::from_secs(10);

/// A webhook of a bot.
#[derive(Clone, Debug)]
pub(super) struct Hook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
    /// When a post last failed, and why.
    pub(super) failed: Option<(UnixMs, String)>,
}

impl Hook {
    pub(super) fn new(url: &str, secret: Option<String>) -> Self {
        Self { url: url.to_owned(), secret, failed: None }
    }
}

struct Post {
    token: String,
    hook: Hook,
    id: i64,
    json: String,
}

/// Posts for ever what is to be posted.
pub(super) async fn post_all(shared: Shared) {
    // Made once it is needed: whoever only polls needs no TLS.
    let mut http = None;
    loop {
        let changed = shared.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let posts = due(&shared);
        if posts.is_empty() {
            changed.await;
            continue;
        }
        let http = match &http {
            Some(http) => http,
            None => match reqwest::Client::builder().no_proxy().timeout(TAKEN_WITHIN).build() {
                Ok(made) => http.insert(made),
                Err(error) => {
                    tracing::error!(%error, "the simulator cannot post to webhooks");
                    std::future::pending().await
                }
            },
        };
        let mut failed = false;
        for post in posts {
            let taken = send(http, &post).await;
            failed |= taken.is_err();
            note(&shared, &post, taken);
        }
        if failed {
            tokio::time::sleep(AGAIN).await;
        }
    }
}

fn due(shared: &Shared) -> Vec<Post> {
    let world = shared.world();
    let bots = world.bots.iter().filter(|(_, bot)| !bot.revoked);
    bots.filter_map(|(token, bot)| {
        let (hook, (id, json)) = (bot.hook.clone()?, bot.first()?);
        Some(Post { token: token.clone(), hook, id, json })
    })
    .collect()
}

async fn send(http: &reqwest::Client, post: &Post) -> Result<(), String> {
    let mut request = http.post(&post.hook.url).header("content-type", "application/json").body(post.json.clone());
    if let Some(secret) = &post.hook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("Wrong response from the webhook: {}", answer.status())),
        Err(_) => Err("Connection refused".to_owned()),
    }
}

fn note(shared: &Shared, post: &Post, taken: Result<(), String>) {
    let mut world = shared.world();
    let now = world.now();
    world.with_bot(&post.token, |bot| match taken {
        Ok(()) => bot.forget(post.id),
        Err(why) => {
            if let Some(hook) = &mut bot.hook {
                hook.failed = Some((now, why));
            }
        }
    });
}
