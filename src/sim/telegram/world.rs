//! Bots and chats: who sees what.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::bot::Bot;
use super::call::Call;
use super::fault::{Fault, Quirks, chance};
use super::message::{Message, chat_json, member_json};
use crate::clock::Clock;
use crate::domain::time::UnixMs;

/// All there is.
#[derive(Debug)]
pub(super) struct World {
    clock: Clock,
    /// How far time here is ahead of the clock.
    ahead: Duration,
    pub(super) random: StdRng,
    pub(super) bots: BTreeMap<String, Bot>,
    chats: BTreeMap<i64, Chat>,
    pub(super) quirks: Quirks,
    pub(super) faults: VecDeque<Fault>,
    pub(super) calls: Vec<Call>,
}

/// A chat.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) title: String,
    pub(super) kind: &'static str,
    members: Vec<String>,
    messages: BTreeMap<i64, Message>,
    next_message_id: i64,
    discussed_in: Option<i64>,
    moved_to: Option<i64>,
}

impl World {
    pub(super) fn new(clock: Clock, seed: u64) -> Self {
        Self {
            clock,
            ahead: Duration::ZERO,
            random: StdRng::seed_from_u64(seed),
            bots: BTreeMap::new(),
            chats: BTreeMap::new(),
            quirks: Quirks::default(),
            faults: VecDeque::new(),
            calls: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> UnixMs {
        self.clock.now().plus(self.ahead)
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.ahead += time;
        let now = self.now();
        for bot in self.bots.values_mut() {
            bot.expire(now);
        }
    }

    pub(super) fn add_bot(&mut self, token: &str) {
        let number = token.split(':').next().and_then(|number| number.parse().ok());
        let id = number.unwrap_or_else(|| self.random.random_range(1_000_000..9_999_999));
        let bot = Bot::new(id, self.random.random_range(100_000_000..900_000_000));
        self.bots.insert(token.to_owned(), bot);
    }

    pub(super) fn with_bot(&mut self, token: &str, change: impl FnOnce(&mut Bot)) {
        if let Some(bot) = self.bots.get_mut(token) {
            change(bot);
        }
    }

    pub(super) fn add_chat(&mut self, title: &str, kind: &'static str) -> i64 {
        let count = i64::try_from(self.chats.len()).unwrap_or(0) + 1;
        let id = if kind == "group" { -4_000_000 - count } else { -1_001_000_000_000 - count };
        let chat = Chat {
            title: title.to_owned(),
            kind,
            members: Vec::new(),
            messages: BTreeMap::new(),
            next_message_id: 1,
            discussed_in: None,
            moved_to: None,
        };
        self.chats.insert(id, chat);
        id
    }

    pub(super) fn join(&mut self, token: &str, chat_id: i64) {
        let Some(chat) = self.chats.get_mut(&chat_id) else { return };
        if !chat.members.iter().any(|member| member == token) {
            chat.members.push(token.to_owned());
            self.tell_membership(token, chat_id, "administrator");
        }
    }

    pub(super) fn put_out(&mut self, token: &str, chat_id: i64) {
        let Some(chat) = self.chats.get_mut(&chat_id) else { return };
        chat.members.retain(|member| member != token);
        self.tell_membership(token, chat_id, "kicked");
    }

    fn tell_membership(&mut self, token: &str, chat_id: i64, status: &str) {
        let (Some(chat), Some(bot)) = (self.chats.get(&chat_id), self.bots.get(token)) else { return };
        let member = member_json(bot.id, status);
        let from = json!({"id": 777, "is_bot": false, "first_name": "홍길동"});
        let date = self.now().0 / 1000;
        let body = json!({
            "chat": chat_json(chat_id, chat), "from": from, "date": date,
            "old_chat_member": {"user": member["user"], "status": "left"}, "new_chat_member": member,
        });
        self.push(token, "my_chat_member", &body);
    }

    pub(super) fn discuss(&mut self, channel: i64, group: i64) {
        if let Some(chat) = self.chats.get_mut(&channel) {
            chat.discussed_in = Some(group);
        }
    }

    /// Posts a text; `by` is the token of the bot that does, which does not see it.
    pub(super) fn post(&mut self, chat_id: i64, text: &str, by: Option<&str>) -> i64 {
        let at = self.now();
        let Some(id) = self.put(chat_id, |id| Message::new(id, at, text), by) else { return 0 };
        let Some(chat) = self.chats.get(&chat_id) else { return id };
        if let Some(group) = chat.discussed_in {
            let origin = json!({
                "type": "channel", "chat": chat_json(chat_id, chat), "message_id": id, "date": at.0 / 1000,
            });
            let sender = chat_json(chat_id, chat);
            let copy = |copy_id| Message {
                more: vec![("is_automatic_forward", json!(true)), ("forward_origin", origin), ("sender_chat", sender)],
                ..Message::new(copy_id, at, text)
            };
            self.put(group, copy, None);
        }
        if chance(self.quirks.edits, &mut self.random) {
            self.edit(chat_id, id, &format!("{text} (edited)"));
        }
        id
    }

    fn put(&mut self, chat_id: i64, message: impl FnOnce(i64) -> Message, by: Option<&str>) -> Option<i64> {
        let chat = self.chats.get_mut(&chat_id)?;
        let id = chat.next_message_id;
        chat.next_message_id += 1;
        chat.messages.insert(id, message(id));
        self.tell(chat_id, id, by, false);
        Some(id)
    }

    pub(super) fn edit(&mut self, chat_id: i64, message_id: i64, text: &str) {
        let now = self.now();
        let Some(message) = self.chats.get_mut(&chat_id).and_then(|chat| chat.messages.get_mut(&message_id)) else {
            return;
        };
        text.clone_into(&mut message.text);
        message.edited = Some(now.0 / 1000);
        self.tell(chat_id, message_id, None, true);
    }

    /// Tells the bots that may see a message of it: in a channel its administrators, in a group those without privacy mode,
    /// and there never of what a bot said.
    fn tell(&mut self, chat_id: i64, message_id: i64, by: Option<&str>, edited: bool) {
        let Some(chat) = self.chats.get(&chat_id) else { return };
        let Some(message) = chat.messages.get(&message_id) else { return };
        let is_channel = chat.kind == "channel";
        let kind = match (is_channel, edited) {
            (true, false) => "channel_post",
            (true, true) => "edited_channel_post",
            (false, false) => "message",
            (false, true) => "edited_message",
        };
        let json = message.json(chat_id, chat);
        let service = message.text.is_empty();
        let hears = |token: &String| {
            let reads_groups = self.bots.get(token).is_some_and(|bot| bot.reads_groups);
            by != Some(token) && (is_channel || service || (reads_groups && by.is_none()))
        };
        let tokens: Vec<String> = chat.members.iter().filter(|token| hears(token)).cloned().collect();
        for token in tokens {
            if chance(self.quirks.unknown_kinds, &mut self.random) {
                self.push_raw(&token, r#"{"update_id":ID,"brand_new_kind":{"a":[{"b":null}]}}"#);
            }
            if chance(self.quirks.undecodable, &mut self.random) {
                self.push_raw(&token, r#"{"update_id":ID,"channel_post":{"message_id":"x","text":["입금"]}}"#);
            }
            self.push(&token, kind, &json);
        }
    }

    pub(super) fn upgrade(&mut self, group: i64) -> i64 {
        let now = self.now();
        let Some(old) = self.chats.get(&group) else { return 0 };
        let (title, members) = (old.title.clone(), old.members.clone());
        let to = self.add_chat(&title, "supergroup");
        let service = |more: (&'static str, i64)| {
            move |id| Message { more: vec![(more.0, json!(more.1))], ..Message::new(id, now, "") }
        };
        self.put(group, service(("migrate_to_chat_id", to)), None);
        if let Some(old) = self.chats.get_mut(&group) {
            old.moved_to = Some(to);
        }
        if let Some(new) = self.chats.get_mut(&to) {
            new.members = members;
        }
        self.put(to, service(("migrate_from_chat_id", group)), None);
        to
    }

    /// The chat that a bot may post to; else the refusal.
    pub(super) fn chat_for(&self, token: &str, chat_id: i64) -> Result<(i64, &Chat), (u16, Value)> {
        let refuse = |words: &str| Err((400, json!({"description": words})));
        match self.chats.get(&chat_id) {
            Some(Chat { moved_to: Some(to), .. }) => Err((
                400,
                json!({
                    "description": "Bad Request: group chat was upgraded to a supergroup chat",
                    "parameters": {"migrate_to_chat_id": to},
                }),
            )),
            Some(chat) if chat.members.iter().any(|member| member == token) => Ok((chat_id, chat)),
            _ => refuse("Bad Request: chat not found"),
        }
    }

    pub(super) fn message(&self, chat_id: i64, message_id: i64) -> Option<Value> {
        let chat = self.chats.get(&chat_id)?;
        Some(chat.messages.get(&message_id)?.json(chat_id, chat))
    }

    fn push(&mut self, token: &str, kind: &str, body: &Value) {
        let allowed = |bot: &Bot| bot.allowed.is_empty() || bot.allowed.iter().any(|allowed| allowed == kind);
        if self.bots.get(token).is_some_and(allowed) {
            self.push_raw(token, &format!(r#"{{"update_id":ID,"{kind}":{body}}}"#));
        }
    }

    pub(super) fn push_raw(&mut self, token: &str, json: &str) -> i64 {
        let now = self.now();
        let anew = self.random.random_range(1..1_000_000);
        let Some(bot) = self.bots.get_mut(token) else { return 0 };
        bot.push(json, now, anew)
    }

    pub(super) fn pending(&self, token: &str) -> usize {
        self.bots.get(token).map_or(0, Bot::pending)
    }

    pub(super) fn expired(&self, token: &str) -> usize {
        self.bots.get(token).map_or(0, Bot::expired)
    }

    pub(super) fn webhook_info(&self, token: &str) -> Value {
        let Some(bot) = self.bots.get(token) else { return Value::Null };
        let mut info = json!({"url": "", "has_custom_certificate": false, "pending_update_count": bot.pending()});
        if let Some(hook) = &bot.hook {
            info["url"] = json!(hook.url);
            if let Some((at, why)) = &hook.failed {
                info["last_error_date"] = json!(at.0 / 1000);
                info["last_error_message"] = json!(why);
            }
        }
        info
    }
}
