//! What a request asks, read as old programs write it: numbers as text too, and fields that nobody knows are left alone.

use actix_web::web::Bytes;
use serde_json::{Map, Value};

use super::envelope::{Failure, Words, Wrong};
use super::words::Say;
use crate::config::{LegacyConfig, Paging};

/// The items of a page where nobody says how many.
const PAGE_SIZE: u64 = 10;
/// The items of a page at most.
const PAGE_SIZE_MAX: u64 = 200;
/// Pages beyond are none.
const PAGE_MAX: u64 = 1_000_000_000;

/// A request's fields.
#[derive(Clone, Debug, Default)]
pub struct Params {
    fields: Map<String, Value>,
    paging: Option<Paging>,
    wrong: Vec<Wrong>,
}

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageAsked {
    /// From 1.
    pub page: u64,
    /// Items at most, 1 to 200.
    pub page_size: u64,
}

impl Params {
    /// Of a GET's query.
    #[must_use]
    pub fn of_query(query: &str, legacy: &LegacyConfig) -> Self {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        let mut fields = Map::new();
        for (name, value) in pairs {
            // The first of several, as the store of a form has it.
            fields.entry(name).or_insert(Value::String(value));
        }
        Self { fields, paging: Some(legacy.paging.clone()), wrong: Vec::new() }
    }

    /// Of a POST's body; an empty one asks nothing.
    ///
    /// # Errors
    /// 7400 where it is no JSON object.
    pub fn of_json(body: &Bytes, legacy: &LegacyConfig) -> Result<Self, Failure> {
        let fields = if body.trim_ascii().is_empty() {
            Map::new()
        } else {
            match serde_json::from_slice(body) {
                Ok(Value::Object(fields)) => fields,
                _ => return Err(Failure::unreadable()),
            }
        };
        Ok(Self { fields, paging: Some(legacy.paging.clone()), wrong: Vec::new() })
    }

    /// A field's value; null and blank text are none.
    fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        })
    }

    /// A field that cannot be taken.
    pub fn refuse(&mut self, field: &str, say: Say) {
        self.wrong.push(Wrong { field: field.to_owned(), say: Words::Key(say) });
    }

    /// A text; a number is taken as it is written.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name) {
            None => None,
            Some(Value::String(text)) => Some(text.trim().to_owned()),
            Some(Value::Number(number)) => Some(number.to_string()),
            Some(_) => {
                self.refuse(name, Say::GiveText);
                None
            }
        }
    }

    /// A text that must be there.
    pub fn needed_text(&mut self, name: &str) -> String {
        if self.value(name).is_none() {
            self.refuse(name, Say::Missing);
        }
        self.text(name).unwrap_or_default()
    }

    /// Exactly as it was written: a password.
    pub fn secret(&mut self, name: &str) -> String {
        match self.fields.get(name) {
            Some(Value::String(text)) if !text.is_empty() => text.clone(),
            None | Some(Value::Null | Value::String(_)) => {
                self.refuse(name, Say::Missing);
                String::new()
            }
            Some(_) => {
                self.refuse(name, Say::GiveText);
                String::new()
            }
        }
    }

    /// A whole number, also as text.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let number = whole(self.value(name)?);
        if number.is_none() {
            self.refuse(name, Say::GiveNumber);
        }
        number
    }

    /// A whole number that must be there.
    pub fn needed_integer(&mut self, name: &str) -> i64 {
        if self.value(name).is_none() {
            self.refuse(name, Say::Missing);
        }
        self.integer(name).unwrap_or_default()
    }

    /// Whole numbers: one, a list of them, or a text of some with commas between them.
    pub fn integers(&mut self, name: &str) -> Vec<i64> {
        let Some(value) = self.value(name) else { return Vec::new() };
        let numbers: Option<Vec<i64>> = match value {
            Value::Array(items) => items.iter().map(whole).collect(),
            Value::String(text) => text.split(',').map(|part| part.trim().parse().ok()).collect(),
            one => whole(one).map(|one| vec![one]),
        };
        numbers.unwrap_or_else(|| {
            self.refuse(name, Say::GiveNumber);
            Vec::new()
        })
    }

    /// What a whole number means; one that means nothing cannot be taken.
    pub fn one_of<T>(&mut self, name: &str, meaning: impl Fn(i64) -> Option<T>) -> Option<T> {
        let number = self.integer(name)?;
        let meant = meaning(number);
        if meant.is_none() {
            self.refuse(name, Say::NoSuchNumber);
        }
        meant
    }

    /// What a whole number that must be there means; none only where something is wrong.
    pub fn needed_one_of<T>(&mut self, name: &str, meaning: impl Fn(i64) -> Option<T>) -> Option<T> {
        if self.value(name).is_none() {
            self.refuse(name, Say::Missing);
        }
        self.one_of(name, meaning)
    }

    /// Whether nothing has been wrong with a field so far.
    #[must_use]
    pub fn is_right(&self, name: &str) -> bool {
        self.wrong.iter().all(|wrong| wrong.field != name)
    }

    /// 1 or 0, also as text; true or false.
    pub fn switch(&mut self, name: &str) -> Option<bool> {
        let on = match self.value(name)? {
            Value::Bool(on) => Some(*on),
            Value::Number(number) => number.as_i64().and_then(of_digit),
            Value::String(text) => text.trim().parse().ok().and_then(of_digit),
            _ => None,
        };
        if on.is_none() {
            self.refuse(name, Say::GiveSwitch);
        }
        on
    }

    /// A switch that must be there.
    pub fn needed_switch(&mut self, name: &str) -> bool {
        if self.value(name).is_none() {
            self.refuse(name, Say::Missing);
        }
        self.switch(name).unwrap_or_default()
    }

    /// A field as it is, whatever its shape: for a peer to judge.
    #[must_use]
    pub fn json(&self, name: &str) -> Option<Value> {
        self.fields.get(name).cloned()
    }

    /// Whether a page is asked for at all.
    #[must_use]
    pub fn asks_page(&self) -> bool {
        let paging = self.paging.as_ref();
        paging.is_some_and(|paging| self.value(&paging.page).is_some() || self.value(&paging.page_size).is_some())
    }

    /// An object that must be there.
    pub fn needed_object(&mut self, name: &str) -> Value {
        match self.value(name) {
            Some(object @ Value::Object(_)) => return object.clone(),
            Some(_) => self.refuse(name, Say::GiveObject),
            None => self.refuse(name, Say::Missing),
        }
        Value::Null
    }

    /// Which page is asked for.
    pub fn page(&mut self) -> PageAsked {
        let (page, page_size) = match &self.paging {
            Some(paging) => (paging.page.clone(), paging.page_size.clone()),
            None => ("page".to_owned(), "pageSize".to_owned()),
        };
        PageAsked {
            page: self.at_least_one(&page).unwrap_or(1).min(PAGE_MAX),
            page_size: self.at_least_one(&page_size).unwrap_or(PAGE_SIZE).min(PAGE_SIZE_MAX),
        }
    }

    fn at_least_one(&mut self, name: &str) -> Option<u64> {
        let number = self.integer(name)?;
        match u64::try_from(number) {
            Ok(number) if number > 0 => Some(number),
            _ => {
                self.refuse(name, Say::GiveNumber);
                None
            }
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 7400 with every field that cannot be taken.
    pub fn done(&mut self) -> Result<(), Failure> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Failure::Invalid(std::mem::take(&mut self.wrong))) }
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

