//! Owns the phones that are heard through Pushbullet. What runs them is the roster's, which follows the rows.

use actix::Message;

use super::fields::Fields;
use crate::bus::Fleet;
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::pushbullet::{PushbulletDevice, PushbulletDeviceInput};
use crate::domain::refusal::Refusal;
use crate::sources::family::loop_id;
use crate::sources::pushbullet::LISTENER;
use crate::store::Store;
use crate::supervision::{ActorState, ActorStatus, Child, Context, Nudger, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "pushbullet_registry";

/// The actor.
#[derive(Debug)]
pub struct PushbulletRegistry {
    store: Store,
    /// How the loops stand, in whichever process.
    fleet: Fleet,
    roster: Nudger,
}

impl PushbulletRegistry {
    /// The actor over `store`, which wakes the roster at every change.
    #[must_use]
    pub fn new(store: Store, fleet: Fleet, roster: Nudger) -> Self {
        Self { store, fleet, roster }
    }

    async fn add(&self, caller: &Caller, mut input: PushbulletDeviceInput) -> Result<Answer, Refusal> {
        validate(&mut input)?;
        let answer = self.store.add_pushbullet(caller, &input).await?;
        self.roster.nudge();
        Ok(answer)
    }

    async fn delete(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let answer = self.store.delete_pushbullet(caller, id).await?;
        self.roster.nudge();
        Ok(answer)
    }
}

/// Says what the listener of a phone is doing.
fn with_state(device: &mut PushbulletDevice, actors: &[ActorStatus]) {
    let id = loop_id(LISTENER, device.id);
    let Some(actor) = actors.iter().find(|actor| device.enabled && actor.id == id) else { return };
    actor.state.as_str().clone_into(&mut device.state);
    if matches!(actor.state, ActorState::Parked | ActorState::Backoff) {
        device.last_error.clone_from(&actor.last_error);
    }
}

/// Trims the input's texts and checks them.
fn validate(input: &mut PushbulletDeviceInput) -> Result<(), Refusal> {
    let mut fields = Fields::default();
    fields.text("name", &mut input.name, 100);
    fields.text_if_given("line", &mut input.line, 64);
    let is_plain =
        |text: &str, longest: usize| (1..=longest).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if !is_plain(&input.access_token, 256) {
        fields.refuse("access_token", "must have 1 to 256 printable ASCII characters without spaces");
    }
    // They stand in the paths of calls.
    let is_iden =
        |iden: &str| is_plain(iden, 64) && iden.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if input.device_iden.as_deref().is_some_and(|iden| !is_iden(iden)) {
        fields.refuse("device_iden", "must have 1 to 64 letters, digits, `_` or `-`");
    }
    if let Some(password) = &input.encryption_password {
        let length = password.chars().count();
        if length == 0 || length > 256 {
            fields.refuse("encryption_password", "must have 1 to 256 characters");
        }
    }
    fields.done()
}

impl Child for PushbulletRegistry {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        cx.serve_forever(self).await
    }
}

impl Serve<ListPushbullet> for PushbulletRegistry {
    fn serve<'a>(
        &'a mut self,
        msg: ListPushbullet,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<PushbulletDevice>, Refusal>> {
        let (store, fleet) = (self.store.clone(), self.fleet.clone());
        Serving::detached(async move {
            let mut page = store.pushbullet_page(msg.page).await?;
            let actors = fleet.list();
            page.items.iter_mut().for_each(|device| with_state(device, &actors));
            Ok(page)
        })
    }
}

impl Serve<AddPushbullet> for PushbulletRegistry {
    fn serve<'a>(&'a mut self, msg: AddPushbullet, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.add(&msg.caller, msg.device).await })
    }
}

impl Serve<DeletePushbullet> for PushbulletRegistry {
    fn serve<'a>(
        &'a mut self,
        msg: DeletePushbullet,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.delete(&msg.caller, msg.id).await })
    }
}

/// A page of the phones.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<PushbulletDevice>, Refusal>")]
pub struct ListPushbullet {
    /// Which page.
    pub page: PageRequest,
}

/// Adds a phone: 201 with the [`PushbulletDevice`]. It is listened to at once.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AddPushbullet {
    /// Who asks.
    pub caller: Caller,
    /// The phone.
    pub device: PushbulletDeviceInput,
}

/// Deletes a phone: 204. It is listened to no longer; its messages stay.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct DeletePushbullet {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> PushbulletDeviceInput {
        PushbulletDeviceInput {
            name: " counter-1 ".to_owned(),
            access_token: "o.token-of-the-tests".to_owned(),
            device_iden: Some("ujzAbc".to_owned()),
            encryption_password: None,
            line: None,
            enabled: None,
        }
    }

    #[test]
    fn what_cannot_be_a_phone_is_refused_by_field() {
        let mut good = input();
        validate(&mut good).unwrap();
        assert_eq!((good.name.as_str(), good.line), ("counter-1", None));
        let cases: [(PushbulletDeviceInput, &str); 6] = [
            (PushbulletDeviceInput { name: " ".to_owned(), ..input() }, "name"),
            (PushbulletDeviceInput { access_token: String::new(), ..input() }, "access_token"),
            (PushbulletDeviceInput { access_token: "a b".to_owned(), ..input() }, "access_token"),
            (PushbulletDeviceInput { device_iden: Some("../users/me".to_owned()), ..input() }, "device_iden"),
            (PushbulletDeviceInput { encryption_password: Some(String::new()), ..input() }, "encryption_password"),
            (PushbulletDeviceInput { line: Some("x".repeat(65)), ..input() }, "line"),
        ];
        for (mut case, field) in cases {
            match validate(&mut case) {
                Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, field),
                other => panic!("{field}: {other:?}"),
            }
        }
    }
}
