//! Prints answers to stdout.

use std::io::{self, Write as _};

use serde_json::Value;

use super::CliError;
use super::printable::printable_json;

/// Prints a value as JSON, without a character that a terminal would obey.
pub(super) fn print_json(value: &Value) -> Result<(), CliError> {
    print(&printable_json(value))
}

/// Prints text that ends a line. It must be printable already.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).map_err(|error| CliError::output(&error))
}
