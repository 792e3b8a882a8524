//! Shares of whole numbers: for people as per cent, for machines as a number, and compared without rounding.

use serde::{Serialize, Serializer};

/// `part` of `whole`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
}

impl Ratio {
    /// `part` of `whole`.
    #[must_use]
    pub const fn of(part: u64, whole: u64) -> Self {
        Self { part, whole }
    }

    /// Whether it is `per_cent` or more; nothing of nothing is enough.
    #[must_use]
    pub const fn is_at_least(self, per_cent: u64) -> bool {
        self.part.saturating_mul(100) >= self.whole.saturating_mul(per_cent)
    }

    /// In tenths of a per cent, rounded down, so that only all of all is 100.0.
    #[must_use]
    pub fn shown(self) -> String {
        if self.whole == 0 {
            return "-".to_owned();
        }
        let permille = self.part.saturating_mul(1_000) / self.whole;
        format!("{}.{}", permille / 10, permille % 10)
    }
}

impl Serialize for Ratio {
    /// A number from 0 to 1; null for a part of nothing.
    #[allow(
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "a figure for people, of counts, not of money"
    )]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let share = (self.whole > 0).then(|| self.part as f64 / self.whole as f64);
        share.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_rounded_up_to_a_goal() {
        assert_eq!(Ratio::of(1_999, 2_000).shown(), "99.9");
        assert_eq!(Ratio::of(2_000, 2_000).shown(), "100.0");
        assert_eq!(Ratio::of(0, 0).shown(), "-");
        assert!(Ratio::of(99, 100).is_at_least(99) && Ratio::of(0, 0).is_at_least(99));
        assert!(!Ratio::of(989, 1_000).is_at_least(99));
        assert_eq!(serde_json::to_string(&[Ratio::of(1, 4), Ratio::of(0, 0)]).unwrap(), "[0.25,null]");
    }
}
