//! Query parameters, each read once; what is left over is an error, so that a misspelt filter never shows everything.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use crate::contract::page::{LIMIT_DEFAULT, LIMIT_MAX, PageRequest, id_of_cursor};
use crate::domain::refusal::FieldError;
use crate::http::error::Problem;

const TEXT_MAX: usize = 200;
/// Ids in one parameter at most: a page of a list.
pub const IDS_MAX: usize = 500;

/// The parameters of a request that have not been read yet, and what was wrong with those that were.
#[derive(Debug)]
pub struct QueryReader {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl QueryReader {
    /// Starts reading a request's query.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let mut reader = Self { pairs: Vec::new(), errors: Vec::new() };
        for pair in request.query_string().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decoded(name), decoded(value)) {
                (Some(name), Some(value)) => reader.pairs.push((name, value)),
                _ => reader
                    .errors
                    .push(FieldError::new(name, "is not percent-encoded UTF-8, or holds the character NUL")),
            }
        }
        reader
    }

    /// The text of `name`, up to 200 characters.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        if value.chars().count() > TEXT_MAX {
            self.errors.push(FieldError::new(name, format!("may have {TEXT_MAX} characters at most")));
            return None;
        }
        Some(value)
    }

    /// The value of `name`, read from its text.
    pub fn parsed<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.take(name)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.push(FieldError::new(name, error.to_string()));
                None
            }
        }
    }

    /// Text ids with commas between, up to 500; a comma or a % within an id is percent-encoded once more.
    pub fn ids(&mut self, name: &str) -> Option<Vec<String>> {
        let value = self.take(name)?;
        let ids: Option<Vec<String>> = value.split(',').map(|id| unescaped(id).filter(|id| !id.is_empty())).collect();
        match ids {
            Some(ids) if ids.len() <= IDS_MAX => Some(ids),
            _ => {
                let message = format!(
                    "must be 1 to {IDS_MAX} ids with commas between; write %2C for a comma in an id, %25 for a %"
                );
                self.errors.push(FieldError::new(name, message));
                None
            }
        }
    }

    /// An integer.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let value = self.take(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.errors.push(FieldError::new(name, format!("{value:?} is not an integer")));
        }
        parsed
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        match value.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.errors.push(FieldError::new(name, format!("{value:?} is neither true nor false")));
                None
            }
        }
    }

    /// Which page of a list: `limit`, `cursor`, `count`.
    pub fn page(&mut self) -> PageRequest {
        let limit = self.take("limit").map_or(LIMIT_DEFAULT, |text| {
            let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
            limit.unwrap_or_else(|| {
                self.errors.push(FieldError::new("limit", format!("must be an integer from 1 to {LIMIT_MAX}")));
                LIMIT_DEFAULT
            })
        });
        let before = self.take("cursor").and_then(|cursor| {
            let id = id_of_cursor(&cursor);
            if id.is_none() {
                self.errors.push(FieldError::new("cursor", "is not a next_cursor of this service"));
            }
            id
        });
        PageRequest { limit, before, count: self.flag("count").unwrap_or(false) }
    }

    /// Notes something wrong that only the caller can know.
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(name, message));
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 422 with everything that was wrong, unread parameters included.
    pub fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in self.pairs {
            self.errors.push(FieldError::new(name, "is not a parameter of this path"));
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let position = self.pairs.iter().position(|(other, _)| other == name)?;
        let (_, value) = self.pairs.remove(position);
        if self.pairs.iter().any(|(other, _)| other == name) {
            self.pairs.retain(|(other, _)| other != name);
            self.errors.push(FieldError::new(name, "may stand only once"));
            return None;
        }
        Some(value)
    }
}

/// Holds that there are no parameters.
///
/// # Errors
/// 422 naming those that there are.
pub fn no_query(request: &HttpRequest) -> Result<(), Problem> {
    QueryReader::of(request).finish()
}

/// A part of a query, where a plus is a space.
fn decoded(text: &str) -> Option<String> {
    unescaped(&text.replace('+', " "))
}

fn unescaped(text: &str) -> Option<String> {
    let escapes = text.split('%').skip(1);
    let well_formed = escapes
        .map(|rest| rest.as_bytes().get(..2))
        .all(|digits| digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    if !well_formed {
        return None;
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (!decoded.contains('\0')).then(|| decoded.into_owned())
}
