//! The shapes of the service's contract: what requests carry and what answers show, as
//! `docs/reference/recon/recon-service-v2-surface.md` names them.
//!
//! Actors answer with these, HTTP only passes them on, the command line reads them. No logic beyond reading and writing.

pub mod caller;
pub mod chain;
pub mod device;
pub mod order;
pub mod page;
pub mod phone;
pub mod pushbullet;
pub mod sms;
pub mod system;
pub mod telegram;
pub mod template;
pub mod template_trial;
