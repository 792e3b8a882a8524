//! Counts what the top bar shows.

use actix::Message;

use crate::contract::system::TopInfo;
use crate::domain::refusal::Refusal;

/// The actor.
#[derive(Debug)]
pub struct TopInfoBoard;

/// The counters, at most a second old.
#[derive(Debug, Message)]
#[rtype(result = "Result<TopInfo, Refusal>")]
pub struct GetTopInfo;
