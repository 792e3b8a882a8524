//! What the routes ask of the actors, one port an actor: a handle of the actor in the daemon, a fake in the tests.

use std::time::Duration;

use actix::Message;
use futures_util::future::LocalBoxFuture;

use crate::domain::refusal::Refusal;
use crate::pipeline::inbox::Deliver;
use crate::registry::actor_control::ControlActor;
use crate::registry::audit_log::ListAudit;
use crate::registry::device_registry::{AddDevice, DeleteDevice, EnrolDevice, FindDevice, ListDevices, TrustDevice};
use crate::registry::event_feed::Subscribe;
use crate::registry::order_book::{GetOrder, ListOrders, PutOrders};
use crate::registry::phone_whitelist::{AddPhone, DeletePhone, ListPhones};
use crate::registry::pushbullet_registry::{AddPushbullet, DeletePushbullet, ListPushbullet};
use crate::registry::review_desk::{AcceptBreak, CheckSms, GetSms, ListBreaks, ListSms, NoteRepeats, ResetSms};
use crate::registry::telegram_bots::{AddBot, DeleteBot, ListBots, SeeLoss, TakeUpdate};
use crate::registry::template_book::{AddTemplate, BacktestTemplate, DeleteTemplate, ListTemplates, ReplaceTemplate};
use crate::registry::template_book::{SuggestTemplate, TestTemplate};
use crate::registry::top_info::GetTopInfo;
use crate::supervision::{ActorStatus, AskError, Handle, Serve, Supervision};

use super::error::Problem;

/// How long an actor may take to answer; then the caller gets 503 and may ask again.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Somebody who answers one kind of message.
pub trait Ask<M: Message>: Send + Sync {
    /// Sends the message and waits for the answer, at most `within`.
    fn ask(&self, message: M, within: Duration) -> LocalBoxFuture<'_, Result<M::Result, AskError>>;
}

impl<C, M> Ask<M> for Handle<C>
where
    C: Serve<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn ask(&self, message: M, within: Duration) -> LocalBoxFuture<'_, Result<M::Result, AskError>> {
        Box::pin(Handle::ask(self, message, within))
    }
}

/// Asks, and turns both ways of not getting an answer into the one that is sent.
///
/// # Errors
/// The actor's refusal, or 503 where it cannot be reached in time.
pub async fn ask<M, T>(port: &(impl Ask<M> + ?Sized), message: M) -> Result<T, Problem>
where
    M: Message<Result = Result<T, Refusal>>,
{
    Ok(port.ask(message, ANSWER_WITHIN).await??)
}

macro_rules! port {
    ($(#[$meta:meta])* $name:ident: $first:ty $(, $message:ty)*) => {
        $(#[$meta])*
        pub trait $name: Ask<$first> $(+ Ask<$message>)* {}
        impl<T: Ask<$first> $(+ Ask<$message>)*> $name for T {}
    };
}

port! {
    /// The phone whitelist.
    Phones: ListPhones, AddPhone, DeletePhone
}
port! {
    /// The shooter devices.
    Devices: ListDevices, AddDevice, DeleteDevice, TrustDevice, EnrolDevice, FindDevice
}
port! {
    /// The Telegram bots.
    Bots: ListBots, AddBot, DeleteBot, SeeLoss, TakeUpdate
}
port! {
    /// The phones that are heard through Pushbullet.
    PushbulletDevices: ListPushbullet, AddPushbullet, DeletePushbullet
}
port! {
    /// The recharge templates.
    Templates: ListTemplates, AddTemplate, ReplaceTemplate, DeleteTemplate, TestTemplate, SuggestTemplate, BacktestTemplate
}
port! {
    /// The recharge orders.
    Orders: PutOrders, ListOrders, GetOrder
}
port! {
    /// The messages and their checks.
    Reviews: ListSms, GetSms, ResetSms, CheckSms, NoteRepeats, ListBreaks, AcceptBreak
}
port! {
    /// The counters of the top bar.
    Counters: GetTopInfo
}
port! {
    /// The audit log, and the control of actors that stands in it.
    Audits: ListAudit, ControlActor
}
port! {
    /// The event stream.
    Events: Subscribe
}
port! {
    /// Where deliveries are stored.
    Deliveries: Deliver
}

/// What supervision shows.
pub trait Actors: Send + Sync {
    /// Every actor as it stands.
    fn list(&self) -> Vec<ActorStatus>;
}

impl Actors for Supervision {
    fn list(&self) -> Vec<ActorStatus> {
        Supervision::list(self)
    }
}
