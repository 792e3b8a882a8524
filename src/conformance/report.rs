//! What a run found: of each case, and which frozen routes were held against the contract.

use serde::Serialize;
use serde_json::{Value, json};

use super::case::Case;
use super::compare::Difference;
use super::routes::{FROZEN, frozen};
use super::session::Session;

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All is as it should be.
    Passed,
    /// Something differs.
    Failed,
    /// It could not be judged here, and why.
    Skipped(String),
    /// It is not meant for this kind of token but for that one.
    NotFor(Session),
    /// It could not be run at all, and why.
    Broken(String),
}

impl Verdict {
    /// In one word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped(_) => "skipped",
            Self::NotFor(_) => "not_for",
            Self::Broken(_) => "broken",
        }
    }

    /// Why, where it says so.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Skipped(why) | Self::Broken(why) => Some(why),
            _ => None,
        }
    }

    /// Whether the server was judged.
    #[must_use]
    pub const fn is_judged(&self) -> bool {
        matches!(self, Self::Passed | Self::Failed)
    }

    /// Whether the run fails by it.
    #[must_use]
    pub const fn is_bad(&self) -> bool {
        matches!(self, Self::Failed | Self::Broken(_))
    }
}

/// A difference with its answer, and the reason for which it is meant to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Which answer of the case, from 1.
    pub answer: usize,
    /// The difference.
    #[serde(flatten)]
    pub difference: Difference,
    /// Why it is meant to be; none: it is not.
    pub deliberate: Option<String>,
}

/// What came of a case with one kind of token.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The case.
    pub case: String,
    /// What it shows.
    pub summary: String,
    /// The kind of token.
    pub session: Session,
    /// What came of it.
    pub verdict: Verdict,
    /// What differs.
    pub found: Vec<Found>,
    /// Lists that were empty, so that no element was judged.
    pub vacuous: Vec<String>,
    /// The frozen routes that it calls.
    pub routes: Vec<&'static str>,
    /// How long it took.
    pub took_ms: u128,
}

impl Outcome {
    /// Of a case that has found nothing yet.
    #[must_use]
    pub fn new(case: &Case, session: Session) -> Self {
        let mut routes: Vec<&str> =
            case.entries.iter().filter_map(|entry| frozen(&entry.request.url)).map(|route| route.path).collect();
        routes.dedup();
        Self {
            case: case.name.clone(),
            summary: case.toml.summary.clone(),
            session,
            verdict: Verdict::Passed,
            found: Vec::new(),
            vacuous: Vec::new(),
            routes,
            took_ms: 0,
        }
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "case": self.case, "summary": self.summary, "session": self.session, "verdict": self.verdict.word(),
            "reason": self.verdict.reason(), "differences": self.found, "empty_lists": self.vacuous,
            "routes": self.routes, "took_ms": u64::try_from(self.took_ms).unwrap_or(u64::MAX),
        })
    }
}

/// How a frozen route is covered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The route behind its prefix.
    pub route: &'static str,
    /// `covered`, `skipped` (it has cases, none could run) or `uncovered` (it has none).
    pub coverage: &'static str,
    /// Cases that judged it.
    pub judged: Vec<String>,
    /// Cases that could not run.
    pub skipped: Vec<String>,
}

/// How the frozen routes are covered by these outcomes. `reads_only`: the others were left out on purpose.
#[must_use]
pub fn coverage(outcomes: &[Outcome], reads_only: bool) -> Vec<Coverage> {
    let names = |route: &str, judged: bool| {
        let of_route = outcomes.iter().filter(|outcome| outcome.routes.contains(&route));
        let wanted = of_route.filter(|outcome| match &outcome.verdict {
            Verdict::NotFor(_) => false,
            verdict => verdict.is_judged() == judged,
        });
        let mut names: Vec<String> = wanted.map(|outcome| outcome.case.clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    let routes = FROZEN.iter().filter(|route| !(reads_only && route.mutates));
    routes
        .map(|route| {
            let (judged, skipped) = (names(route.path, true), names(route.path, false));
            let coverage = match (judged.is_empty(), skipped.is_empty()) {
                (false, _) => "covered",
                (true, false) => "skipped",
                (true, true) => "uncovered",
            };
            Coverage { route: route.path, coverage, judged, skipped }
        })
        .collect()
}

/// The outcomes as JUnit XML.
#[must_use]
pub fn junit(outcomes: &[Outcome], coverage: &[Coverage]) -> String {
    use std::fmt::Write as _;
    let judged: Vec<&Outcome> =
        outcomes.iter().filter(|outcome| !matches!(outcome.verdict, Verdict::NotFor(_))).collect();
    let uncovered: Vec<&Coverage> = coverage.iter().filter(|route| route.coverage == "uncovered").collect();
    let count = |word: &str| judged.iter().filter(|outcome| outcome.verdict.word() == word).count();
    let (tests, failures) = (judged.len() + uncovered.len(), count("failed") + uncovered.len());
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let _ = writeln!(
        xml,
        "<testsuite name=\"recon contract\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{}\" skipped=\"{}\">",
        count("broken"),
        count("skipped")
    );
    for outcome in judged {
        let (case, session) = (escaped(&outcome.case), outcome.session);
        let (seconds, millis) = (outcome.took_ms / 1000, outcome.took_ms % 1000);
        let _ = write!(xml, "<testcase classname=\"{session}\" name=\"{case}\" time=\"{seconds}.{millis:03}\">");
        let why = outcome.verdict.reason().map(escaped).unwrap_or_default();
        match outcome.verdict.word() {
            "failed" => {
                let bad = outcome.found.iter().filter(|found| found.deliberate.is_none());
                let lines: Vec<String> = bad.map(|found| escaped(&sentence(found))).collect();
                let first = lines.first().cloned().unwrap_or_default();
                let _ = write!(xml, "<failure message=\"{first}\">{}</failure>", lines.join("\n"));
            }
            "broken" => drop(write!(xml, "<error message=\"{why}\"/>")),
            "skipped" => drop(write!(xml, "<skipped message=\"{why}\"/>")),
            _ => {}
        }
        xml.push_str("</testcase>\n");
    }
    for route in uncovered {
        let _ = writeln!(
            xml,
            "<testcase classname=\"coverage\" name=\"{}\"><failure message=\"no case covers this frozen route\"/></testcase>",
            escaped(route.route)
        );
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

/// A difference as a sentence.
#[must_use]
pub fn sentence(found: &Found) -> String {
    let Difference { at, what, .. } = &found.difference;
    match at.as_str() {
        "assert" | "capture" => format!("answer {}: {what}", found.answer),
        _ => format!("answer {}: {at} {what}", found.answer),
    }
}

/// A text within XML: markup escaped, and what XML cannot hold left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push(' '),
            c if c.is_control() => {}
            c => escaped.push(c),
        }
    }
    escaped
}
