//! A call as it came: by query, form or JSON, as the real API takes them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::time::UnixMs;

/// A call that came in, for those who look on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The token that it named.
    pub token: String,
    /// The method, in lower case.
    pub method: String,
    /// The offset of `getUpdates`, where it named one.
    pub offset: Option<i64>,
    /// When.
    pub at: UnixMs,
}

/// The parameters of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(BTreeMap<String, Value>);

impl Params {
    /// Reads the query and the body; what cannot be read is left.
    pub(super) fn read(query: &str, content_type: &str, body: &[u8]) -> Self {
        let form = |bytes: &[u8]| serde_urlencoded::from_bytes::<Vec<(String, String)>>(bytes).unwrap_or_default();
        let text = |(name, value): (String, String)| (name, Value::String(value));
        let mut params: BTreeMap<String, Value> = form(query.as_bytes()).into_iter().map(text).collect();
        if content_type.starts_with("application/json") {
            params.extend(serde_json::from_slice::<BTreeMap<String, Value>>(body).unwrap_or_default());
        } else {
            params.extend(form(body).into_iter().map(text));
        }
        Self(params)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// A list, which a form carries as JSON.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        match self.0.get(name)? {
            Value::Array(items) => Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()),
            Value::String(json) => serde_json::from_str(json).ok(),
            _ => None,
        }
    }
}
