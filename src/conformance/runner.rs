//! Runs cases against a server.

use std::collections::BTreeMap;

use serde_json::Value;

use super::case::{AnswerToml, Case, expected_body};
use super::compare::{About, Aliases, Comparison, Difference};
use super::hurl::{Answered, Entry, Request, Variables, check};
use super::profile::Expected;
use super::report::{Found, Outcome, Verdict};
use super::session::{Session, unauthenticated};
use super::wire::Answer;
use super::{headers, server::Server};
use crate::clock::Clock;

/// What the cases of a run have in common.
#[derive(Debug)]
pub struct Run<'a> {
    /// The server that is judged.
    pub server: &'a Server,
    /// How states are made; none: they cannot be.
    pub states: Option<&'a Server>,
    /// The files of the states, by name.
    pub state_files: &'a BTreeMap<String, Vec<Entry>>,
    /// What was given on the command line.
    pub variables: &'a Variables,
    /// The tokens there are.
    pub tokens: &'a BTreeMap<Session, String>,
    /// The time.
    pub clock: &'a Clock,
}

/// What came of one answer.
struct Judged {
    found: Vec<Found>,
    vacuous: Vec<String>,
    /// Whether the case ends here.
    last: bool,
}

impl Run<'_> {
    /// Runs these cases with each kind of token.
    pub async fn all(&self, cases: &[Case], kinds: &[Session]) -> Vec<Outcome> {
        // What a case makes is told apart from what others made, on this run and on earlier ones.
        let mut unique = u64::from(rand::random::<u32>() % 80_000_000) + 10_000_000;
        let mut outcomes = Vec::new();
        for kind in kinds {
            for case in cases {
                outcomes.push(self.case(case, *kind, unique).await);
                unique += 1;
            }
        }
        outcomes
    }

    /// Runs a case with one kind of token. `unique` tells it apart from every other run.
    pub async fn case(&self, case: &Case, session: Session, unique: u64) -> Outcome {
        let began = tokio::time::Instant::now();
        let mut outcome = Outcome::new(case, session);
        match self.prepared(case, session, unique).await {
            Err(verdict) => outcome.verdict = verdict,
            Ok(mut variables) => {
                if let Err(error) = self.fire(case, session, &mut variables, &mut outcome).await {
                    outcome.verdict = Verdict::Broken(error);
                } else if outcome.found.iter().any(|found| found.deliberate.is_none()) {
                    outcome.verdict = Verdict::Failed;
                }
            }
        }
        outcome.took_ms = began.elapsed().as_millis();
        outcome
    }

    /// The variables of a case once its state is made.
    pub async fn prepared(&self, case: &Case, session: Session, unique: u64) -> Result<Variables, Verdict> {
        let mut variables = self.variables.clone();
        variables.set("base_url", Value::from(self.server.base_url.as_str()));
        let now = self.clock.now();
        variables.set("now", Value::from(now.0 / 1000));
        variables.set("now_rfc3339", Value::from(now.to_string()));
        variables.set("unique", Value::from(unique.to_string()));
        if let Some(token) = self.tokens.get(&session) {
            variables.set("token", Value::from(token.as_str()));
        }
        if let Some(only) = case.toml.session.filter(|only| *only != session) {
            return Err(Verdict::NotFor(only));
        }
        if session != Session::Fresh && !case.entries.iter().any(Case::sends_token) {
            return Err(Verdict::NotFor(Session::Fresh));
        }
        // An expired token reaches nothing, so that nothing needs to be there.
        let state = case.toml.state.as_deref().filter(|_| session != Session::Expired);
        if let Some(state) = state {
            self.make_state(case, state, &mut variables).await?;
        } else if session == Session::Expired {
            stand_in(case, &mut variables);
        }
        match needed(&case.entries).into_iter().find(|name| !variables.has(name)) {
            Some(name) => Err(Verdict::Skipped(format!("it needs the variable {name}"))),
            None => Ok(variables),
        }
    }

    async fn make_state(&self, case: &Case, name: &str, variables: &mut Variables) -> Result<(), Verdict> {
        let Some(entries) = self.state_files.get(name) else {
            return Err(Verdict::Broken(format!("there is no state {name}")));
        };
        let captures =
            entries.iter().filter_map(|entry| entry.answered.as_ref()).flat_map(|answered| &answered.captures);
        let names: Vec<&str> = captures.map(|(name, _)| name.as_str()).collect();
        let mut of_state = needed(&case.entries).into_iter().filter(|name| names.contains(&name.as_str())).peekable();
        // What somebody names is there already.
        if of_state.peek().is_some() && of_state.all(|name| variables.has(&name)) {
            return Ok(());
        }
        let Some(recon) = self.states else {
            let why = format!("the state {name} cannot be made here: give --recon-url, or its variables");
            return if case.toml.runs_without_state { Ok(()) } else { Err(Verdict::Skipped(why)) };
        };
        recon.lend(variables);
        for entry in entries {
            let told = self.make_step(recon, entry, variables).await;
            told.map_err(|error| Verdict::Broken(format!("the state {name}, line {}: {error}", entry.line)))?;
        }
        Ok(())
    }

    async fn make_step(&self, recon: &Server, entry: &Entry, variables: &mut Variables) -> Result<(), String> {
        let mut left = entry.request.options.retry;
        loop {
            let answer = recon.ask(&entry.request, variables, None).await?;
            let Some(answered) = &entry.answered else { return Ok(()) };
            let failures = check::failures(answered, &answer, variables, |_| false);
            let taken = if failures.is_empty() { capture(answered, &answer, variables) } else { Ok(()) };
            match (failures.first(), taken) {
                (None, Ok(())) => return Ok(()),
                (failure, taken) if left == 0 => {
                    let why = failure.cloned().or(taken.err()).unwrap_or_default();
                    // No more of the body: the answers of a state may hold tokens.
                    let detail = answer.body.as_ref().and_then(|body| body.get("detail")?.as_str()).unwrap_or_default();
                    return Err(format!("{why} ({} {detail})", answer.status));
                }
                _ => {}
            }
            left -= 1;
            tokio::time::sleep(entry.request.options.retry_interval).await;
        }
    }

    async fn fire(
        &self,
        case: &Case,
        session: Session,
        variables: &mut Variables,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        let mut aliases = Aliases::default();
        for (nth, (entry, expected)) in case.entries.iter().zip(&case.toml.answer).enumerate() {
            let nth = nth + 1;
            let mut left = entry.request.options.retry;
            let wanted = wanted(entry, expected, session, variables)?;
            let judged = loop {
                let answer = self.server.ask(&entry.request, variables, Some(&wanted)).await?;
                let renews = self.server.renews();
                let judged = judge(case, nth, (entry, expected), (&wanted, renews), &answer, (variables, &mut aliases));
                if left == 0 || judged.found.iter().all(|found| found.deliberate.is_some()) {
                    break judged;
                }
                left -= 1;
                tokio::time::sleep(entry.request.options.retry_interval).await;
            };
            outcome.found.extend(judged.found);
            outcome.vacuous.extend(judged.vacuous);
            if judged.last {
                break;
            }
        }
        Ok(())
    }
}

