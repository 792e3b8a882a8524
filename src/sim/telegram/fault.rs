//! What can go wrong with a call of `getUpdates`.

use rand::RngExt as _;
use rand::rngs::StdRng;

/// One way in which a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 502 with a gateway's page.
    Page,
    /// 500 in Telegram's own JSON.
    ServerError,
    /// 429 with so many seconds.
    TooMany(u64),
    /// 409: another poll.
    Conflict,
    /// 200 with something else than JSON.
    NoJson,
    /// The answer breaks off in the middle: what it carried was not confirmed.
    Torn,
    /// The connection is closed without an answer.
    Cut,
}

/// How often calls of `getUpdates` go wrong by themselves, and what else is odd, in percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// A page of a gateway, or an error of the server.
    pub server_errors: u8,
    /// 429 with one second.
    pub too_many: u8,
    /// 409 of another poll.
    pub conflicts: u8,
    /// Something else than JSON.
    pub no_json: u8,
    /// The answer breaks off, or does not come.
    pub broken: u8,
    /// Before a message there comes an update that nobody can read.
    pub undecodable: u8,
    /// Before a message there comes an update of a kind that is new.
    pub unknown_kinds: u8,
    /// A message is edited right after it was posted.
    pub edits: u8,
}

impl Quirks {
    /// A bit of everything.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            server_errors: 5,
            too_many: 2,
            conflicts: 3,
            no_json: 3,
            broken: 8,
            undecodable: 3,
            unknown_kinds: 5,
            edits: 5,
        }
    }

    /// What goes wrong with the next call, if anything.
    pub(super) fn fault(self, random: &mut StdRng) -> Option<Fault> {
        let faults = [
            (self.server_errors, [Fault::Page, Fault::ServerError]),
            (self.too_many, [Fault::TooMany(1), Fault::TooMany(1)]),
            (self.conflicts, [Fault::Conflict, Fault::Conflict]),
            (self.no_json, [Fault::NoJson, Fault::NoJson]),
            (self.broken, [Fault::Torn, Fault::Cut]),
        ];
        faults.into_iter().find_map(|(percent, of)| {
            let strikes = chance(percent, random);
            strikes.then(|| of[usize::from(random.random_bool(0.5))])
        })
    }
}

/// Whether something strikes that does so in so many of a hundred cases.
pub(super) fn chance(percent: u8, random: &mut StdRng) -> bool {
    percent > 0 && random.random_range(0..100) < percent
}
