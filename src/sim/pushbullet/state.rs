//! Accounts, phones, conversations: what the simulator knows.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};

use super::Quirks;
use crate::sources::pushbullet::crypto::E2eKey;

/// An SMS as a phone receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    /// The number of who sent it.
    pub sender: String,
    /// The text.
    pub body: String,
    /// When, in Unix seconds.
    pub at_s: i64,
}

/// A call as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The path, without a token.
    pub path: String,
    /// The answer's status.
    pub status: u16,
}

/// What is told to the open streams.
#[derive(Clone, Debug)]
pub(super) enum Signal {
    /// A frame; for the accounts that have this phone, or for all.
    Frame(Option<String>, String),
    /// The end without a farewell.
    Drop,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) quirks: Quirks,
    accounts: BTreeMap<String, Account>,
    phones: BTreeMap<String, PhoneState>,
    pub(super) revoked: HashSet<String>,
    pub(super) calls: Vec<Call>,
    pub(super) open_streams: usize,
    next_id: u64,
}

struct Account {
    user_iden: String,
    phones: BTreeSet<String>,
}

#[derive(Default)]
struct PhoneState {
    key: Option<E2eKey>,
    /// By number, in the order of their first message.
    threads: Vec<Thread>,
    held: Vec<(String, Value)>,
}

struct Thread {
    id: String,
    number: String,
    /// Newest first.
    messages: Vec<Value>,
}

impl State {
    pub(super) fn add_phone(&mut self, token: &str, user_iden: &str, device_iden: &str, password: Option<&str>) {
        let account = self.accounts.entry(token.to_owned());
        let account =
            account.or_insert_with(|| Account { user_iden: user_iden.to_owned(), phones: BTreeSet::default() });
        account.phones.insert(device_iden.to_owned());
        let key = password.map(|password| E2eKey::of(password, user_iden));
        self.phones.entry(device_iden.to_owned()).or_default().key = key;
    }

    /// The account's iden; none for a token that is refused.
    pub(super) fn user(&self, token: &str) -> Option<&str> {
        let account = self.accounts.get(token).filter(|_| !self.revoked.contains(token))?;
        Some(&account.user_iden)
    }

    pub(super) fn owns(&self, token: &str, device_iden: &str) -> bool {
        self.accounts.get(token).is_some_and(|account| account.phones.contains(device_iden))
    }

    pub(super) fn devices(&self, token: &str) -> Value {
        let phones = self.accounts.get(token).into_iter().flat_map(|account| &account.phones);
        let has_sms = if self.quirks.text_flags { json!("true") } else { json!(true) };
        let mut devices: Vec<Value> = phones
            .map(|iden| json!({"iden": iden, "active": true, "nickname": "phone", "has_sms": has_sms, "created": 1.44e9}))
            .collect();
        // A browser: what is false is left out.
        devices.push(json!({"iden": "ujzBrowser", "active": true, "nickname": "Chrome"}));
        json!({"devices": devices, "accounts": [], "pushes": []})
    }

    /// Answers the message's id, and the frames that tell of it.
    pub(super) fn receive(&mut self, device_iden: &str, sms: &Sms) -> (u64, Vec<String>) {
        self.next_id += 1;
        let id = self.next_id;
        let shown_id = if self.quirks.numeric_ids { json!(id) } else { json!(id.to_string()) };
        let message = json!({
            "id": shown_id, "type": "sms", "timestamp": self.time(sms.at_s), "direction": "incoming", "body": sms.body,
        });
        let held = self.quirks.history_held;
        let phone = self.phones.entry(device_iden.to_owned()).or_default();
        // The conversation has its id from the first on, whatever the history shows.
        let thread_id = phone.thread(&sms.sender).id.clone();
        if held {
            phone.held.push((thread_id, message));
        } else {
            phone.thread(&sms.sender).messages.insert(0, message);
        }
        (id, self.frames_of(device_iden, &[sms]))
    }

    pub(super) fn catch_up(&mut self) {
        self.quirks.history_held = false;
        for phone in self.phones.values_mut() {
            for (thread_id, message) in std::mem::take(&mut phone.held) {
                if let Some(thread) = phone.threads.iter_mut().find(|thread| thread.id == thread_id) {
                    thread.messages.insert(0, message);
                }
            }
        }
    }

