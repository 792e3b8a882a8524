//! `/recon/standing`: whether all is well, for the console's top bar.

use futures_util::future::LocalBoxFuture;
use serde_json::json;

use super::compat::Call;
use super::envelope::{Failure, Reply};
use crate::admin::approval::desk::Unresolved;
use crate::http::ports::ANSWER_WITHIN;

/// The counters with what they leave out: whether the wallet answers, since when its count stands, how recon and the wallet
/// say that they are, how many approvals are not resolved, how many of the edge's own loops are stale, and what time it is
/// here, so that the console can tell how old the counters are whatever its own clock says.
pub fn standing(call: Call) -> LocalBoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(async move {
        let state = &call.state;
        let (counted, recon, wallet) =
            tokio::join!(state.top_info.count(true), state.recon_health.now(), state.wallet_health.now());
        let approvals = state.approvals.ask(Unresolved, ANSWER_WITHIN).await;
        let approvals = approvals
            .ok()
            .and_then(Result::ok)
            .map(|tally| json!({"pending": tally.pending, "unknown": tally.unknown, "stuck": tally.stuck}));
        let own_stale = state.own_actors.list().iter().filter(|actor| !actor.fresh).count();
        Ok(Reply::Object(json!({
            "top_info": counted.top_info,
            "wallet_available": counted.wallet_available,
            "wallet_as_of": counted.wallet_as_of,
            "recon_health": recon,
            "wallet_health": wallet,
            "approvals": approvals,
            "edge_loops_stale_cnt": own_stale,
            "now": state.clock.now().0.div_euclid(1000),
        })))
    })
}
