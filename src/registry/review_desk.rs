//! Where people look at messages, check them and send them back.

use actix::Message;

use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::sms::{CheckInput, ResetInput, SmsDetail, SmsFilter, SmsItem};
use crate::domain::refusal::Refusal;

/// The actor.
#[derive(Debug)]
pub struct ReviewDesk;

/// A page of messages.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<SmsItem>, Refusal>")]
pub struct ListSms {
    /// Which messages.
    pub filter: SmsFilter,
    /// Which page.
    pub page: PageRequest,
}

/// One message with everything that is known of it.
#[derive(Debug, Message)]
#[rtype(result = "Result<SmsDetail, Refusal>")]
pub struct GetSms {
    /// Which.
    pub id: i64,
}

/// Sends messages back to `received`: 200 with `ResetDone`.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ResetSms {
    /// Who asks.
    pub caller: Caller,
    /// Which messages.
    pub input: ResetInput,
}

/// Writes an operator's check: 200 with the [`SmsDetail`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct CheckSms {
    /// Who checks.
    pub caller: Caller,
    /// Which message.
    pub id: i64,
    /// What is decided.
    pub input: CheckInput,
}
