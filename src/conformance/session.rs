//! With which token a case is run, and what that does to its answers.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How much life the operator's token has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Session {
    /// Plenty: nothing is renewed.
    #[default]
    Fresh,
    /// Little: every answer brings the next token.
    Expiring,
    /// None: every answer is 401.
    Expired,
}

impl Session {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fresh, Self::Expiring, Self::Expired];
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fresh => "fresh",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
        })
    }
}

/// The header with the next token.
pub const NEW_TOKEN: &str = "new-token";
/// The header with its end, in Unix seconds.
pub const NEW_EXPIRES_AT: &str = "new-expires-at";
/// The header that lets browsers read those two.
pub const EXPOSE: &str = "access-control-expose-headers";

/// The status and body that an expired token is answered with; its message may be any.
#[must_use]
pub fn unauthenticated() -> (u16, Value) {
    (401, json!({"code": 7, "data": null, "msg": "any"}))
}
