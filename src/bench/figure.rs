//! One measured figure and what it is to reach.

/// A measured figure.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what: "messages/s", "ms", "x".
    pub unit: &'static str,
    /// What it is to reach; none: told to explain the others.
    pub target: Option<Target>,
}

/// What a figure is to reach.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// Not less.
    AtLeast(f64),
    /// Not more.
    AtMost(f64),
}

impl Figure {
    /// A figure without a target.
    #[must_use]
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, target: None }
    }

    /// With what it is to reach.
    #[must_use]
    pub fn to(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    /// Whether it reaches its target; none where it has none.
    #[must_use]
    pub fn passes(&self) -> Option<bool> {
        Some(match self.target? {
            Target::AtLeast(least) => self.value >= least,
            Target::AtMost(most) => self.value <= most,
        })
    }

    /// `PASS`, `MISS`, or nothing.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match self.passes() {
            Some(true) => "PASS",
            Some(false) => "MISS",
            None => "",
        }
    }

    /// The value for people: whole where large, with more places the smaller it is.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(self.value)
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, ">= {least}"),
            Self::AtMost(most) => write!(f, "<= {most}"),
        }
    }
}

fn shown(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_passes_at_its_target_and_misses_beyond_it() {
        let most = |value| Figure::new("list", value, "x").to(Target::AtMost(2.0)).verdict();
        let least = |value| Figure::new("rate", value, "x").to(Target::AtLeast(5.0)).verdict();
        assert_eq!([most(2.0), most(2.01), least(5.0), least(4.99)], ["PASS", "MISS", "PASS", "MISS"]);
        assert_eq!(Figure::new("rate", 1.0, "x").verdict(), "");
    }

    #[test]
    fn small_values_keep_their_places() {
        assert_eq!([shown(146_750.4), shown(58.23), shown(0.251)], ["146750", "58.2", "0.25"]);
    }
}
