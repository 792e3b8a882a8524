//! Reads of two servers side by side: what the new one answers otherwise than the old one.
//!
//! The old one is asked twice, before and after the new one. What differs between its own two answers is noise of its own.

use serde::Serialize;
use serde_json::Value;

use super::case::{Case, expected_body};
use super::compare::{About, Aliases, Comparison, Difference};
use super::headers;
use super::hurl::{Entry, Variables, check, names_in};
use super::noise::{Noise, Rule};
use super::profile::Expected;
use super::report::{Found, Verdict};
use super::routes::only_reads;
use super::server::Server;
use super::session::Session;
use super::wire::Answer;

/// One of the two, and how it is spoken to.
#[derive(Debug)]
pub struct Side {
    /// The server.
    pub server: Server,
    /// The operator's token there.
    pub token: Option<String>,
}

/// What came of one case.
#[derive(Debug, Serialize)]
pub struct Compared {
    /// The case.
    pub case: String,
    /// `same`, `differs`, `skipped` or `broken`.
    pub verdict: &'static str,
    /// Why it was skipped or could not be run.
    pub reason: Option<String>,
    /// What differs.
    pub differences: Vec<Found>,
    /// Where the old server differed from itself.
    pub learned: Vec<String>,
}

impl Compared {
    fn told(case: &Case, verdict: &'static str, reason: Option<String>) -> Self {
        Self { case: case.name.clone(), verdict, reason, differences: Vec::new(), learned: Vec::new() }
    }
}

/// Compares what two servers answer to a case. A case that may change something is never fired.
pub async fn compare(case: &Case, old: &Side, new: &Side, given: &Variables, now: i64) -> Compared {
    if case.toml.mutates {
        return Compared::told(case, "skipped", Some("it changes something, so it is fired at neither".to_owned()));
    }
    if case.toml.session.is_some_and(|session| session != Session::Fresh) {
        return Compared::told(case, "skipped", Some("it is about a token that ends".to_owned()));
    }
    let mut done = Compared::told(case, "same", None);
    let mut variables = Both { old: with_token(given, old, now), new: with_token(given, new, now) };
    for (nth, entry) in case.entries.iter().enumerate() {
        match step(case, nth + 1, entry, (old, new), &mut variables, &mut done).await {
            Ok(()) => {}
            Err(Verdict::Skipped(why)) => return Compared::told(case, "skipped", Some(why)),
            Err(verdict) => return Compared::told(case, "broken", verdict.reason().map(str::to_owned)),
        }
    }
    if done.differences.iter().any(|found| found.deliberate.is_none()) {
        done.verdict = "differs";
    }
    done
}

struct Both {
    old: Variables,
    new: Variables,
}

fn with_token(given: &Variables, side: &Side, now: i64) -> Variables {
    let mut variables = given.clone();
    variables.set("base_url", Value::from(side.server.base_url.as_str()));
    variables.set("now", Value::from(now));
    // Reads alone are fired, so that this names nothing on either.
    variables.set("unique", Value::from((10_000_000 + now.rem_euclid(90_000_000)).to_string()));
    if let Some(token) = &side.token {
        variables.set("token", Value::from(token.as_str()));
    }
    variables
}

async fn step(
    case: &Case,
    nth: usize,
    entry: &Entry,
    (old, new): (&Side, &Side),
    variables: &mut Both,
    done: &mut Compared,
) -> Result<(), Verdict> {
    let request = &entry.request;
    // Read again here, whatever the TOML says: this is the one place from which two servers are asked.
    if !only_reads(&request.method, &request.url) {
        return Err(Verdict::Skipped("it changes something, so it is fired at neither".to_owned()));
    }
    let texts =
        request.headers.iter().chain(&request.query).map(|(_, value)| value).chain([&request.url]).chain(&request.body);
    let mut names = texts.flat_map(|text| names_in(text));
    if let Some(name) = names.find(|name| !variables.old.has(name) || !variables.new.has(name)) {
        return Err(Verdict::Skipped(format!("it needs the variable {name}")));
    }
    let status = entry.answered.as_ref().and_then(|answered| answered.status).unwrap_or(200);
    let ask = async |side: &Side, variables: &Variables| {
        let body = case.toml.answer.get(nth - 1).and_then(|answer| expected_body(answer, variables).ok());
        let expected = body.map(|body| Expected { status, body, session: Session::Fresh });
        side.server.ask(request, variables, expected.as_ref()).await.map_err(Verdict::Broken)
    };
    let first = ask(old, &variables.old).await?;
    let other = ask(new, &variables.new).await?;
    let second = ask(old, &variables.old).await?;
    let learned = learn(&first, &second, nth);
    done.learned.extend(learned.iter().map(|noise| format!("answer {nth}: {}", noise.at)));
    let mut found = Vec::new();
    if first.status != other.status {
        let what = format!("is {}, and {} with the old server", other.status, first.status);
        found.push(Difference::outside(About::Status, "status", what));
    }
    found.extend(headers::between(&first, &other));
    found.extend(bodies(case, nth, &first, &other, &learned));
    done.differences.extend(found.into_iter().map(|difference| {
        let deliberate = case.deliberate(&difference.at, difference.path.as_ref()).map(str::to_owned);
        Found { answer: nth, difference, deliberate }
    }));
    let captures = entry.answered.iter().flat_map(|answered| &answered.captures);
    for (name, query) in captures {
        for (variables, answer) in [(&mut variables.old, &first), (&mut variables.new, &other)] {
            if let Some(value) = check::take(query, answer) {
                variables.set(name, value);
            }
        }
    }
    Ok(())
}

/// What an old server answers otherwise from one time to the next.
fn learn(first: &Answer, second: &Answer, nth: usize) -> Vec<Noise> {
    let (Some(one), Some(other)) = (&first.body, &second.body) else { return Vec::new() };
    let (differences, _) = Comparison::new(&[], &mut Aliases::default(), nth).of(one, other);
    let learn = |difference: &Difference| {
        let path = difference.path.clone()?;
        Some(Noise::learned(path, difference.about == About::Value))
    };
    differences.iter().filter_map(learn).collect()
}

/// Two servers hold the same rows, so that their values are compared: of the case's rules those that are left say what may
/// differ between two servers all the same.
fn bodies(case: &Case, nth: usize, old: &Answer, new: &Answer, learned: &[Noise]) -> Vec<Difference> {
    let between =
        |noise: &&Noise| matches!(noise.rule, Rule::Ignore | Rule::UnorderedBy(_) | Rule::Tolerance(_) | Rule::Alias);
    let noise: Vec<Noise> = case.noise.iter().filter(between).chain(learned).cloned().collect();
    match (&old.body, &new.body) {
        (Some(old), Some(new)) => Comparison::new(&noise, &mut Aliases::default(), nth).of(old, new).0,
        (None, None) => Vec::new(),
        (Some(_), None) => vec![Difference::outside(About::Shape, "$", "is no JSON")],
        (None, Some(_)) => vec![Difference::outside(About::Shape, "$", "is JSON, and none with the old server")],
    }
}
