//! How a loop deals with a database that cannot answer.

use std::time::Duration;

use super::StoreError;

/// How long a loop waits before it asks a store again that could not answer.
pub(crate) const STORE_PAUSE: Duration = Duration::from_secs(2);

/// A store that cannot answer now (a full disk, a server that is away) is no fault of the loop: it tries again after
/// [`STORE_PAUSE`]. It makes no progress meanwhile, so health says so once its deadline is over; a crash and in the end
/// the process's exit would mend nothing. Any other error is the loop's own and is given back.
pub(crate) fn outlast(kind: &str, error: anyhow::Error) -> anyhow::Result<()> {
    match error.downcast_ref::<StoreError>() {
        Some(cause) if cause.is_transient() => {
            tracing::warn!(r#loop = kind, error = %cause, "the store cannot answer; the loop tries again");
            Ok(())
        }
        _ => Err(error),
    }
}
