//! Keeps the actors alive: each child is a plain value made by a factory and run inside a shell, an actix actor.
//!
//! actix's own supervisor restarts only what stops in order: a panic takes the actor and its whole mailbox with it. Here
//! every piece of a child's work runs under `catch_unwind`; the mailbox stands outside the shell, so that neither the
//! child's crash nor the shell's death loses a queued message; and the supervisor, itself an actor of the same make,
//! compares what should run with what runs, so that a lost report costs nothing.
//!
//! It may use `domain`, `clock` and `text_enum!`; every actor, `http` and the composition root use it.

mod aftermath;
mod arbiters;
mod beside;
mod child;
mod context;
mod crash;
mod envelope;
mod handle;
mod instance;
mod keeper;
mod mailbox;
pub mod notify;
mod nudge;
mod park;
mod policy;
mod progress;
mod reconcile;
mod registry;
mod shell;
mod slot;
mod spec;
mod status;
mod supervisor;
#[cfg(test)]
mod tests;
pub mod watchdog;

pub use child::{Child, Serve, Serving};
pub use context::{Context, Woke};
pub use envelope::Envelope;
pub use handle::Handle;
pub use mailbox::AskError;
pub use nudge::Nudger;
pub use park::Park;
pub use policy::Policy;
pub use spec::{Placement, Spec};
pub use status::{ActorState, ActorStatus};
pub use supervisor::{Supervision, UnknownActor};
