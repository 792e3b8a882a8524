//! Secrets that people give to a command: from a file or from standard input, never as an argument, which every user of
//! the machine can read.

use std::io::Read as _;
use std::path::Path;

use super::CliError;

/// A secret of a file; `-` is standard input. White space around it is no part of it.
pub(super) fn read(path: &Path, what: &str) -> Result<String, CliError> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(64 * 1024).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(64 * 1024).read_to_string(&mut text))
    };
    read.map_err(|error| CliError::Usage(format!("{what} cannot be read from {}: {error}", path.display())))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(CliError::Usage(format!("{} holds no {what}", path.display())));
    }
    Ok(secret.to_owned())
}
