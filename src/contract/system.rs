//! The service about itself: counters, audit, events.

use serde::{Deserialize, Serialize};

use crate::domain::money::Money;
use crate::domain::time::UnixMs;

/// The counters of the top bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TopInfo {
    /// Messages that somebody must look at.
    pub sms_need_check_cnt: u64,
    /// Deposits without an order.
    pub sms_unmatched_cnt: u64,
    /// Bank texts that no template reads.
    pub sms_unparsed_cnt: u64,
    /// Messages received today, in the operators' time zone.
    pub sms_today_cnt: u64,
    /// The day's deposits by currency.
    pub sms_today_amount: Vec<Money>,
    /// Devices that wait to be trusted.
    pub shooter_device_untrusted_cnt: u64,
    /// Loops that are not fresh.
    pub loops_stale_cnt: u64,
    /// When this was counted.
    pub as_of: UnixMs,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditView {
    /// 1, 2, 3 without gaps.
    pub id: i64,
    /// When.
    pub at: UnixMs,
    /// Who.
    pub operator: String,
    /// What was done: `phone.add`.
    pub action: String,
    /// To what: `phone/3`.
    pub subject: String,
    /// The particulars.
    pub detail: serde_json::Value,
    /// Hex of the SHA-256 over the previous hash and this entry.
    pub hash: String,
}

crate::text_enum! {
    /// What an operator does to an actor.
    pub enum Control {
        /// A new instance, also when the old one is dead or stuck.
        Restart = "restart",
        /// No instance until somebody starts it.
        Stop = "stop",
        /// An instance, where there is none.
        Start = "start",
    }
}

impl Control {
    /// How the audit says that it is done.
    #[must_use]
    pub const fn past(self) -> &'static str {
        match self {
            Self::Restart => "restarted",
            Self::Stop => "stopped",
            Self::Start => "started",
        }
    }
}

/// Which entries of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this operator.
    pub actor: Option<String>,
    /// About this subject.
    pub subject: Option<String>,
    /// At this time or later.
    pub from: Option<UnixMs>,
    /// Before this time.
    pub to: Option<UnixMs>,
}

/// An event of the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What `Last-Event-ID` names. None for events that are not stored (`actor.changed`, `top_info`).
    pub id: Option<i64>,
    /// sms.created, sms.updated, order.updated, device.changed, template.changed, phone.changed, actor.changed or top_info.
    pub kind: String,
    /// The small object.
    pub data: serde_json::Value,
}
