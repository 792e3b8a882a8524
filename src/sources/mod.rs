//! Where messages come from: one folder a kind of source, each with its wire formats as pure decoders.
//!
//! Phones that post to us need no loop: `http` decodes what they send with [`shooter`]. The others are listened to, each by
//! supervised loops of its own; [`roster`] makes those follow the rows. Loops use `store`, `supervision` and the inbox;
//! decoders use `domain` alone.

pub mod claim;
pub mod family;
pub mod pushbullet;
pub mod roster;
pub mod shooter;
pub mod telegram;
