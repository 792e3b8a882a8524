//! The decoders of what Telegram sends.

use serde_json::json;

use super::NOW;
use crate::domain::time::UnixMs;
use crate::sources::telegram::failure::{remedy, result_of};
use crate::sources::telegram::message::{Reading, read};
use crate::sources::telegram::update::{RawUpdate, split};

const STATUSES: [u16; 6] = [200, 400, 401, 409, 429, 502];

/// An answer to `getUpdates`, with a status by the first byte; each of its updates is read.
pub fn telegram_updates(data: &[u8]) {
    let [status, body @ ..] = data else { return };
    let Ok(body) = std::str::from_utf8(body) else { return };
    let status = STATUSES.get(usize::from(*status) % STATUSES.len()).copied().unwrap_or(200);
    match result_of(status, body) {
        Ok(result) => split(result).unwrap_or_default().iter().for_each(read_one),
        Err(failure) => drop(remedy(&failure, 1, 0)),
    }
}

/// One update, as a webhook is posted it.
pub fn telegram_update(data: &[u8]) {
    let Ok(json) = std::str::from_utf8(data) else { return };
    read_one(&RawUpdate::of(json));
}

fn read_one(update: &RawUpdate) {
    for chat_ids in [Vec::new(), vec![-1_001_000_000_001]] {
        drop(read(update, &Reading { chat_ids, added_at: UnixMs(NOW.0 - 1), now: NOW }));
    }
}

pub(super) fn update_seeds() -> Vec<Vec<u8>> {
    let chat = json!({"id": -1_001_000_000_001_i64, "title": "KB", "type": "channel"});
    let text = "sms from 15881688 with text: \"[Web발신]\n[KB]04/22 14:07\n입금\n50,000\"";
    let message = json!({
        "message_id": 7, "date": NOW.0 / 1000, "chat": chat, "sender_chat": chat, "text": text,
        "entities": [{"type": "bold", "offset": 0, "length": 1}],
    });
    let mut edited = message.clone();
    edited["edit_date"] = json!(NOW.0 / 1000 + 5);
    let member = json!({
        "chat": chat, "from": {"id": 777, "is_bot": false, "first_name": "홍길동"}, "date": NOW.0 / 1000,
        "old_chat_member": {"user": {"id": 1, "is_bot": true, "first_name": "bot"}, "status": "left"},
        "new_chat_member": {"user": {"id": 1, "is_bot": true, "first_name": "bot"}, "status": "administrator"},
    });
    let moved =
        json!({"message_id": 8, "date": NOW.0 / 1000, "chat": chat, "migrate_to_chat_id": -1_001_000_000_002_i64});
    let updates = [
        json!({"update_id": 5, "channel_post": message}),
        json!({"update_id": 6, "edited_channel_post": edited}),
        json!({"update_id": 7, "my_chat_member": member}),
        json!({"update_id": 8, "message": moved}),
        json!({"update_id": 9, "brand_new_kind": {"a": [{"b": null}]}}),
    ];
    updates.map(|update| update.to_string().into_bytes()).into()
}

pub(super) fn updates_seeds() -> Vec<Vec<u8>> {
    let updates: Vec<String> =
        update_seeds().into_iter().map(|seed| String::from_utf8_lossy(&seed).into_owned()).collect();
    let good = format!(r#"{{"ok":true,"result":[{}]}}"#, updates.join(","));
    let limited = json!({
        "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 5", "parameters": {"retry_after": 5},
    });
    let moved = json!({"ok": false, "error_code": 400, "description": "x", "parameters": {"migrate_to_chat_id": -5}});
    let seeds = [(0, good), (4, limited.to_string()), (1, moved.to_string())];
    seeds.map(|(status, body)| [&[status], body.as_bytes()].concat()).into()
}
