//! A message as operators see it.

use serde::Deserialize;
use serde_json::Value;

/// An sms with what stories look at; the rest stands in `all`.
#[derive(Clone, Debug, Deserialize)]
pub struct Sms {
    pub id: i64,
    pub state: String,
    pub review: String,
    pub order_id: Option<String>,
    pub flags: Vec<String>,
    pub version: i64,
    #[serde(skip)]
    pub all: Value,
}

impl Sms {
    /// Reads an item of a list, or a detail.
    pub fn of(value: &Value) -> Self {
        let sms: Self = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"));
        Self { all: value.clone(), ..sms }
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }

    /// State, review and order: what is decided of it.
    pub fn decided(&self) -> (&str, &str, Option<&str>) {
        (&self.state, &self.review, self.order_id.as_deref())
    }
}
