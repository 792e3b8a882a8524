//! What must hold on any corpus.

use serde::Serialize;

use super::figures::{DayFigures, TextFigures};
use super::ratio::Ratio;

/// Recall of certain pairs and of texts, in per cent.
const RECALL_MIN: u64 = 99;

/// A goal and whether it is met.
#[derive(Clone, Debug, Serialize)]
pub struct Goal {
    /// What must hold.
    pub goal: &'static str,
    /// What was found.
    pub found: String,
    /// Whether it holds.
    pub met: bool,
}

pub(super) fn of(days: Option<&DayFigures>, texts: Option<&TextFigures>) -> Vec<Goal> {
    let none = |goal, count: u64| Goal { goal, found: count.to_string(), met: count == 0 };
    let recall =
        |goal, ratio: Ratio| Goal { goal, found: format!("{} %", ratio.shown()), met: ratio.is_at_least(RECALL_MIN) };
    let mut goals = Vec::new();
    if let Some(days) = days {
        goals.push(none("wrong credits: 0", days.wrong_credits));
        goals.push(none("double use: 0", days.double_use));
        goals.push(none("silent drops on days: 0", days.silent_drops));
        goals.push(recall("recall of certain pairs: at least 99 %", days.recall));
    }
    if let Some(texts) = texts {
        goals.push(none("wrong amounts: 0", texts.wrong_amounts));
        goals.push(none("negatives booked: 0", texts.negatives_booked));
        goals.push(none("silent drops of texts: 0", texts.silent_drops));
        goals.push(recall("recall of parsing: at least 99 %", texts.recall));
    }
    goals
}
