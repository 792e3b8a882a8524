//! What an event of recon means for browsers: pure.

use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// What a browser shows, as far as refreshes go.
    pub enum Topic {
        /// Messages.
        Sms = "sms",
        /// Phones that post their SMS or are heard, and bots.
        Device = "device",
        /// Templates.
        Template = "template",
        /// The phone whitelist.
        Phone = "phone",
        /// Recharge orders.
        Order = "order",
        /// Loops.
        Actor = "actor",
    }
}

/// Names a thing within its topic: a number, or a text for orders and actors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// Of messages, devices, templates, phones.
    Number(i64),
    /// Of orders and actors.
    Text(String),
}

impl From<i64> for Id {
    fn from(id: i64) -> Self {
        Self::Number(id)
    }
}

impl From<String> for Id {
    fn from(id: String) -> Self {
        Self::Text(id)
    }
}

/// What an event means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// What is to be read again.
    pub changed: Vec<(Topic, Id)>,
    /// Whether a counter of the top bar may have changed that recon's own counters do not tell of.
    pub recount: bool,
}

/// Loops of phones: how they stand is shown with the phone.
const LISTENERS: &str = "pushbullet_listener";

#[derive(Deserialize)]
struct Sms {
    id: i64,
    #[serde(default)]
    order_id: Option<String>,
    #[serde(default)]
    former_order_id: Option<String>,
}

#[derive(Deserialize)]
struct Order {
    order_id: String,
}

#[derive(Deserialize)]
struct Thing {
    id: i64,
}

#[derive(Deserialize)]
struct Actor {
    id: String,
    kind: String,
}

/// What an event of that kind with this data means; none where it cannot be read, or nobody here knows the kind.
#[must_use]
pub fn meaning_of(kind: &str, data: &str) -> Option<Meaning> {
    let one = |topic: Topic| {
        let Thing { id } = serde_json::from_str(data).ok()?;
        Some(Meaning { changed: vec![(topic, id.into())], recount: false })
    };
    match kind {
        "sms.created" | "sms.updated" => {
            let sms: Sms = serde_json::from_str(data).ok()?;
            let mut changed = vec![(Topic::Sms, sms.id.into())];
            // Whose pair it is, or was, is shown with the order.
            changed.extend(sms.order_id.into_iter().chain(sms.former_order_id).map(|id| (Topic::Order, id.into())));
            Some(Meaning { changed, recount: false })
        }
        "order.updated" => {
            let order: Order = serde_json::from_str(data).ok()?;
            Some(Meaning { changed: vec![(Topic::Order, order.order_id.into())], recount: true })
        }
        "device.changed" => one(Topic::Device),
        "template.changed" => one(Topic::Template),
        "phone.changed" => one(Topic::Phone),
        "actor.changed" => {
            let actor: Actor = serde_json::from_str(data).ok()?;
            let phone = actor.id.rsplit_once('/').filter(|_| actor.kind == LISTENERS);
            let phone = phone.and_then(|(_, id)| id.parse::<i64>().ok());
            let mut changed = vec![(Topic::Actor, actor.id.into())];
            changed.extend(phone.map(|id| (Topic::Device, id.into())));
            Some(Meaning { changed, recount: false })
        }
        "top_info" => Some(Meaning { changed: Vec::new(), recount: true }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, data: &str) -> (String, bool) {
        let meaning = meaning_of(kind, data).unwrap_or_else(|| panic!("{kind} {data} means nothing"));
        let named = meaning.changed.iter().map(|(topic, id)| format!("{topic} {}", serde_json::to_string(id).unwrap()));
        (named.collect::<Vec<_>>().join(", "), meaning.recount)
    }

    #[test]
    fn each_event_names_what_is_to_be_read_again() {
        let sms = r#"{"id":41,"state":"unmatched","review":"none","order_id":null,"flags":[],"version":3}"#;
        assert_eq!(told("sms.created", sms), ("sms 41".to_owned(), false));
        let matched = r#"{"id":41,"state":"matched","order_id":"R-1","version":3}"#;
        assert_eq!(told("sms.updated", matched).0, r#"sms 41, order "R-1""#);
        let freed = r#"{"id":41,"state":"unmatched","order_id":null,"former_order_id":"R-1","version":4}"#;
        assert_eq!(told("sms.updated", freed).0, r#"sms 41, order "R-1""#);
        assert_eq!(told("order.updated", r#"{"order_id":"7","status":"open"}"#), (r#"order "7""#.to_owned(), true));
        assert_eq!(told("device.changed", r#"{"id":3,"source":"shooter","action":"trust"}"#).0, "device 3");
        assert_eq!(told("template.changed", r#"{"id":3,"action":"add"}"#).0, "template 3");
        assert_eq!(told("phone.changed", r#"{"id":3,"action":"delete"}"#).0, "phone 3");
        assert_eq!(told("actor.changed", r#"{"id":"inbox","kind":"inbox"}"#).0, r#"actor "inbox""#);
        let listener = r#"{"id":"pushbullet_listener/3","kind":"pushbullet_listener"}"#;
        assert_eq!(told("actor.changed", listener).0, r#"actor "pushbullet_listener/3", device 3"#);
        assert_eq!(told("top_info", "{}"), (String::new(), true));
    }

    #[test]
    fn what_cannot_be_read_means_nothing() {
        for (kind, data) in
            [("sms.updated", "{}"), ("order.updated", "[]"), ("actor.changed", "x"), ("later.kind", "{}")]
        {
            assert_eq!(meaning_of(kind, data), None, "{kind} {data}");
        }
    }
}