const fn of_digit(digit: i64) -> Option<bool> {
    match digit {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;

    fn query(query: &str) -> Params {
        Params::of_query(query, &Preset::GinVueAdmin.values())
    }

    fn json(body: &'static str) -> Params {
        Params::of_json(&Bytes::from_static(body.as_bytes()), &Preset::GinVueAdmin.values()).unwrap()
    }

    #[test]
    fn old_callers_write_numbers_as_they_like_and_send_what_nobody_knows() {
        for mut params in [query("page=2&pageSize=500&x=y"), json(r#"{"page":"2","pageSize":500,"x":[1]}"#)] {
            assert_eq!(params.page(), PageAsked { page: 2, page_size: 200 });
            params.done().unwrap();
        }
        assert_eq!(json("").page(), PageAsked { page: 1, page_size: 10 });
        assert_eq!(query("page=&pageSize=").page(), PageAsked { page: 1, page_size: 10 });
    }

    #[test]
    fn what_is_no_number_is_named() {
        for mut params in
            [query("page=abc"), query("page=1.5"), json(r#"{"page":{}}"#), query("page=0"), query("page=-1")]
        {
            params.page();
            let Err(Failure::Invalid(wrong)) = params.done() else { panic!("it was taken") };
            assert_eq!(wrong[0].field, "page");
        }
        for no_object in ["[]", "1", "{", "\"x\""] {
            let body = Bytes::from_static(no_object.as_bytes());
            assert!(Params::of_json(&body, &Preset::GinVueAdmin.values()).is_err(), "{no_object}");
        }
    }

    #[test]
    fn several_numbers_come_in_any_form() {
        for body in [r#"{"ids":[41,"42"]}"#, r#"{"ids":"41, 42"}"#] {
            assert_eq!(json(body).integers("ids"), [41, 42]);
        }
        assert_eq!(json(r#"{"ids":41}"#).integers("ids"), [41]);
        assert!(json(r#"{"ids":""}"#).integers("ids").is_empty());
        for body in [r#"{"ids":[41,null]}"#, r#"{"ids":"41,x"}"#, r#"{"ids":{}}"#, r#"{"ids":[1.5]}"#] {
            let mut params = json(body);
            assert!(params.integers("ids").is_empty() && !params.is_right("ids"), "{body}");
        }
    }

    #[test]
    fn the_profile_names_what_a_page_is_asked_by() {
        let mut params = Params::of_query("pageNum=3&pageSize=7&page=9", &Preset::Ruoyi.values());
        assert_eq!(params.page(), PageAsked { page: 3, page_size: 7 });
        let mut params = Params::of_query("page=3&limit=7", &Preset::VueElementAdmin.values());
        assert_eq!(params.page(), PageAsked { page: 3, page_size: 7 });
    }
}
