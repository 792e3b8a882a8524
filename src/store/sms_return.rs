//! Messages that go back to the start of the pipeline because an operator changed what they are judged by.

use entity::sms;

use super::sms_change::clear_to_received;
use crate::contract::caller::Caller;
use crate::domain::sms::{Review, SmsState};

/// Reviews in which no person has decided: such messages may be sent back by the system.
pub(super) const UNDECIDED_REVIEWS: [&str; 2] = [Review::None.as_str(), Review::NeedCheck.as_str()];

/// `row` without what parser and matcher made of it, in `state`. A person's request for a check stays on it (INV-S2).
pub(super) fn returned(row: &sms::Model, state: SmsState) -> sms::Model {
    let mut after = row.clone();
    clear_to_received(&mut after);
    if row.review_by.is_some() {
        after.review.clone_from(&row.review);
        after.review_by.clone_from(&row.review_by);
        after.review_at = row.review_at;
        after.review_note.clone_from(&row.review_note);
    }
    state.as_str().clone_into(&mut after.state);
    after
}

/// How a caller stands in the history of an sms.
pub(super) fn actor_of(caller: &Caller) -> String {
    format!("operator:{}", caller.name())
}
