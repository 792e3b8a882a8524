//! `/shooter/phone/*` and `/shooter/template/*`: which senders' texts are read, and how.

use futures_util::future::LocalBoxFuture;

use super::compat::Call;
use super::devices::delete;
use super::envelope::{Failure, Reply};
use super::peer::{page, write};
use crate::admin::client::Ask;
use crate::admin::frozen::{phone, template};

const PHONES: &str = "/internal/v2/phones";
const TEMPLATES: &str = "/internal/v2/templates";

type Answering = LocalBoxFuture<'static, Result<Reply, Failure>>;

/// The phone whitelist.
pub fn list_phones(mut call: Call) -> Answering {
    Box::pin(async move {
        let asked = call.params.page();
        call.params.done()?;
        page(&call.state.recon, || Ask::get(PHONES), asked, phone::old).await
    })
}

/// Whitelists a sender.
pub fn add_phone(mut call: Call) -> Answering {
    Box::pin(async move {
        let number = call.params.needed_text("phone");
        let (bank, remark) = (call.params.text("bank"), call.params.text("remark"));
        call.params.done()?;
        let new = Ask::post(PHONES, phone::new(&number, bank.as_deref(), remark.as_deref()));
        let added = write(&call, new, phone::NAMES).await.map_err(|failure| failure.current_as(phone::old))?;
        Ok(Reply::Object(phone::old(&added)))
    })
}

/// Takes a sender off the whitelist.
pub fn delete_phone(call: Call) -> Answering {
    delete(call, PHONES)
}

/// The templates.
pub fn list_templates(mut call: Call) -> Answering {
    Box::pin(async move {
        let asked = call.params.page();
        call.params.done()?;
        page(&call.state.recon, || Ask::get(TEMPLATES), asked, template::old).await
    })
}

/// Adds a template: typed and on, where nothing else is said.
pub fn add_template(mut call: Call) -> Answering {
    Box::pin(async move {
        let (name, phone) = (call.params.needed_text("name"), call.params.needed_text("phone"));
        let pattern = call.params.secret("template");
        let kind = call.params.text("kind").unwrap_or_else(|| "typed".to_owned());
        let is_on = call.params.switch("status").unwrap_or(true);
        call.params.done()?;
        let new = template::new(&name, &phone, &pattern, &kind, is_on);
        let added = write(&call, Ask::post(TEMPLATES, new), template::NAMES).await?;
        Ok(Reply::Object(template::old(&added)))
    })
}

/// Deletes a template.
pub fn delete_template(call: Call) -> Answering {
    delete(call, TEMPLATES)
}
