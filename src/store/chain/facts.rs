//! Which messages are links of a chain, and of which.

use entity::sms;

use crate::domain::flags::{Flag, Flags};
use crate::domain::sms::{Direction, Review, SmsState};

const MINUTE_MS: i64 = 60_000;

/// What a message says as a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Facts {
    pub(super) account_key: String,
    pub(super) minute: i64,
    pub(super) received_at: i64,
    pub(super) currency: String,
    pub(super) moved: i64,
    pub(super) balance: Option<i64>,
    pub(super) template_id: i64,
}

/// The link that a message is; none where it tells of no movement for certain, is not trusted, or was refused by a person.
pub(in crate::store) fn facts_of(row: &sms::Model) -> Option<Facts> {
    if row.id <= 0 || row.review == Review::Rejected.as_str() {
        return None;
    }
    let direction: Direction = row.direction.as_deref()?.parse().ok()?;
    let amount = row.amount?;
    let moved = match direction {
        Direction::Deposit => amount,
        Direction::Withdrawal => amount.checked_neg()?,
        Direction::Ignore => return None,
    };
    if !is_read(row, direction) {
        return None;
    }
    let currency = row.currency.clone()?;
    Some(Facts {
        account_key: account_key(row, &currency),
        minute: row.occurred_at.div_euclid(MINUTE_MS) * MINUTE_MS,
        received_at: row.received_at,
        currency,
        moved,
        balance: row.balance,
        template_id: row.template_id?,
    })
}

/// Whether what was read of it is certain. A deposit that is over its template's maximum was still read for certain, and so was
/// one of nothing.
fn is_read(row: &sms::Model, direction: Direction) -> bool {
    const DOUBTFUL: Flags = Flags::NONE.with(Flag::Negated).with(Flag::AmbiguousTemplate);
    const CERTAIN: Flags = Flags::NONE.with(Flag::OverMaximum).with(Flag::ZeroAmount);
    match row.state.parse() {
        Ok(SmsState::Parsed | SmsState::Matched | SmsState::Ambiguous | SmsState::Unmatched | SmsState::Settled) => {
            true
        }
        Ok(SmsState::Ignored) => direction == Direction::Withdrawal && row.flags & DOUBTFUL.0 == 0,
        Ok(SmsState::Unparsed) => row.flags & DOUBTFUL.0 == 0 && row.flags & CERTAIN.0 != 0,
        _ => false,
    }
}

/// An account of one bank, whichever phone hears of it: a text that comes to two phones as two messages then shows as one
/// movement told twice. Where no account is known, what one sender tells one phone.
fn account_key(row: &sms::Model, currency: &str) -> String {
    let account = account_digits(row.account.as_deref().unwrap_or_default());
    let sender = &row.sender_key;
    if account.is_empty() {
        format!("{currency} {sender} line {}", row.line.as_deref().unwrap_or_default())
    } else {
        format!("{currency} {sender} account {account}")
    }
}

/// An account without its punctuation; what is hidden of it stays hidden.
pub(super) fn account_digits(account: &str) -> String {
    account.chars().filter(|sign| sign.is_alphanumeric() || *sign == '*').flat_map(char::to_uppercase).collect()
}
