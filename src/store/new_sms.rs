//! The row of a message of which nothing is known but that it came.

use entity::sms;

use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;

/// A message in `state` that came at `received_at` and is stored `now`, with nothing in it: no sender, no text, nothing
/// read, nobody's review. Whoever makes it fills in what they know.
#[must_use]
pub(super) fn new_sms(id: i64, state: SmsState, received_at: UnixMs, now: UnixMs) -> sms::Model {
    sms::Model {
        id,
        line: None,
        sender: String::new(),
        sender_key: String::new(),
        provisional_key: String::new(),
        ask_sender: false,
        text: None,
        fingerprint: Vec::new(),
        received_at: received_at.0,
        occurred_at: received_at.0,
        to_the_minute: false,
        stored_at: now.0,
        sources: 0,
        state: state.as_str().to_owned(),
        state_since: now.0,
        review: Review::None.as_str().to_owned(),
        review_by: None,
        review_at: None,
        review_note: None,
        flags: 0,
        direction: None,
        currency: None,
        amount: None,
        balance: None,
        depositor: None,
        account: None,
        reference: None,
        memo: None,
        sender_bank: None,
        name_max: None,
        template_id: None,
        template_version: None,
        order_id: None,
        attempts: 0,
        next_attempt_at: None,
        version: 1,
        updated_at: now.0,
    }
}
