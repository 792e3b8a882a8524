//! `{{variables}}`: their values, and putting them into texts.

use std::collections::BTreeMap;

use serde_json::Value;

/// The variables of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variables(BTreeMap<String, Value>);

/// Where a text is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    Json,
}

impl Variables {
    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Sets a variable from a command line: `12` is a number and `true` a boolean, as stock hurl takes them.
    pub fn set_text(&mut self, name: &str, text: &str) {
        let value = match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
        };
        self.set(name, value);
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Whether there is such a variable.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Puts the variables into a text.
    ///
    /// # Errors
    /// The name of a variable that has no value.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        self.filled(text, Place::Plain)
    }

    /// Puts the variables into a text that is JSON: inside of a JSON string they are escaped.
    ///
    /// # Errors
    /// The name of a variable that has no value.
    pub fn fill_json(&self, text: &str) -> Result<String, String> {
        self.filled(text, Place::Json)
    }

    fn filled(&self, text: &str, place: Place) -> Result<String, String> {
        let (mut filled, mut rest, mut in_string) = (String::with_capacity(text.len()), text, false);
        while let Some((before, after)) = rest.split_once("{{") {
            in_string = ends_in_string(before, in_string);
            filled.push_str(before);
            let (name, after) = after.split_once("}}").ok_or_else(|| "{{ without }}".to_owned())?;
            let name = name.trim();
            let value = self.get(name).ok_or_else(|| format!("there is no variable {name}"))?;
            match value {
                Value::String(text) if place == Place::Json && in_string => {
                    let quoted = Value::String(text.clone()).to_string();
                    filled.push_str(&quoted[1..quoted.len() - 1]);
                }
                Value::String(text) => filled.push_str(text),
                other => filled.push_str(&other.to_string()),
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }
}

/// Whether a JSON text that began inside or outside of a string ends inside of one.
fn ends_in_string(text: &str, mut in_string: bool) -> bool {
    let mut escaped = false;
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => {}
        }
    }
    in_string
}

/// The names of the variables in a text, each once.
#[must_use]
pub fn names_in(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in text.split("{{").skip(1) {
        let name = part.split("}}").next().unwrap_or_default().trim();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_as_json_needs_them() {
        let mut variables = Variables::default();
        variables.set("name", Value::from("a \"b\""));
        variables.set_text("id", "12");
        assert_eq!(variables.fill("/x?id={{id}}&n={{ name }}").unwrap(), "/x?id=12&n=a \"b\"");
        assert_eq!(variables.fill_json(r#"{"n":"{{name}}","id":{{id}}}"#).unwrap(), r#"{"n":"a \"b\"","id":12}"#);
        assert_eq!(variables.fill("{{nobody}}").unwrap_err(), "there is no variable nobody");
        assert_eq!(names_in("{{a}} {{ b }} {{a}}"), ["a", "b"]);
    }
}
