//! The JSON of messages.

use serde_json::{Value, json};

use super::world::Chat;
use crate::domain::time::UnixMs;

/// A message as it stands.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) date: i64,
    pub(super) text: String,
    pub(super) edited: Option<i64>,
    /// What is said of it besides.
    pub(super) more: Vec<(&'static str, Value)>,
}

impl Message {
    pub(super) fn new(id: i64, at: UnixMs, text: &str) -> Self {
        Self { id, date: at.0.div_euclid(1000), text: text.to_owned(), edited: None, more: Vec::new() }
    }

    pub(super) fn json(&self, chat_id: i64, chat: &Chat) -> Value {
        let mut message = json!({
            "message_id": self.id, "date": self.date, "chat": chat_json(chat_id, chat),
        });
        if chat.kind == "channel" {
            message["sender_chat"] = chat_json(chat_id, chat);
        } else {
            message["from"] = json!({"id": 777, "is_bot": false, "first_name": "홍길동"});
        }
        if !self.text.is_empty() {
            message["text"] = json!(self.text);
            let emphasised = json!([{"type": "bold", "offset": 0, "length": 1}]);
            message["entities"] = emphasised;
        }
        if let Some(at) = self.edited {
            message["edit_date"] = json!(at);
        }
        for (name, value) in &self.more {
            message[*name] = value.clone();
        }
        message
    }
}

pub(super) fn chat_json(id: i64, chat: &Chat) -> Value {
    json!({"id": id, "title": chat.title, "type": chat.kind})
}

/// A bot as a member of a chat, with every right that the real API names of an administrator.
pub(super) fn member_json(bot_id: i64, status: &str) -> Value {
    const RIGHTS: [&str; 14] = [
        "can_be_edited",
        "is_anonymous",
        "can_manage_chat",
        "can_delete_messages",
        "can_manage_video_chats",
        "can_restrict_members",
        "can_promote_members",
        "can_change_info",
        "can_invite_users",
        "can_post_stories",
        "can_edit_stories",
        "can_delete_stories",
        "can_post_messages",
        "can_edit_messages",
    ];
    let mut member = json!({"user": {"id": bot_id, "is_bot": true, "first_name": "bot"}, "status": status});
    match status {
        "administrator" => RIGHTS.iter().for_each(|right| member[*right] = json!(false)),
        "kicked" => member["until_date"] = json!(0),
        _ => {}
    }
    member
}
