//! The headers that are compared: those that callers read. That one is not there counts, too.

use regex_automata::meta::Regex;

use super::case::AnswerToml;
use super::compare::{About, Difference};
use super::session::{EXPOSE, NEW_EXPIRES_AT, NEW_TOKEN};
use super::wire::Answer;

/// The headers that are compared.
pub const JUDGED: [&str; 6] = ["content-type", NEW_TOKEN, NEW_EXPIRES_AT, EXPOSE, "location", "retry-after"];

/// Whether a header is compared.
#[must_use]
pub fn is_judged(name: &str) -> bool {
    JUDGED.iter().any(|judged| judged.eq_ignore_ascii_case(name))
}

/// What differs in the headers of an answer. `renews`: the token is about to expire, so that the next one must come.
#[must_use]
pub fn differences(answer: &Answer, expected: &AnswerToml, renews: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    for name in JUDGED {
        let own = expected.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let wanted = match (own, name) {
            (Some(value), _) => Some(value.as_str()),
            (None, "content-type") => Some("application/json"),
            (None, NEW_TOKEN) if renews => Some(r"/^\S{20,}$/"),
            (None, NEW_EXPIRES_AT) if renews => Some("/^[0-9]{9,}$/"),
            (None, EXPOSE) if renews => Some("*"),
            _ => None,
        };
        // A token is a key: it is never shown.
        let values = answer.header(name);
        let is_token = name == NEW_TOKEN;
        let told = wrong(&values, wanted).map(|what| {
            values
                .iter()
                .filter(|value| is_token && !value.is_empty())
                .fold(what, |what, value| what.replace(value, "(a token)"))
        });
        if let Some(what) = told {
            found.push(Difference::outside(About::Header, format!("header {name}"), what));
        }
    }
    if renews {
        found.extend(not_exposed(answer));
    }
    found
}

/// A browser hands the next token to its page only where both names are exposed.
fn not_exposed(answer: &Answer) -> Option<Difference> {
    let exposed = answer.header(EXPOSE).join(",").to_lowercase();
    let names: Vec<&str> = exposed.split(',').map(str::trim).collect();
    let missing = [NEW_TOKEN, NEW_EXPIRES_AT].into_iter().find(|name| !names.contains(name))?;
    if exposed.is_empty() {
        return None;
    }
    Some(Difference::outside(About::Header, format!("header {EXPOSE}"), format!("does not name {missing}: {exposed}")))
}

fn wrong(values: &[&str], wanted: Option<&str>) -> Option<String> {
    let (wanted, value) = match (wanted, values) {
        (None, []) => return None,
        (None, [value, ..]) => return Some(format!("is one too many: {value}")),
        (Some(_), []) => return Some("is missing".to_owned()),
        (Some(_), [_, _, ..]) => return Some(format!("stands there {} times", values.len())),
        (Some(wanted), [value]) => (wanted, *value),
    };
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let fits = match pattern {
        Some(pattern) => Regex::new(pattern).is_ok_and(|regex| regex.is_match(value)),
        // What follows a media type says nothing to callers: JSON is UTF-8.
        None => wanted == "*" || value == wanted || value.split(';').next().is_some_and(|media| media.trim() == wanted),
    };
    (!fits).then(|| format!("is {value}, not {wanted}"))
}

/// What differs between two servers' headers. The next token is left out: each server's token has an age of its own.
#[must_use]
pub fn between(old: &Answer, new: &Answer) -> Vec<Difference> {
    let media = |answer: &Answer, name: &str| -> Vec<String> {
        let values = answer.header(name);
        values.iter().map(|value| value.split(';').next().unwrap_or_default().trim().to_lowercase()).collect()
    };
    let judged = ["content-type", "location", "retry-after"];
    let differing = judged.into_iter().filter(|name| media(old, name) != media(new, name));
    differing
        .map(|name| {
            let what = format!("is {:?}, and {:?} with the old server", new.header(name), old.header(name));
            Difference::outside(About::Header, format!("header {name}"), what)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn told(headers: &[(&str, &str)], renews: bool) -> Vec<String> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let expected = AnswerToml { body: String::new(), headers: BTreeMap::new() };
        let answer = Answer { status: 200, headers, body: None };
        differences(&answer, &expected, renews)
            .into_iter()
            .map(|found| format!("{} {}", found.at, found.what))
            .collect()
    }

    #[test]
    fn a_header_too_many_or_too_few_is_found() {
        let json = ("content-type", "application/json; charset=utf-8");
        let next = [("new-token", "abcdefghijklmnopqrstuv"), ("new-expires-at", "1777000000")];
        let expose = ("access-control-expose-headers", "New-Token, New-Expires-At");
        assert!(told(&[json], false).is_empty());
        assert!(told(&[json, next[0], next[1], expose], true).is_empty());
        assert_eq!(told(&[], false), ["header content-type is missing"]);
        assert_eq!(told(&[json, next[0]], false), ["header new-token is one too many: (a token)"]);
        assert_eq!(told(&[json], true).len(), 3);
        assert_eq!(told(&[json, next[0], ("new-expires-at", "soon"), expose], true).len(), 1);
        let half = ("access-control-expose-headers", "new-token");
        assert_eq!(
            told(&[json, next[0], next[1], half], true),
            ["header access-control-expose-headers does not name new-expires-at: new-token"]
        );
    }
}
