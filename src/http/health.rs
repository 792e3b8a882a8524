//! Whether all is well: judged from what the loops show and what the checks say.

use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;

use crate::supervision::{ActorState, ActorStatus};

/// A check that has not answered by then has failed.
const CHECK_WITHIN: Duration = Duration::from_secs(3);

crate::text_enum! {
    /// How the process is.
    pub enum HealthStatus {
        /// Everything works.
        Healthy = "healthy",
        /// Something that others do not need does not work.
        Degraded = "degraded",
        /// Something that everything needs does not work.
        Unhealthy = "unhealthy",
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CheckResult {
    /// What was checked: `store`, `heartbeat`.
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// Whether everything needs it.
    pub critical: bool,
    /// What was found, in one sentence.
    pub detail: String,
}

/// Something that health asks besides the actors.
pub trait Check: Send + Sync {
    /// What is checked: `store`, `heartbeat`.
    fn name(&self) -> &'static str;
    /// Whether everything needs it.
    fn critical(&self) -> bool;
    /// What was found, in one sentence: `Ok` when it is well.
    fn run(&self) -> BoxFuture<'_, Result<String, String>>;
}

/// The answer of `/healthz`.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// How the process is.
    pub status: HealthStatus,
    /// Every actor.
    pub loops: Vec<ActorStatus>,
    /// What else was checked.
    pub checks: Vec<CheckResult>,
}

/// Runs every check, all at once.
pub async fn run_checks(checks: &[std::sync::Arc<dyn Check>]) -> Vec<CheckResult> {
    join_all(checks.iter().map(|check| async move {
        let found = tokio::time::timeout(CHECK_WITHIN, check.run()).await;
        let (ok, detail) = match found {
            Ok(Ok(detail)) => (true, detail),
            Ok(Err(detail)) => (false, detail),
            Err(_) => (false, format!("no answer within {} s", CHECK_WITHIN.as_secs())),
        };
        CheckResult { name: check.name().to_owned(), ok, critical: check.critical(), detail }
    }))
    .await
}

/// Judges: unhealthy as soon as anything critical does not work, degraded as soon as anything else does not.
#[must_use]
pub fn judge(loops: Vec<ActorStatus>, checks: Vec<CheckResult>) -> Health {
    let loops_status = loops.iter().map(|actor| if works(actor) { HealthStatus::Healthy } else { bad(actor.critical) });
    let checks_status = checks.iter().map(|check| if check.ok { HealthStatus::Healthy } else { bad(check.critical) });
    let status = loops_status.chain(checks_status).max().unwrap_or(HealthStatus::Healthy);
    Health { status, loops, checks }
}

const fn bad(critical: bool) -> HealthStatus {
    if critical { HealthStatus::Unhealthy } else { HealthStatus::Degraded }
}

/// A fresh loop runs or starts, and gets its work done within its deadline.
fn works(actor: &ActorStatus) -> bool {
    actor.fresh && !matches!(actor.state, ActorState::Parked | ActorState::Stopped)
}
