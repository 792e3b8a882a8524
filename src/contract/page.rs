//! Lists: newest first, a page at a time, by key and never by offset.

use serde::{Deserialize, Serialize};

/// The largest page.
pub const LIMIT_MAX: u32 = 500;
/// The page where none is asked for.
pub const LIMIT_DEFAULT: u32 = 50;

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Items at most, 1 to [`LIMIT_MAX`].
    pub limit: u32,
    /// Only items with a smaller id; none: from the newest.
    pub before: Option<i64>,
    /// Whether to count the whole list.
    pub count: bool,
}

impl Default for PageRequest {
    fn default() -> Self {
        Self { limit: LIMIT_DEFAULT, before: None, count: false }
    }
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// Newest first.
    pub items: Vec<T>,
    /// What to pass as `cursor` for the next page; null at the end.
    pub next_cursor: Option<String>,
    /// How many there are in all, where `count=true` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// Writes a cursor: opaque to callers.
#[must_use]
pub fn cursor_of(id: i64) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(format!("v1:{id}"))
}

/// Reads a cursor that [`cursor_of`] wrote; none for anything else.
#[must_use]
pub fn id_of_cursor(cursor: &str) -> Option<i64> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("v1:")?.parse().ok()
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` rows: the extra one only tells that there is more.
    #[must_use]
    pub fn of(mut items: Vec<T>, limit: u32, total: Option<u64>, id: impl Fn(&T) -> i64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(|item| cursor_of(id(item))) } else { None };
        Self { items, next_cursor, total }
    }

    /// The same page with other items.
    #[must_use]
    pub fn map<U>(self, with: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(with).collect(), next_cursor: self.next_cursor, total: self.total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nothing_else_is_one() {
        assert_eq!(id_of_cursor(&cursor_of(41)), Some(41));
        for wrong in ["", "41", "djE6", "%%%", "djI6NDE"] {
            assert_eq!(id_of_cursor(wrong), None, "{wrong:?}");
        }
    }
}
