//! `shooter.*`: phones that post their messages themselves.

use secrecy::SecretString;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;

pub(super) const KEYS: &[Key] = &[
    key("shooter.enrolment_token", Kind::Secret, "", "lets phones register themselves, untrusted; empty: they cannot"),
    key(
        "shooter.enrolled_max",
        Kind::Number,
        "100",
        "phones that registered themselves and wait for trust: no more are made; 0: none",
    ),
    key("shooter.rate_per_minute", Kind::Number, "60", "posts a minute of each device and address; 0: no limit"),
    key("shooter.rate_burst", Kind::Number, "120", "posts that may come at once; 0: no limit"),
];

/// Phones that post their messages themselves.
#[derive(Clone, Debug)]
pub struct ShooterConfig {
    /// Lets phones register themselves; none: they cannot. Fits a URL's path as it is.
    pub enrolment_token: Option<SecretString>,
    /// Phones that registered themselves and wait for trust at most.
    pub enrolled_max: u32,
    /// Posts a minute of each device and address; 0: no limit.
    pub rate_per_minute: u32,
    /// Posts that may come at once; 0: no limit.
    pub rate_burst: u32,
}

impl ShooterConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let enrolment_token = layers.read("shooter.enrolment_token", parse::optional(parse::path_token));
        let enrolled_max = layers.read("shooter.enrolled_max", parse::number);
        let rate_per_minute = layers.read("shooter.rate_per_minute", parse::number);
        let rate_burst = layers.read("shooter.rate_burst", parse::number);
        Some(Self {
            enrolment_token: enrolment_token?,
            enrolled_max: enrolled_max?,
            rate_per_minute: rate_per_minute?,
            rate_burst: rate_burst?,
        })
    }
}
