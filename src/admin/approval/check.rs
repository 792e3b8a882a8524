//! What health says of approvals.

use futures_util::future::BoxFuture;

use crate::admin::store::AdminStore;
use crate::http::health::Check;

/// Whether any approval is stuck. Not critical: all others go on.
pub struct ApprovalsCheck(pub AdminStore);

impl Check for ApprovalsCheck {
    fn name(&self) -> &'static str {
        "approvals"
    }

    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async {
            let tally = self.0.intent_tally().await.map_err(|error| error.to_string())?;
            match tally.oldest.filter(|_| tally.stuck > 0) {
                Some(oldest) => Err(format!(
                    "{} approvals are stuck: the wallet has not said for more than 24 h what became of them, the oldest since \
                     {oldest}; they are still tried",
                    tally.stuck
                )),
                None => Ok(format!("{} approvals wait for the wallet's answer", tally.live())),
            }
        })
    }
}
