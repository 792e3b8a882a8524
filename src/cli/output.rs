//! Where answers go: stdout, for people or for programs.

use std::io::{self, Write as _};

use serde_json::Value;

use super::CliError;
use super::printable::printable_json;

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether the reader is a program.
    #[must_use]
    pub fn json(self) -> bool {
        self.json
    }

    /// Prints text that ends a line. It must be printable already.
    pub fn text(self, text: &str) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(|error| CliError::output(&error))
    }

    /// Prints a value as JSON, without a character that a terminal would obey.
    pub fn value(self, value: &Value) -> Result<(), CliError> {
        self.text(&printable_json(value))
    }
}
