//! Owns the phone whitelist: the senders whose texts are read.

use std::time::Duration;

use actix::Message;

use super::fields::Fields;
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::phone::{Phone, PhoneInput};
use crate::domain::phone::comparable_sender;
use crate::domain::refusal::Refusal;
use crate::store::Store;
use crate::supervision::{Child, Context, Nudger, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "phone_whitelist";

/// How often messages are looked for that were being judged while their sender was added.
const PERIOD: Duration = Duration::from_mins(1);
/// How soon a round that failed is done again.
const AGAIN: Duration = Duration::from_secs(5);

/// The actor. Holds nothing but its store: the table is the whitelist.
#[derive(Debug)]
pub struct PhoneWhitelist {
    store: Store,
    /// Reads again what a new sender's messages wait for.
    whitelist_validator: Nudger,
}

impl PhoneWhitelist {
    /// The actor over `store`; `whitelist_validator` is woken by each new sender.
    #[must_use]
    pub fn new(store: Store, whitelist_validator: Nudger) -> Self {
        Self { store, whitelist_validator }
    }

    async fn add(&self, caller: &Caller, input: PhoneInput) -> Result<Answer, Refusal> {
        let answer = add(&self.store, caller, input).await?;
        self.whitelist_validator.nudge();
        Ok(answer)
    }
}

/// Adds a sender once its fields are right; whoever calls this wakes the validator.
///
/// # Errors
/// [`Refusal::Invalid`] where they are not; [`Refusal::There`] where the sender is there already; else where the store
/// cannot commit.
pub(crate) async fn add(store: &Store, caller: &Caller, mut input: PhoneInput) -> Result<Answer, Refusal> {
    let key = validate(&mut input)?;
    store.add_phone(caller, &input, &key).await
}

/// Trims the input's texts and answers the sender's comparable form.
fn validate(input: &mut PhoneInput) -> Result<String, Refusal> {
    let mut fields = Fields::default();
    fields.text("phone", &mut input.phone, 64);
    fields.optional_text("label", &mut input.label, 200);
    fields.optional_text("bank", &mut input.bank, 200);
    let key = comparable_sender(&input.phone);
    if !key.chars().any(char::is_alphanumeric) {
        fields.refuse("phone", "this is no sender: give a number such as 1588-1688, or an alphanumeric sender");
    }
    fields.done()?;
    Ok(key)
}

impl Child for PhoneWhitelist {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.store.revalidate_listed().await {
                Ok(found) => {
                    if found > 0 {
                        self.whitelist_validator.nudge();
                    }
                    cx.succeeded();
                    PERIOD
                }
                // Requests are answered all the same; health shows it once this loop's deadline is over.
                Err(error) => {
                    tracing::warn!(%error, "the phone whitelist could not look after rejected messages");
                    AGAIN
                }
            };
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, wait).await;
        }
    }
}

impl Serve<ListPhones> for PhoneWhitelist {
    fn serve<'a>(
        &'a mut self,
        msg: ListPhones,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<Phone>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.phone_page(msg.page).await?) })
    }
}

impl Serve<AddPhone> for PhoneWhitelist {
    fn serve<'a>(&'a mut self, msg: AddPhone, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.add(&msg.caller, msg.phone).await })
    }
}

impl Serve<DeletePhone> for PhoneWhitelist {
    fn serve<'a>(&'a mut self, msg: DeletePhone, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.store.delete_phone(&msg.caller, msg.id).await })
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn input(phone: &str) -> PhoneInput {
        PhoneInput { phone: phone.to_owned(), label: Some("  ".to_owned()), bank: None }
    }

    #[test]
    fn what_names_no_sender_is_refused_with_its_field() {
        for wrong in ["", "   ", "---", "(+)", "\u{200b}", &"1".repeat(65), "1588\u{0}1688"] {
            match validate(&mut input(wrong)) {
                Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, "phone", "{wrong:?}"),
                other => panic!("{wrong:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_sender_is_kept_trimmed_and_compared_in_any_writing() {
        let mut phone = input(" 1588-1688 ");
        assert_eq!(validate(&mut phone).unwrap(), "15881688");
        assert_eq!(phone.phone, "1588-1688");
        assert_eq!(phone.label, None, "a blank label is none");
        assert_eq!(validate(&mut input("KB Bank")).unwrap(), "kbbank");
    }
}
