//! Redacting what is recorded: tokens, phone numbers, names and free texts give way to aliases, the same value always to the
//! same one, so that what was equal stays equal.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// What kind of thing a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Token,
    Phone,
    Name,
    Text,
}

/// Keys whose values are of a kind, whatever they look like.
const KEYS: [(Kind, &[&str]); 4] = [
    (Kind::Token, &["token", "password", "secret", "iden", "device_iden", "access_token", "ticket"]),
    (Kind::Phone, &["phone", "sender", "mobile", "account"]),
    (
        Kind::Name,
        &["name", "depositor", "user", "username", "user_id", "check_user", "nickname", "operator", "device_id"],
    ),
    // A free text holds names and numbers that nothing can find for certain.
    (Kind::Text, &["content", "text", "check_note", "note", "remark", "reason", "template", "order_id"]),
];

/// Shorter ones are numbers of another kind: amounts, ids.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// A run of letters and digits this long is a token.
const TOKEN_CHARACTERS: usize = 20;

/// Gives aliases. One for a whole recording.
#[derive(Debug, Default)]
pub struct Redactor {
    aliases: BTreeMap<(Kind, String), String>,
    counts: BTreeMap<Kind, usize>,
}

impl Redactor {
    /// A body without what must not leave the server.
    #[must_use]
    pub fn redact(&mut self, value: &Value) -> Value {
        self.value(value, None)
    }

    fn value(&mut self, value: &Value, kind: Option<Kind>) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.fields(fields)),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item, kind)).collect()),
            Value::String(text) if text.is_empty() => value.clone(),
            Value::String(text) => Value::String(match kind {
                Some(kind) => self.alias(kind, text),
                None => self.text(text),
            }),
            // A number that stands for a phone or a name stays a number.
            Value::Number(number) => match kind {
                Some(kind) => self.number(kind, &number.to_string()),
                None => value.clone(),
            },
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>) -> Map<String, Value> {
        let kind_of = |key: &str| KEYS.iter().find(|(_, keys)| keys.contains(&key)).map(|(kind, _)| *kind);
        fields.iter().map(|(key, value)| (key.clone(), self.value(value, kind_of(key)))).collect()
    }

    /// A text under a key that says nothing of it: what looks like a phone number or a token in it is replaced.
    fn text(&mut self, text: &str) -> String {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is_phone = PHONE_DIGITS.contains(&digits)
            && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')'));
        if is_phone {
            return self.alias(Kind::Phone, text);
        }
        let mut redacted = String::with_capacity(text.len());
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        for part in split_keeping(text, is_word) {
            let digits = part.chars().filter(char::is_ascii_digit).count();
            let is_token = part.len() >= TOKEN_CHARACTERS && digits > 0 && part.chars().all(is_word);
            let is_phone = PHONE_DIGITS.contains(&digits) && part.chars().all(|c| c.is_ascii_digit() || c == '-');
            redacted.push_str(&match (is_phone, is_token) {
                (true, _) => self.alias(Kind::Phone, part),
                (false, true) => self.alias(Kind::Token, part),
                (false, false) => part.to_owned(),
            });
        }
        redacted
    }

    fn alias(&mut self, kind: Kind, value: &str) -> String {
        // One number however it is written.
        let comparable = match kind {
            Kind::Phone => value.chars().filter(|c| c.is_alphanumeric()).collect(),
            _ => value.to_owned(),
        };
        let counts = &mut self.counts;
        let give = || {
            let count = counts.entry(kind).or_insert(0);
            *count += 1;
            match kind {
                Kind::Token => format!("token-{count}"),
                Kind::Phone => format!("010-0000-{count:04}"),
                Kind::Name => format!("name-{count}"),
                Kind::Text => format!("text-{count}"),
            }
        };
        self.aliases.entry((kind, comparable)).or_insert_with(give).clone()
    }

    fn number(&mut self, kind: Kind, digits: &str) -> Value {
        let alias = self.alias(kind, digits);
        let counted: String = alias.chars().filter(char::is_ascii_digit).collect();
        Value::from(counted.trim_start_matches('0').parse::<u64>().unwrap_or(0))
    }
}

/// The parts of a text that are words, and what stands between them, in their order.
fn split_keeping(text: &str, is_word: impl Fn(char) -> bool) -> Vec<&str> {
    let (mut parts, mut start, mut last) = (Vec::new(), 0, None);
    for (at, character) in text.char_indices() {
        let word = is_word(character);
        if last.is_some_and(|last| last != word) {
            parts.push(&text[start..at]);
            start = at;
        }
        last = Some(word);
    }
    if start < text.len() {
        parts.push(&text[start..]);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_value_gets_the_same_alias_and_nothing_of_it_stays() {
        let mut redactor = Redactor::default();
        let body = json!({
            "list": [
                {"id": 41, "phone": "010-1234-5678", "depositor": "홍길동", "content": "홍길동 입금 50,000", "money": 50000},
                {"id": 42, "phone": "01012345678", "depositor": "김철수", "content": null, "money": 12.50},
            ],
            "user": {"id": 1, "username": "홍길동"},
            "token": "q7cW0f3mX9",
            "msg": "call 02-345-6789 with aB3dE6gH9jK2mN5pQ8sT now",
            "none": "",
        });
        let redacted = redactor.redact(&body);
        assert_eq!(
            redacted,
            json!({
                "list": [
                    {"id": 41, "phone": "010-0000-0001", "depositor": "name-1", "content": "text-1", "money": 50000},
                    {"id": 42, "phone": "010-0000-0001", "depositor": "name-2", "content": null, "money": 12.50},
                ],
                "user": {"id": 1, "username": "name-1"},
                "token": "token-2",
                "msg": "call 010-0000-0002 with token-1 now",
                "none": "",
            })
        );
        assert_eq!(redactor.redact(&json!({"name": "김철수"})), json!({"name": "name-2"}), "over the whole recording");
    }
}
