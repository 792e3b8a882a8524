//! Owns the Telegram bots: adds and deletes them, and takes what Telegram posts in webhook mode.

use std::collections::HashMap;
use std::time::Duration;

use actix::Message;
use bytes::Bytes;
use secrecy::SecretString;

use super::fields::Fields;
use crate::bus::Fleet;
use crate::config::BaseUrl;
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::telegram::{Bot, BotInput};
use crate::domain::refusal::Refusal;
use crate::secrets::{new_token, token_matches};
use crate::sources::telegram::api::BotApi;
use crate::sources::telegram::failure::Failure;
use crate::sources::telegram::poller;
use crate::sources::telegram::take::{Stores, take};
use crate::sources::telegram::update::RawUpdate;
use crate::store::telegram::NewBot;
use crate::supervision::{Child, Context, Nudger, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "telegram_bots";

/// The most chats on a bot's list.
const CHATS_MAX: usize = 100;
/// How long Telegram is asked about a bot that is added, or told that one is gone. Its caller waits for 10 s.
const ASKED_WITHIN: Duration = Duration::from_secs(6);

/// The actor.
#[derive(Clone, Debug)]
pub struct TelegramBots {
    stores: Stores,
    fleet: Fleet,
    /// Wakes what starts and stops the bots' loops.
    roster: Nudger,
    api_url: BaseUrl,
    public_url: String,
}

impl TelegramBots {
    /// The actor over `stores`. `public_url` is where Telegram reaches us, in webhook mode.
    #[must_use]
    pub fn new(stores: Stores, fleet: Fleet, roster: Nudger, api_url: BaseUrl, public_url: &str) -> Self {
        Self { stores, fleet, roster, api_url, public_url: public_url.trim_end_matches('/').to_owned() }
    }

    async fn list(&self, page: PageRequest) -> Result<Page<Bot>, Refusal> {
        let mut page = self.stores.store.bot_page(page).await?;
        let states: HashMap<String, String> = self
            .fleet
            .list()
            .into_iter()
            .filter(|actor| actor.kind == poller::KIND)
            .map(|actor| (actor.id, actor.state.to_string()))
            .collect();
        for bot in &mut page.items {
            if let Some(state) = states.get(&format!("telegram-poller/{}", bot.id)) {
                bot.state.clone_from(state);
            }
        }
        Ok(page)
    }

    async fn add(&self, caller: &Caller, mut input: BotInput) -> Result<Answer, Refusal> {
        if let Some(answer) = self.stores.store.answered(caller).await? {
            return Ok(answer);
        }
        validate(&mut input)?;
        let token = SecretString::from(std::mem::take(&mut input.token));
        let webhook = input.webhook.unwrap_or(false);
        // Asked first, so that a bot that is there already is not checked for nothing.
        if let Some(id) = self.stores.store.bot_with_token(&token).await? {
            let message =
                format!("this bot is there already, as telegram bot {id}; to change it, delete that one first");
            return Err(Refusal::Conflict(message));
        }
        let (username, mut warnings) = self.check(&token, webhook).await?;
        if input.chat_ids.as_ref().is_none_or(Vec::is_empty) {
            warnings.push(
                "no chat_ids: every group and channel that this bot is in is read, and whoever adds it to one of his own can \
                 write there as if he were the bank. Name the chats; until then send /setjoingroups to BotFather and \
                 choose Disable once the bot is in its channel. What people write to the bot itself is held: recon \
                 sms list --state held shows it, and POST /internal/v2/sms/reset with its id lets it flow"
                    .to_owned(),
            );
        }
        let new = NewBot {
            name: input.name,
            token,
            chat_ids: input.chat_ids.unwrap_or_default(),
            line: input.line,
            enabled: input.enabled.unwrap_or(true),
            webhook_secret: webhook.then(|| SecretString::from(new_token())),
            username,
            warnings,
        };
        let answer = self.stores.store.add_bot(caller, &new).await?;
        self.roster.nudge();
        Ok(answer)
    }

    /// What Telegram says of a bot: its name, and what keeps messages from coming.
    async fn check(&self, token: &SecretString, webhook: bool) -> Result<(Option<String>, Vec<String>), Refusal> {
        let api = BotApi::new(&self.api_url, token.clone());
        let api = api.map_err(|error| Refusal::Internal(format!("{error:#}")))?;
        let asked = async {
            let me = api.me().await?;
            let hook = api.webhook().await?;
            Ok((me, hook))
        };
        let told = tokio::time::timeout(ASKED_WITHIN, asked).await;
        let told = told.unwrap_or_else(|_| Err(Failure::Unreachable("no answer in time".to_owned())));
        let mut warnings = Vec::new();
        if webhook && !self.public_url.starts_with("https://") {
            warnings.push(format!(
                "Telegram posts only to https addresses, and this service is known as {}: set service.public_url",
                self.public_url
            ));
        }
        let (me, hook) = match told {
            Ok(told) => told,
            Err(Failure::BadToken(code)) => {
                let message = format!("Telegram does not know this token ({code}): copy it from BotFather once more");
                return Err(Refusal::invalid("token", message));
            }
            Err(failure) => {
                warnings.push(format!(
                    "the bot could not be checked: {failure}. Whether it may read its group, and whether a webhook takes \
                     its messages, is not known"
                ));
                return Ok((None, warnings));
            }
        };
        if me.can_read_all_group_messages != Some(true) {
            warnings.push(
                "privacy mode is on: in a group this bot sees only commands and replies to it, so that deposits posted there \
                 do not come. In a channel where it is an administrator it sees every post. For a group: send /setprivacy \
                 to BotFather, choose Disable, then remove the bot from the group and add it again"
                    .to_owned(),
            );
        }
        if !webhook && !hook.url.is_empty() {
            warnings.push(format!(
                "a webhook takes this bot's messages (to {}), so that they do not come here: end the program that set it, or \
                 call deleteWebhook; this bot is then read by itself within 5 minutes",
                host_of(&hook.url)
            ));
        }
        if webhook && !hook.url.is_empty() && !hook.url.starts_with(&self.public_url) {
            warnings.push(format!("a webhook to {} stood for this bot; ours takes its place", host_of(&hook.url)));
        }
        Ok((me.username, warnings))
    }

    async fn delete(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let known = self.stores.store.known_bot(id).await.unwrap_or_default();
        let answer = self.stores.store.delete_bot(caller, id).await?;
        self.roster.nudge();
        if let Some(bot) = known.filter(|bot| bot.webhook_secret.is_some())
            && let Ok(api) = BotApi::new(&self.api_url, bot.token)
        {
            // Else Telegram goes on posting what nobody takes, until somebody polls the bot.
            let told = tokio::time::timeout(ASKED_WITHIN, api.delete_webhook()).await;
            if !matches!(told, Ok(Ok(()))) {
                tracing::warn!(bot.id = id, "Telegram could not be told that a webhook is gone");
            }
        }
        Ok(answer)
    }

    /// Takes an update that Telegram posts, once it is known to be Telegram.
    async fn take(&self, msg: TakeUpdate) -> Result<(), Refusal> {
        let Some(presented) = &msg.secret else {
            return Err(Refusal::Unauthorized("only Telegram posts here, with the secret of the webhook".to_owned()));
        };
        // A bot that there is not is refused as one with another secret.
        let bot = self.stores.store.known_bot(msg.bot_id).await?;
        let bot = bot.filter(|bot| bot.webhook_secret.as_ref().is_some_and(|own| token_matches(presented, own)));
        let Some(mut bot) = bot else {
            return Err(Refusal::Forbidden("this is not the secret of that bot's webhook".to_owned()));
        };
        let (json, garbled) = match std::str::from_utf8(&msg.body) {
            Ok(json) => (json.to_owned(), false),
            Err(_) => (String::from_utf8_lossy(&msg.body).into_owned(), true),
        };
        let update = RawUpdate { garbled, ..RawUpdate::of(&json) };
        take(&self.stores, &mut bot, &[update]).await?;
        self.stores.store.note_bot_heard(bot.id).await?;
        Ok(())
    }
}

/// What people need of a foreign webhook's address; its path may hold somebody's secret.
fn host_of(url: &str) -> String {
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "an unreadable address".to_owned())
}

