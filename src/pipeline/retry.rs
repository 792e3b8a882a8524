//! How a stage deals with a message on which it fails: again, later, and in the end to people.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use entity::sms;
use rand::RngExt as _;

pub(super) use crate::database::{STORE_PAUSE, outlast};
use crate::domain::refusal::Refusal;
use crate::domain::retry;
use crate::store::stage::{Advanced, Step};
use crate::store::{Store, StoreError};

/// Runs a step so that a text on which it panics is a failed attempt of that text and not the end of the stage.
pub(super) fn guarded(step: impl FnOnce() -> Step) -> Step {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Step::Failed(format!("panicked: {said}"))
    })
}

/// Notes the failed attempts of a round: the fault is in the text, so it is tried [`POISON_TRIES`](retry::POISON_TRIES)
/// times, and quarantined after the last.
pub(super) async fn note_failures(store: &Store, stage: &'static str, advanced: Advanced) -> Result<(), StoreError> {
    for (row, error) in advanced.failed {
        let attempt = row.attempts + 1;
        let next = next_attempt(&row).map(|delay| store.now().plus(delay));
        tracing::warn!(sms.id = row.id, stage, attempt, %error, "a stage failed on an sms");
        match store.note_attempt(&row, stage, &error, next).await {
            // Somebody changed it meanwhile: it is no longer this stage's, or pending anew.
            Err(StoreError::Refused(Refusal::Conflict(_))) => {}
            noted => noted?,
        }
    }
    Ok(())
}

fn next_attempt(row: &sms::Model) -> Option<Duration> {
    let nth = row.attempts + 1;
    (nth < retry::POISON_TRIES).then(|| retry::delay(u32::try_from(nth).unwrap_or(u32::MAX), permille()))
}

/// The chance in a wait.
pub(super) fn permille() -> u32 {
    rand::rng().random_range(retry::PERMILLE)
}