    pub(super) fn forget(&mut self, keep: usize) {
        let threads = self.phones.values_mut().flat_map(|phone| &mut phone.threads);
        threads.for_each(|thread| thread.messages.truncate(keep));
    }

    /// The frames that tell of these messages.
    pub(super) fn frames_of(&mut self, device_iden: &str, told: &[&Sms]) -> Vec<String> {
        let quirks = self.quirks.clone();
        let mut notifications = Vec::new();
        for sms in told {
            let at = self.time(sms.at_s + quirks.stream_later_s);
            let phone = self.phones.entry(device_iden.to_owned()).or_default();
            let thread_id = phone.thread(&sms.sender).id.clone();
            let title = if quirks.names { "My Bank".to_owned() } else { sms.sender.clone() };
            notifications.push(json!({"thread_id": thread_id, "title": title, "body": sms.body, "timestamp": at}));
        }
        let mut push = json!({"type": "sms_changed", "source_device_iden": device_iden});
        if quirks.empty_notifications {
            push["notifications"] = json!([]);
        } else if !quirks.no_notifications {
            push["notifications"] = json!(notifications);
        }
        let push = self.sealed(device_iden, push);
        let frame = json!({"type": "push", "targets": ["stream", "android", "ios"], "push": push}).to_string();
        let mut frames = Vec::new();
        if quirks.strange_frames {
            frames.push(json!({"type": "tickle", "subtype": "push"}).to_string());
            frames.push(json!({"type": "a_new_type", "since": "2030", "nested": {"a": [1, null]}}).to_string());
            frames.push(json!({"type": "push", "push": {"type": "mirror", "title": "a chat"}}).to_string());
        }
        let times = if quirks.twice { 2 } else { 1 };
        frames.extend(std::iter::repeat_n(frame, times));
        frames
    }

    /// `{device}_threads` or `{device}_thread_{id}`; none where there is no such thing.
    pub(super) fn permanent(&self, token: &str, name: &str) -> Option<Value> {
        let (device_iden, rest) = name.split_once("_thread")?;
        let phone = self.phones.get(device_iden).filter(|_| self.owns(token, device_iden))?;
        let value = match rest.strip_prefix('_') {
            None if rest == "s" && !phone.threads.is_empty() => json!({"threads": self.heads(phone)}),
            None => return None,
            Some(id) => {
                let thread = phone.threads.iter().find(|thread| thread.id == id)?;
                json!({"thread": thread.messages})
            }
        };
        Some(self.sealed(device_iden, value))
    }

    fn heads(&self, phone: &PhoneState) -> Vec<Value> {
        let head = |thread: &Thread| {
            let id = if self.quirks.numeric_ids { json!(thread.id.parse::<u64>().ok()) } else { json!(thread.id) };
            let recipient = json!({"name": "My Bank", "address": thread.number, "number": thread.number});
            let mut head = json!({"id": id, "recipients": [recipient]});
            if let (false, Some(latest)) = (self.quirks.no_latest, thread.messages.first()) {
                head["latest"] = latest.clone();
            }
            head
        };
        phone.threads.iter().map(head).collect()
    }

    fn time(&self, at_s: i64) -> Value {
        if self.quirks.float_times {
            // Written out: JSON has no other way to a number with a fraction than a float.
            return format!("{at_s}.25").parse::<serde_json::Number>().map_or(json!(at_s), Value::Number);
        }
        json!(at_s)
    }

    fn sealed(&self, device_iden: &str, value: Value) -> Value {
        let Some(key) = self.phones.get(device_iden).and_then(|phone| phone.key.as_ref()) else { return value };
        let ciphertext = key.seal(value.to_string().as_bytes(), rand::random()).unwrap_or_default();
        json!({"encrypted": true, "ciphertext": ciphertext})
    }
}

impl PhoneState {
    fn thread(&mut self, number: &str) -> &mut Thread {
        let place = self.threads.iter().position(|thread| thread.number == number).unwrap_or_else(|| {
            let id = (self.threads.len() + 57).to_string();
            self.threads.push(Thread { id, number: number.to_owned(), messages: Vec::new() });
            self.threads.len() - 1
        });
        &mut self.threads[place]
    }
}
