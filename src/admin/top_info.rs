//! The counters of the top bar. They are asked of recon and of the wallet; what one of them cannot say stays as it was last
//! known, so that the bar is never empty because a peer is away.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::client::{Ask, Client};
use crate::clock::Clock;

/// The counters, and who is asked.
pub struct TopInfo {
    recon: Arc<Client>,
    wallet: Arc<Client>,
    clock: Clock,
    last: Mutex<Last>,
}

/// What was last known.
#[derive(Clone, Copy, Default)]
struct Last {
    need_check: u64,
    untrusted: u64,
    stale: u64,
    pending: u64,
    /// When recon last said so, in Unix seconds.
    as_of: Option<i64>,
    /// When the wallet last said so, in Unix seconds.
    wallet_as_of: Option<i64>,
}

/// The counters, and how they were come by.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// As `/top_info` answers them.
    pub top_info: Value,
    /// Whether all who were asked answered.
    pub answered: bool,
    /// Whether the wallet said how many recharges are open.
    pub wallet_available: bool,
    /// When it last did, in Unix seconds.
    pub wallet_as_of: Option<i64>,
}

impl TopInfo {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(recon: Arc<Client>, wallet: Arc<Client>, clock: Clock) -> Self {
        Self { recon, wallet, clock, last: Mutex::default() }
    }

    /// The counters now.
    pub async fn now(&self) -> Value {
        self.count(true).await.top_info
    }

    /// The counters now, and how they were come by; without asking recon, where it is known to be away.
    pub async fn count(&self, ask_recon: bool) -> Counted {
        let of_recon = async {
            let top_info = Ask::get("/internal/v2/top-info");
            if ask_recon { self.recon.call(&top_info).await.ok() } else { None }
        };
        let open = Ask::get("/internal/recharges").with("status", "open").with("count", true).with("limit", 1);
        let (of_recon, open) = tokio::join!(of_recon, self.wallet.call(&open));
        let of_recon = of_recon.filter(super::client::Answer::is_success).map(|answer| answer.body);
        let pending = open.ok().and_then(|answer| answer.body["total"].as_u64());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(body) = &of_recon {
            let count = |name: &str| body[name].as_u64().unwrap_or(0);
            last.need_check = count("sms_need_check_cnt");
            last.untrusted = count("shooter_device_untrusted_cnt");
            last.stale = count("loops_stale_cnt");
            last.as_of = Some(self.clock.now().0.div_euclid(1000));
        }
        if let Some(pending) = pending {
            last.pending = pending;
            last.wallet_as_of = Some(self.clock.now().0.div_euclid(1000));
        }
        let top_info = json!({
            "sms_need_check_cnt": last.need_check,
            "recharge_pending_cnt": last.pending,
            "shooter_device_untrusted_cnt": last.untrusted,
            "loops_stale_cnt": last.stale,
            "recon_available": of_recon.is_some(),
            "as_of": last.as_of,
        });
        Counted {
            top_info,
            answered: of_recon.is_some() == ask_recon && pending.is_some(),
            wallet_available: pending.is_some(),
            wallet_as_of: last.wallet_as_of,
        }
    }
}
