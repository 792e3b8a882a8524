//! The words of one line: texts in quotes, regexes between slashes, variables and bare words.

use serde_json::Value;

use super::syntax::Operand;

/// Reads a line word by word; `#` begins a comment.
pub(super) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        Self { rest: line.trim() }
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('#') {
            self.rest = "";
        }
    }

    /// Whether nothing but a comment is left.
    pub(super) fn is_done(&mut self) -> bool {
        self.skip_blanks();
        self.rest.is_empty()
    }

    /// The next bare word; none at the end.
    pub(super) fn word(&mut self) -> Option<&'a str> {
        self.skip_blanks();
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// Takes the next bare word where it is this one.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let before = self.rest;
        if self.word() == Some(word) {
            return true;
        }
        self.rest = before;
        false
    }

    /// A text in quotes.
    pub(super) fn quoted(&mut self) -> Result<String, String> {
        self.skip_blanks();
        let Some(inner) = self.rest.strip_prefix('"') else { return Err("a text in quotes is expected".to_owned()) };
        let (mut text, mut characters) = (String::new(), inner.char_indices());
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &inner[at + 1..];
                    return Ok(text);
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some(same @ ('"' | '\\')) => text.push(same),
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    other => return Err(format!("the escape \\{} is not known", other.unwrap_or(' '))),
                },
                other => text.push(other),
            }
        }
        Err("a text in quotes does not end".to_owned())
    }

    /// A regex between slashes, or a text in quotes that is one.
    pub(super) fn regex(&mut self) -> Result<String, String> {
        self.skip_blanks();
        let Some(inner) = self.rest.strip_prefix('/') else { return self.quoted() };
        let mut escaped = false;
        for (at, character) in inner.char_indices() {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '/' => {
                    self.rest = &inner[at + 1..];
                    return Ok(inner[..at].replace("\\/", "/"));
                }
                _ => {}
            }
        }
        Err("a regex does not end with /".to_owned())
    }

    /// What a value is compared with: a text, an integer, true, false, null or a variable.
    pub(super) fn operand(&mut self) -> Result<Operand, String> {
        self.skip_blanks();
        if self.rest.starts_with('"') {
            return Ok(Operand::Literal(Value::String(self.quoted()?)));
        }
        if let Some(inner) = self.rest.strip_prefix("{{") {
            let (name, rest) = inner.split_once("}}").ok_or("{{ without }}")?;
            self.rest = rest;
            return Ok(Operand::Variable(name.trim().to_owned()));
        }
        let word = self.word().ok_or("a value is expected")?;
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            number => Value::from(number.parse::<i64>().map_err(|_| {
                format!("{number} is no value known here: a text in quotes, an integer, true, false, null or {{{{variable}}}}")
            })?),
        };
        Ok(Operand::Literal(value))
    }
}