/// Trims the input's texts and checks them.
fn validate(input: &mut BotInput) -> Result<(), Refusal> {
    let mut fields = Fields::default();
    fields.text("name", &mut input.name, 100);
    fields.text_if_given("line", &mut input.line, 64);
    input.token = input.token.trim().to_owned();
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
    if input.token.is_empty() || input.token.len() > 256 || !input.token.chars().all(is_token) {
        fields.refuse("token", "must be a bot's token as BotFather gave it: letters, digits, :, - and _");
    }
    if let Some(chats) = &mut input.chat_ids {
        chats.sort_unstable();
        chats.dedup();
        if chats.len() > CHATS_MAX {
            fields.refuse("chat_ids", format!("must be {CHATS_MAX} chats at most"));
        }
        if chats.contains(&0) {
            fields.refuse("chat_ids", "no chat has the id 0");
        }
    }
    fields.done()
}

impl Child for TelegramBots {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        cx.serve_forever(self).await
    }
}

macro_rules! serve {
    ($message:ty, $answer:ty, |$this:ident, $msg:ident| $work:expr) => {
        impl Serve<$message> for TelegramBots {
            fn serve<'a>(&'a mut self, $msg: $message, _cx: &'a mut Context<Self>) -> Serving<'a, $answer> {
                let $this = self.clone();
                Serving::detached(async move { $work.await })
            }
        }
    };
}

serve!(ListBots, Result<Page<Bot>, Refusal>, |this, msg| this.list(msg.page));
serve!(AddBot, Result<Answer, Refusal>, |this, msg| this.add(&msg.caller, msg.bot));
serve!(DeleteBot, Result<Answer, Refusal>, |this, msg| this.delete(&msg.caller, msg.id));
serve!(SeeLoss, Result<Answer, Refusal>, |this, msg| this.see_loss(msg));
serve!(TakeUpdate, Result<(), Refusal>, |this, msg| this.take(msg));

impl TelegramBots {
    async fn see_loss(&self, msg: SeeLoss) -> Result<Answer, Refusal> {
        let answer = self.stores.store.see_loss(&msg.caller, msg.id).await?;
        // The loop is made anew: it would write the window down again.
        self.roster.nudge();
        Ok(answer)
    }
}

/// A page of the bots.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<Bot>, Refusal>")]
pub struct ListBots {
    /// Which page.
    pub page: PageRequest,
}

/// Adds a bot: 201 with the [`Bot`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AddBot {
    /// Who asks.
    pub caller: Caller,
    /// The bot.
    pub bot: BotInput,
}

/// Deletes a bot: 204. Its messages stay.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct DeleteBot {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}

/// Somebody has seen a bot's loss window: 200 with the [`Bot`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct SeeLoss {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}

/// Takes an update that somebody posts as Telegram. Answered once it is stored.
#[derive(Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct TakeUpdate {
    /// Which bot the path names.
    pub bot_id: i64,
    /// What the header shows.
    pub secret: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl std::fmt::Debug for TakeUpdate {
    /// Without the secret and the text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakeUpdate").field("bot_id", &self.bot_id).finish_non_exhaustive()
    }
}
