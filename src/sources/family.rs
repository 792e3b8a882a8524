//! What the roster asks of a kind of source.

use futures_util::future::BoxFuture;

use super::claim::Claim;
use crate::domain::source::SourceKind;
use crate::store::StoreError;
use crate::supervision::Supervision;

/// A source that is to run, as its row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The id of its row.
    pub id: i64,
    /// Moves with every change that its loops must know of: they are then replaced.
    pub revision: i64,
}

/// A kind of source that runs as loops of its own, one set for each row. A further kind is one more implementation, given
/// to the roster in `src/app`.
pub trait Family: Send + Sync {
    /// What its sources are called.
    fn kind(&self) -> SourceKind;

    /// The kinds of its loops: `pushbullet_listener`. The first is the one by which a source counts as heard. The ids of
    /// the loops of source 3 are these with `-` for `_`, and `/3`: `pushbullet-listener/3`.
    fn loops(&self) -> &'static [&'static str];

    /// The sources that are to run: enabled, and not deleted.
    fn wanted(&self) -> BoxFuture<'_, Result<Vec<Wanted>, StoreError>>;

    /// Spawns every loop of a source. What they write names `claim`'s lease.
    fn start(&self, supervision: &Supervision, source: Wanted, claim: &Claim);
}

/// The id of the loop `kind` of a source.
#[must_use]
pub fn loop_id(kind: &str, source_id: i64) -> String {
    format!("{}/{source_id}", kind.replace('_', "-"))
}
