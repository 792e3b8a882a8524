//! What a request carries, read strictly: body, caller, query, ids. Whatever cannot be taken becomes a
//! [`Problem`](super::error::Problem).

mod body;
mod caller;
mod checks;
mod path;
mod query;

pub use body::{BodyLimit, Input, NoBody, RequestBody, Write, read_bytes};
pub use caller::{address_of, required_key};
pub use path::{int_id, text_id};
pub use query::{QueryReader, no_query};