/// What is expected of an answer with this kind of token.
fn wanted(entry: &Entry, expected: &AnswerToml, session: Session, variables: &Variables) -> Result<Expected, String> {
    if session == Session::Expired && Case::sends_token(entry) {
        let (status, body) = unauthenticated();
        return Ok(Expected { status, body, session });
    }
    let status = entry.answered.as_ref().and_then(|answered| answered.status).unwrap_or(200);
    Ok(Expected { status, body: expected_body(expected, variables)?, session })
}

/// Judges the nth answer of a case, and takes from it what later requests need.
fn judge(
    case: &Case,
    nth: usize,
    (entry, expected): (&Entry, &AnswerToml),
    (wanted, renews): (&Expected, bool),
    answer: &Answer,
    (variables, aliases): (&mut Variables, &mut Aliases),
) -> Judged {
    let (session, body) = (wanted.session, &wanted.body);
    let refused = session == Session::Expired && Case::sends_token(entry);
    let any_status = !refused && entry.answered.as_ref().is_none_or(|answered| answered.status.is_none());
    let mut found = Vec::new();
    if !any_status && wanted.status != answer.status {
        let what = format!("is {}, not {}", answer.status, wanted.status);
        found.push(Difference::outside(About::Status, "status", what));
    }
    let renews = renews && session == Session::Expiring && Case::sends_token(entry);
    found.extend(headers::differences(answer, expected, renews));
    let mut vacuous = Vec::new();
    match &answer.body {
        None => found.push(Difference::outside(About::Shape, "$", "is no JSON")),
        Some(seen) if refused => found.extend(refusal(body, seen)),
        Some(seen) => {
            let (differences, empty) = Comparison::new(&case.noise, aliases, nth).of(body, seen);
            found.extend(differences);
            vacuous.extend(empty.iter().map(ToString::to_string));
        }
    }
    let mut last = refused;
    if let Some(answered) = entry.answered.as_ref().filter(|_| !refused) {
        let own = |name: &str| headers::is_judged(name);
        let told = check::failures(&without_status(answered), answer, variables, own);
        found.extend(told.into_iter().map(|what| Difference::outside(About::Assert, "assert", what)));
        if let Err(what) = capture(answered, answer, variables) {
            found.push(Difference::outside(About::Assert, "capture", what));
            last = true;
        }
    }
    let found = found.into_iter().map(|difference| {
        let deliberate = case.deliberate(&difference.at, difference.path.as_ref()).map(str::to_owned);
        Found { answer: nth, difference, deliberate }
    });
    Judged { found: found.collect(), vacuous, last }
}

