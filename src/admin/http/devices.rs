//! `/pushbullet/device/*` and `/shooter/device/*`.

use futures_util::future::LocalBoxFuture;
use serde_json::json;

use super::compat::Call;
use super::envelope::{Failure, Reply};
use super::peer::{page, write};
use crate::admin::client::Ask;
use crate::admin::frozen::{pushbullet_device, shooter_device};

const PUSHBULLET: &str = "/internal/v2/pushbullet/devices";
const SHOOTER: &str = "/internal/v2/shooter/devices";

type Answering = LocalBoxFuture<'static, Result<Reply, Failure>>;

/// The phones that are heard through Pushbullet.
pub fn list_pushbullet(mut call: Call) -> Answering {
    Box::pin(async move {
        let asked = call.params.page();
        call.params.done()?;
        page(&call.state.recon, || Ask::get(PUSHBULLET), asked, pushbullet_device::old).await
    })
}

/// Listens to one more.
pub fn add_pushbullet(mut call: Call) -> Answering {
    Box::pin(async move {
        let (name, token) = (call.params.needed_text("name"), call.params.secret("token"));
        let (iden, password) = (call.params.text("iden"), call.params.text("password"));
        let phone = call.params.text("phone");
        call.params.done()?;
        let device = pushbullet_device::new(&name, &token, iden, password, phone);
        let added = write(&call, Ask::post(PUSHBULLET, device), pushbullet_device::NAMES)
            .await
            .map_err(|failure| failure.current_as(pushbullet_device::old))?;
        Ok(Reply::Object(pushbullet_device::old(&added)))
    })
}

/// Stops listening to one.
pub fn delete_pushbullet(call: Call) -> Answering {
    delete(call, PUSHBULLET)
}

/// The phones that post their SMS.
pub fn list_shooter(mut call: Call) -> Answering {
    Box::pin(async move {
        let asked = call.params.page();
        call.params.done()?;
        let now = call.state.clock.now();
        page(&call.state.recon, || Ask::get(SHOOTER), asked, |device| shooter_device::old(device, now)).await
    })
}

/// Trusts a phone, or no longer.
pub fn trust_shooter(mut call: Call) -> Answering {
    Box::pin(async move {
        let (id, trusted) = (call.params.needed_integer("id"), call.params.needed_switch("trusted"));
        call.params.done()?;
        let trust = Ask::post(format!("{SHOOTER}/{id}/trust"), json!({"trusted": trusted}));
        let device = write(&call, trust, &[]).await?;
        Ok(Reply::Object(shooter_device::old(&device, call.state.clock.now())))
    })
}

/// Deletes a phone.
pub fn delete_shooter(call: Call) -> Answering {
    delete(call, SHOOTER)
}

/// Deletes the thing of that id.
pub(super) fn delete(mut call: Call, path: &'static str) -> Answering {
    Box::pin(async move {
        let id = call.params.needed_integer("id");
        call.params.done()?;
        write(&call, Ask::delete(format!("{path}/{id}")), &[]).await?;
        Ok(Reply::Object(json!({})))
    })
}
