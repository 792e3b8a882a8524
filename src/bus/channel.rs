//! The channels of Redis by which processes wake each other.

use std::fmt;

/// Where a wake-up is said. Its message is the name of the process that says it, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// `recon:wake:{stage}`: a stage has work.
    Stage(&'static str),
    /// `recon:wake:events`: events were committed.
    Events,
    /// `recon:wake:actors`: an actor changed.
    Actors,
    /// `recon:control:{process}`: something is asked of a process.
    Control(String),
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(stage) => write!(f, "recon:wake:{stage}"),
            Self::Events => f.write_str("recon:wake:events"),
            Self::Actors => f.write_str("recon:wake:actors"),
            Self::Control(process) => write!(f, "recon:control:{process}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_have_the_documented_names() {
        assert_eq!(Channel::Stage("order_matcher").to_string(), "recon:wake:order_matcher");
        assert_eq!(Channel::Events.to_string(), "recon:wake:events");
        assert_eq!(Channel::Control("host:8081".to_owned()).to_string(), "recon:control:host:8081");
    }
}
