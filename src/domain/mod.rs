//! Values and pure functions: no I/O, no clock, no actors. Everything a decision about money rests on is here.
//!
//! Uses nothing else of this crate; the store, the actors and the HTTP edge use it.

pub mod audit;
pub mod chain;
pub mod flags;
pub mod identity;
pub mod json_object;
pub mod matching;
pub mod money;
pub mod old_shooter;
pub mod order;
pub mod phone;
pub mod refusal;
pub mod retry;
pub mod rhythm;
pub mod sender;
pub mod sms;
pub mod source;
pub mod telegram_cursor;
pub mod template;
pub mod text;
pub mod text_enum;
pub mod time;
