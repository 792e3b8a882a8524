//! A simulator of the Telegram Bot API.
//!
//! It keeps what was not confirmed and forgets what is confirmed by a higher offset, as the real one does, so that a client
//! with a wrong offset loses messages here, too. `world` and `bot` are the state and its rules, `method` answers calls,
//! `server` serves them over HTTP, `webhook` posts, [`fault`] holds what can go wrong.

mod bot;
mod call;
pub mod fault;
mod message;
mod method;
mod server;
mod webhook;
mod world;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;

use self::fault::{Fault, Quirks};
use self::server::Running;
use self::world::World;
use crate::clock::Clock;

pub use self::bot::RETENTION;
pub use self::call::Call;

/// A running simulator. Stops when it is dropped. Chats and messages are made by its methods, or by bots with `sendMessage`.
#[derive(Debug)]
pub struct TelegramSim {
    shared: Shared,
    server: Running,
}

/// What the server's threads and the simulator's owner share.
#[derive(Clone, Debug)]
struct Shared {
    world: Arc<Mutex<World>>,
    /// Something changed: held polls look again.
    changed: Arc<Notify>,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TelegramSim {
    /// Starts on a free port of this machine. `seed` decides what is random.
    ///
    /// # Errors
    /// Where no port can be bound.
    pub fn start(clock: Clock, seed: u64) -> io::Result<Self> {
        let world = Arc::new(Mutex::new(World::new(clock, seed)));
        let shared = Shared { world, changed: Arc::new(Notify::new()) };
        let server = Running::start(shared.clone())?;
        Ok(Self { shared, server })
    }

    /// What `telegram.api_url` is set to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let value = change(&mut self.shared.world());
        self.shared.changed.notify_waiters();
        value
    }

    /// Makes a bot with this token, privacy mode on.
    pub fn add_bot(&self, token: &str) {
        self.change(|world| world.add_bot(token));
    }

    /// Turns a bot's privacy mode off.
    pub fn turn_privacy_off(&self, token: &str) {
        self.change(|world| world.with_bot(token, |bot| bot.reads_groups = true));
    }

    /// Revokes a token: every further call is answered 401.
    pub fn revoke(&self, token: &str) {
        self.change(|world| world.with_bot(token, |bot| bot.revoked = true));
    }

    /// The token is one again.
    pub fn restore(&self, token: &str) {
        self.change(|world| world.with_bot(token, |bot| bot.revoked = false));
    }

    /// Makes a channel and answers its id.
    pub fn add_channel(&self, title: &str) -> i64 {
        self.change(|world| world.add_chat(title, "channel"))
    }

    /// Makes a group and answers its id.
    pub fn add_group(&self, title: &str) -> i64 {
        self.change(|world| world.add_chat(title, "group"))
    }

    /// Puts a bot into a chat, in a channel as its administrator.
    pub fn join(&self, token: &str, chat: i64) {
        self.change(|world| world.join(token, chat));
    }

    /// Puts a bot out of a chat.
    pub fn put_out(&self, token: &str, chat: i64) {
        self.change(|world| world.put_out(token, chat));
    }

    /// Makes a group the place where a channel is discussed: its posts are forwarded there automatically.
    pub fn discuss(&self, channel: i64, group: i64) {
        self.change(|world| world.discuss(channel, group));
    }

    /// A person (in a channel: the channel) posts, and the message's id is answered.
    pub fn post(&self, chat: i64, text: &str) -> i64 {
        self.change(|world| world.post(chat, text, None))
    }

    /// A message's text is changed.
    pub fn edit(&self, chat: i64, message_id: i64, text: &str) {
        self.change(|world| world.edit(chat, message_id, text));
    }

    /// A group becomes a supergroup: its new id is answered.
    pub fn upgrade(&self, group: i64) -> i64 {
        self.change(|world| world.upgrade(group))
    }

    /// An update of any shape: `ID` in it becomes its `update_id`. Answers that id.
    pub fn push_raw(&self, token: &str, json: &str) -> i64 {
        self.change(|world| world.push_raw(token, json))
    }

    /// Another program has updates posted to it.
    pub fn set_foreign_webhook(&self, token: &str, url: &str) {
        self.change(|world| world.with_bot(token, |bot| bot.hook = Some(webhook::Hook::new(url, None))));
    }

    /// That program ends.
    pub fn drop_webhook(&self, token: &str) {
        self.change(|world| world.with_bot(token, |bot| bot.hook = None));
    }

    /// Another program polls with this token from now on, or no longer: every poll of ours is ended by one of its own.
    pub fn let_another_poll(&self, token: &str, polls: bool) {
        self.change(|world| world.with_bot(token, |bot| bot.has_rival = polls));
    }

    /// The next `times` calls of updates go wrong in this way.
    pub fn fail(&self, fault: Fault, times: usize) {
        self.change(|world| world.faults.extend(std::iter::repeat_n(fault, times)));
    }

    /// From now on calls go wrong at random, so often.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.change(|world| world.quirks = quirks);
    }

    /// Time goes by here: what nobody fetched for 24 hours is gone, and after a week without updates ids begin anew.
    pub fn pass(&self, time: Duration) {
        self.change(|world| world.pass(time));
    }

    /// How many updates of a bot are not confirmed.
    #[must_use]
    pub fn pending(&self, token: &str) -> usize {
        self.shared.world().pending(token)
    }

    /// How many updates nobody fetched in time.
    #[must_use]
    pub fn expired(&self, token: &str) -> usize {
        self.shared.world().expired(token)
    }

    /// The calls so far that named this token, known or not, oldest first.
    #[must_use]
    pub fn calls(&self, token: &str) -> Vec<Call> {
        self.shared.world().calls.iter().filter(|call| call.token == token).cloned().collect()
    }

    /// The next `update_id` of a bot.
    #[must_use]
    pub fn next_update_id(&self, token: &str) -> Option<i64> {
        self.shared.world().bots.get(token).map(|bot| bot.next_update_id)
    }

    /// The webhook of a bot as `getWebhookInfo` shows it.
    #[must_use]
    pub fn webhook(&self, token: &str) -> Value {
        self.shared.world().webhook_info(token)
    }

    /// The secret that a bot's webhook was set with.
    #[must_use]
    pub fn webhook_secret(&self, token: &str) -> Option<String> {
        self.shared.world().bots.get(token)?.hook.as_ref()?.secret.clone()
    }
}
