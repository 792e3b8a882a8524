//! How a command ends when it is not done.

use std::io;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::config::credentials::CredentialError;

/// Why a command did not do what it was asked; each is one plain sentence with the cure.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The answer is no, or the work could not be done: exit code 1.
    #[error("{0}")]
    No(String),
    /// Wrong usage or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Whoever read our output has gone, as `head` does; that is no failure.
    #[error("the reader of the output has gone")]
    ReaderGone,
}

impl CliError {
    /// The code for the platform.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::No(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
            Self::ReaderGone => ExitCode::SUCCESS,
        }
    }

    /// What stderr tells; none where there is nothing to tell.
    #[must_use]
    pub fn sentence(&self) -> Option<&str> {
        match self {
            Self::No(sentence) | Self::Usage(sentence) => Some(sentence),
            Self::ReaderGone => None,
        }
    }

    pub(super) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::No(format!("the output cannot be written: {error}"))
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<CredentialError> for CliError {
    fn from(error: CredentialError) -> Self {
        Self::Usage(error.to_string())
    }
}
