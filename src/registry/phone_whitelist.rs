//! Owns the phone whitelist: the senders whose texts are read.

use actix::Message;

use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::phone::{Phone, PhoneInput};
use crate::domain::refusal::Refusal;

/// The actor.
#[derive(Debug)]
pub struct PhoneWhitelist;

/// A page of the whitelist.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<Phone>, Refusal>")]
pub struct ListPhones {
    /// Which page.
    pub page: PageRequest,
}

/// Adds a sender: 201 with the [`Phone`]; 409 for one already there.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AddPhone {
    /// Who asks.
    pub caller: Caller,
    /// The sender.
    pub phone: PhoneInput,
}

/// Deletes a sender: 204.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct DeletePhone {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}
