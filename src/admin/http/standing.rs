//! `/recon/standing`: whether all is well, for the console's top bar.

use futures_util::future::LocalBoxFuture;
use serde_json::json;

use super::compat::Call;
use super::envelope::{Failure, Reply};

/// The counters with what they leave out: whether the wallet answers, since when its count stands, and what time it is here,
/// so that the console can tell how old they are whatever its own clock says.
pub fn standing(call: Call) -> LocalBoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(async move {
        let counted = call.state.top_info.count(true).await;
        Ok(Reply::Object(json!({
            "top_info": counted.top_info,
            "wallet_available": counted.wallet_available,
            "wallet_as_of": counted.wallet_as_of,
            "now": call.state.clock.now().0.div_euclid(1000),
        })))
    })
}
