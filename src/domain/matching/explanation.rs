//! Why a deposit was decided as it was: what is stored with the decision and shown to people.

use serde::{Deserialize, Serialize};

use super::ReadBy;

/// Candidates kept in an explanation; `candidates_total` counts them all.
pub const CANDIDATES_STORED_MAX: usize = 50;
/// Rivals named for a candidate; `rivals_total` counts them all.
pub const RIVALS_STORED_MAX: usize = 10;

crate::text_enum! {
    /// What a deposit and an order are compared by.
    pub enum Criterion {
        /// The currencies are equal.
        Currency = "currency",
        /// The amounts are equal.
        Amount = "amount",
        /// The accounts are equal, or one is unknown.
        Account = "account",
        /// The name or the reference says who paid.
        Payer = "payer",
        /// The deposit was made in the order's window, or near it.
        Time = "time",
    }
}

crate::text_enum! {
    /// What comparing by one criterion said.
    pub enum Verdict {
        /// They agree.
        Agrees = "agrees",
        /// One of them does not say.
        Unknown = "unknown",
        /// They differ.
        Differs = "differs",
    }
}

crate::text_enum! {
    /// What became of a candidate.
    pub enum CandidateVerdict {
        /// It is the order that was matched.
        Chosen = "chosen",
        /// It fits, but was not matched.
        Fits = "fits",
        /// It would fit, but another payment has it.
        Taken = "taken",
        /// Nothing says who paid; the rest fits.
        PayerUnknown = "payer_unknown",
        /// The payer fits, something else differs.
        Differs = "differs",
    }
}

/// One criterion with the values on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CriterionVerdict {
    /// What was compared.
    pub criterion: Criterion,
    /// What it said.
    pub verdict: Verdict,
    /// The deposit's value, as it stands in the text where it comes from there.
    pub deposit: Option<String>,
    /// The order's value.
    pub order: Option<String>,
    /// What the values alone do not show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An order that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Candidate {
    /// The order.
    pub order_id: String,
    /// What became of it.
    pub verdict: CandidateVerdict,
    /// Why, in plain English.
    pub reason: String,
    /// Every criterion, in the order of [`Criterion::ALL`].
    pub criteria: Vec<CriterionVerdict>,
    /// The smallest ids of other sms that compete for it or hold it, at most [`RIVALS_STORED_MAX`].
    pub rivals: Vec<i64>,
    /// How many there are.
    pub rivals_total: usize,
}

/// The best candidate that was not matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunnerUp {
    /// The order.
    pub order_id: String,
    /// Why it lost, in plain English.
    pub reason: String,
}

/// Why a deposit was decided as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// The rule that decided, with its version.
    #[schema(example = "unique-in-window/1")]
    pub rule: String,
    /// The template that had read the deposit; none in decisions of before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<i64>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_version: Option<i64>,
    /// The decision in one plain English sentence.
    pub summary: String,
    /// The orders that were looked at, best first, at most [`CANDIDATES_STORED_MAX`].
    pub candidates: Vec<Candidate>,
    /// How many there are.
    pub candidates_total: usize,
    /// Where an order was matched and others were looked at: the best of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<RunnerUp>,
}

impl Explanation {
    /// Of a link that a person made: no order was compared, so none is a candidate.
    #[must_use]
    pub fn by_hand(order_id: &str, operator: &str, template: Option<ReadBy>) -> Self {
        Self {
            rule: "by-hand/1".to_owned(),
            template_id: template.map(|template| template.id),
            template_version: template.map(|template| template.version),
            summary: format!("Operator {operator} linked it with order {order_id}."),
            candidates: Vec::new(),
            candidates_total: 0,
            runner_up: None,
        }
    }
}
