//! How an instance ended, in words that can be shown.

use std::any::Any;
use std::fmt::Write;
use std::time::Duration;

use super::park::Park;

/// Shown text is cut after this many characters.
const SHOWN_CHARS: usize = 500;

/// How an instance ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was asked to stop and did.
    Stopped,
    /// Its task was aborted by the supervisor.
    Aborted,
    /// It ended by itself.
    Crashed(Cause),
}

/// Why an instance counts as crashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The factory failed.
    Start(String),
    /// A piece of its work panicked.
    Panic(String),
    /// `run` returned an error.
    Error(String),
    /// It asked to be parked.
    Parks(Park),
    /// `run` returned, unasked.
    Ended,
    /// No progress within the deadline.
    Frozen(Duration),
    /// The shell itself panicked.
    ShellPanic(String),
    /// The shell stopped, or its thread ended, without a report.
    Vanished,
}

impl Cause {
    pub(super) fn panic(payload: &(dyn Any + Send)) -> Self {
        Self::Panic(panic_text(payload))
    }

    /// What an error of `run` means.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        match error.downcast_ref::<Park>() {
            Some(park) => Self::Parks(park.clone()),
            None => Self::Error(format!("{error:#}")),
        }
    }

    /// The label in metrics and logs.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Panic(_) => "panic",
            Self::Error(_) => "error",
            Self::Parks(_) => "parks",
            Self::Ended => "ended",
            Self::Frozen(_) => "frozen",
            Self::ShellPanic(_) => "shell_panic",
            Self::Vanished => "vanished",
        }
    }

    /// For people: cut and without control characters.
    pub(super) fn shown(&self) -> String {
        shown(&match self {
            Self::Start(error) => format!("could not start: {error}"),
            Self::Panic(text) => format!("panicked: {text}"),
            Self::Error(error) => error.clone(),
            Self::Parks(park) => park.reason.clone(),
            Self::Ended => "returned without having been asked to stop".to_owned(),
            Self::Frozen(deadline) => format!("made no progress within {} s", deadline.as_secs()),
            Self::ShellPanic(text) => format!("its shell panicked: {text}"),
            Self::Vanished => "its shell or thread ended without a report".to_owned(),
        })
    }
}

/// The message of a panic.
pub(super) fn panic_text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "(a panic without a text)".to_owned()
    }
}

/// The text cut after 500 characters, control characters escaped: it can carry what a stranger sent.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::new();
    for (index, c) in text.chars().enumerate() {
        if index == SHOWN_CHARS {
            out.push('…');
            break;
        }
        if c.is_control() {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_text_is_cut_and_escaped() {
        assert_eq!(shown("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\nc");
        let long = shown(&"가".repeat(501));
        assert_eq!(long.chars().count(), 501);
        assert!(long.ends_with("가…"));
        assert_eq!(shown(&"가".repeat(500)).chars().count(), 500);
    }
}