/// The status is judged before, with the session in mind.
fn without_status(answered: &Answered) -> Answered {
    Answered { status: None, ..answered.clone() }
}

/// The differences of a refusal: its message may be any text.
fn refusal(expected: &Value, seen: &Value) -> Vec<Difference> {
    let any = super::noise::Noise::learned(super::path::Path(vec![super::path::Step::Key("msg".to_owned())]), true);
    Comparison::new(&[any], &mut Aliases::default(), 1).of(expected, seen).0
}

fn capture(answered: &Answered, answer: &Answer, variables: &mut Variables) -> Result<(), String> {
    for (name, query) in &answered.captures {
        let value =
            check::take(query, answer).ok_or_else(|| format!("{name} cannot be taken: there is no such value"))?;
        variables.set(name, value);
    }
    Ok(())
}

/// The variables that a case needs from outside.
fn needed(entries: &[Entry]) -> Vec<String> {
    let (mut taken, mut needed): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    for entry in entries {
        let names = names_of(&entry.request);
        needed.extend(names.into_iter().filter(|name| !taken.contains(&name.as_str())));
        let captures = entry.answered.iter().flat_map(|answered| &answered.captures);
        taken.extend(captures.map(|(name, _)| name.as_str()));
    }
    needed
}

fn names_of(request: &Request) -> Vec<String> {
    let pairs = request.headers.iter().chain(&request.query).flat_map(|(name, value)| [name, value]);
    let texts = pairs.chain([&request.url]).chain(&request.body);
    texts.flat_map(|text| super::hurl::names_in(text)).map(str::to_owned).collect()
}

/// For an answer that is 401 whatever is asked, any value does.
fn stand_in(case: &Case, variables: &mut Variables) {
    for name in needed(&case.entries) {
        if !variables.has(&name) && name != "token" {
            variables.set(&name, Value::from(0));
        }
    }
}
