//! Takes a batch of updates apart: each one's raw JSON and its id, whatever else is in it.
//!
//! One update that nobody can read must not take the others with it (a typed decoder of the whole batch fails as a whole),
//! so the batch is split by its brackets first.

use serde::Deserialize;
use serde_json::value::RawValue;

/// One update as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawUpdate {
    /// Its `update_id`; none where it has none that could be confirmed.
    pub id: Option<i64>,
    /// Its JSON, byte for byte.
    pub json: String,
    /// Whether bytes that were no UTF-8 stood in it and were replaced.
    pub garbled: bool,
}

#[derive(Deserialize)]
struct IdAlone {
    update_id: Option<i64>,
}

impl RawUpdate {
    /// Takes one update by its JSON.
    #[must_use]
    pub fn of(json: &str) -> Self {
        let id = serde_json::from_str::<IdAlone>(json).ok().and_then(|update| update.update_id);
        // One more than the id must be an id too.
        Self { id: id.filter(|id| (0..i64::MAX).contains(id)), json: json.to_owned(), garbled: false }
    }
}

/// The updates of an array, in its order.
///
/// # Errors
/// Where it is no JSON array.
pub fn split(result: &str) -> Result<Vec<RawUpdate>, serde_json::Error> {
    let parts: Vec<Box<RawValue>> = serde_json::from_str(result)?;
    Ok(parts.iter().map(|part| RawUpdate::of(part.get())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_update_leaves_the_others_alone() {
        let batch = r#"[{"update_id":7,"message":{}}, "x", {"update_id":8,"message":{"text":"\ud800"}},
            {"update_id":"9"}, null, {"update_id":-1}, {"update_id":9223372036854775807}, {"a":1,"update_id":10}]"#;
        let updates = split(batch).unwrap();
        let ids: Vec<_> = updates.iter().map(|update| update.id).collect();
        assert_eq!(ids, [Some(7), None, Some(8), None, None, None, None, Some(10)]);
        assert_eq!(updates[0].json, r#"{"update_id":7,"message":{}}"#);
    }

    #[test]
    fn deep_nesting_is_no_fault_of_the_batch() {
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let updates = split(&format!(r#"[{{"update_id":7,"message":{deep}}},{{"update_id":8}}]"#)).unwrap();
        assert_eq!(updates.iter().map(|update| update.id).collect::<Vec<_>>(), [Some(7), Some(8)]);
        assert!(split("{}").is_err());
    }
}
