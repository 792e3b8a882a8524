//! Comparing an answer with the one that is expected: keys and types, then values, under the noise rules.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::noise::{Noise, Rule, rule_at};
use super::path::{Path, Step};
use super::wire::{same, shown, type_of};

/// Values of these keys are never shown.
const SECRET: [&str; 6] = ["token", "password", "secret", "access_token", "ticket", "refresh_token"];

/// What differs. In the order in which answers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// The HTTP status.
    Status,
    /// A header, or that there is none.
    Header,
    /// A key that is missing or too many, or a JSON type.
    Shape,
    /// A value.
    Value,
    /// An assertion of the Hurl file.
    Assert,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs.
    pub about: About,
    /// Where: `status`, `header new-token`, `$.data.list[0].id`, or `assert`.
    pub at: String,
    /// How, as a sentence without its subject: `is missing`.
    pub what: String,
    /// The place in the body, where it is one.
    #[serde(skip)]
    pub path: Option<Path>,
}

impl Difference {
    /// A difference outside of the body.
    #[must_use]
    pub fn outside(about: About, at: impl Into<String>, what: impl Into<String>) -> Self {
        Self { about, at: at.into(), what: what.into(), path: None }
    }

    fn inside(about: About, path: &Path, what: String) -> Self {
        Self { about, at: path.to_string(), what, path: Some(path.clone()) }
    }
}

/// Values that stand for one another throughout a case: expected and seen.
#[derive(Debug, Default)]
pub struct Aliases(Vec<(Value, Value)>);

impl Aliases {
    fn pair(&mut self, expected: &Value, seen: &Value) -> Result<(), String> {
        for (known, known_seen) in &self.0 {
            match (same(known, expected), same(known_seen, seen)) {
                (true, true) => return Ok(()),
                (true, false) => {
                    return Err(format!("is {}, and stood as {} before", shown(seen), shown(known_seen)));
                }
                (false, true) => return Err(format!("is {}, which stood for another value before", shown(seen))),
                (false, false) => {}
            }
        }
        self.0.push((expected.clone(), seen.clone()));
        Ok(())
    }
}

/// Compares bodies.
#[derive(Debug)]
pub struct Comparison<'a> {
    noise: &'a [Noise],
    aliases: &'a mut Aliases,
    /// Which answer of the case it is, from 1.
    answer: usize,
    found: Vec<Difference>,
    /// Lists of which each element was to be judged, and which have none.
    vacuous: Vec<Path>,
}

impl<'a> Comparison<'a> {
    /// Compares the nth answer's body.
    #[must_use]
    pub fn new(noise: &'a [Noise], aliases: &'a mut Aliases, answer: usize) -> Self {
        Self { noise, aliases, answer, found: Vec::new(), vacuous: Vec::new() }
    }

    /// The differences between two bodies, shapes before values, and the lists whose elements could not be judged.
    #[must_use]
    pub fn of(mut self, expected: &Value, seen: &Value) -> (Vec<Difference>, Vec<Path>) {
        self.walk(expected, seen, &Path::default());
        self.found.sort_by_key(|difference| difference.about);
        (self.found, self.vacuous)
    }

    fn tell(&mut self, about: About, path: &Path, what: String) {
        let is_secret = matches!(path.0.last(), Some(Step::Key(key)) if SECRET.contains(&key.as_str()));
        let what = if is_secret && what != "is missing" {
            match about {
                About::Shape => "has another type, or is one too many".to_owned(),
                _ => "has another value".to_owned(),
            }
        } else {
            what
        };
        self.found.push(Difference::inside(about, path, what));
    }

    fn walk(&mut self, expected: &Value, seen: &Value, path: &Path) {
        match rule_at(self.noise, self.answer, path) {
            None => self.exact(expected, seen, path),
            Some(Rule::Ignore) => {}
            Some(Rule::Type(types)) => {
                if !has_type(seen, types, expected) {
                    let right = if types.is_empty() { type_of(expected).to_owned() } else { types.join(" or ") };
                    self.wrong_type(seen, &right, path);
                }
            }
            Some(Rule::Regex(regex, pattern)) => match seen {
                Value::String(text) if regex.is_match(text.as_str()) => {}
                Value::Number(number) if regex.is_match(number.to_string().as_str()) => {}
                Value::String(_) | Value::Number(_) => {
                    self.tell(About::Value, path, format!("is {}, which does not match {pattern}", shown(seen)));
                }
                _ => self.wrong_type(seen, "a text or number", path),
            },
            Some(Rule::Tolerance(within)) => match (expected.as_i64(), seen.as_i64()) {
                (Some(one), Some(other)) if one.abs_diff(other) <= *within => {}
                (Some(_), Some(_)) => {
                    let what = format!("is {}, more than {within} from {}", shown(seen), shown(expected));
                    self.tell(About::Value, path, what);
                }
                _ => self.wrong_type(seen, "a whole number", path),
            },
            Some(Rule::Alias) => {
                if type_of(expected) != type_of(seen) {
                    self.wrong_type(seen, type_of(expected), path);
                } else if let Err(what) = self.aliases.pair(expected, seen) {
                    self.tell(About::Value, path, what);
                }
            }
            Some(Rule::Each) => self.each(expected, seen, path),
            Some(Rule::UnorderedBy(key)) => self.unordered(expected, seen, path, key),
        }
    }

    fn wrong_type(&mut self, seen: &Value, right: &str, path: &Path) {
        self.tell(About::Shape, path, format!("is {} {}, not {right}", type_of(seen), shown(seen)));
    }

    fn exact(&mut self, expected: &Value, seen: &Value, path: &Path) {
        match (expected, seen) {
            (Value::Object(expected), Value::Object(seen)) => self.objects(expected, seen, path),
            (Value::Array(expected), Value::Array(seen)) => {
                if expected.len() != seen.len() {
                    let what = format!("has {} elements, not {}", seen.len(), expected.len());
                    self.tell(About::Shape, path, what);
                }
                for (at, (expected, seen)) in expected.iter().zip(seen).enumerate() {
                    self.walk(expected, seen, &path.with(Step::At(at)));
                }
            }
            _ if type_of(expected) != type_of(seen) => self.wrong_type(seen, type_of(expected), path),
            _ if same(expected, seen) => {}
            _ => self.tell(About::Value, path, format!("is {}, not {}", shown(seen), shown(expected))),
        }
    }

    fn objects(&mut self, expected: &Map<String, Value>, seen: &Map<String, Value>, path: &Path) {
        for (key, expected) in expected {
            let path = path.with(Step::Key(key.clone()));
            match seen.get(key) {
                Some(seen) => self.walk(expected, seen, &path),
                None if self.is_ignored(&path) => {}
                None => self.tell(About::Shape, &path, "is missing".to_owned()),
            }
        }
        for (key, seen) in seen {
            let path = path.with(Step::Key(key.clone()));
            if !expected.contains_key(key) && !self.is_ignored(&path) {
                self.tell(About::Shape, &path, format!("is one too many: {}", shown(seen)));
            }
        }
    }

    fn is_ignored(&self, path: &Path) -> bool {
        matches!(rule_at(self.noise, self.answer, path), Some(Rule::Ignore))
    }

    fn each(&mut self, expected: &Value, seen: &Value, path: &Path) {
        let (Some([like]), Value::Array(seen)) = (expected.as_array().map(Vec::as_slice), seen) else {
            return self.wrong_type(seen, "a list like the one element that is expected", path);
        };
        if seen.is_empty() {
            self.vacuous.push(path.clone());
        }
        for (at, seen) in seen.iter().enumerate() {
            self.walk(like, seen, &path.with(Step::At(at)));
        }
    }

    /// The path of an element is that of its place in what was seen.
    fn unordered(&mut self, expected: &Value, seen: &Value, path: &Path, key: &str) {
        let (Value::Array(expected), Value::Array(seen)) = (expected, seen) else {
            return self.wrong_type(seen, "a list", path);
        };
        let name = |element: &Value| element.get(key).map_or_else(|| "none".to_owned(), ToString::to_string);
        let mut left: BTreeSet<usize> = (0..seen.len()).collect();
        for like in expected {
            let at = left.iter().copied().find(|at| seen.get(*at).is_some_and(|element| name(element) == name(like)));
            match at.and_then(|at| Some((at, seen.get(at)?))) {
                Some((at, element)) => {
                    left.remove(&at);
                    self.walk(like, element, &path.with(Step::At(at)));
                }
                None => self.tell(About::Shape, path, format!("lacks the element whose {key} is {}", name(like))),
            }
        }
        for at in left {
            let what = format!("is an element too many: its {key} is {}", seen.get(at).map(name).unwrap_or_default());
            self.tell(About::Shape, &path.with(Step::At(at)), what);
        }
    }
}

fn has_type(seen: &Value, types: &[String], expected: &Value) -> bool {
    if types.is_empty() {
        return type_of(seen) == type_of(expected);
    }
    let is_whole = seen.is_i64() || seen.is_u64();
    types.iter().any(|name| name == type_of(seen) || (name == "integer" && is_whole))
}

#[cfg(test)]
mod tests {
    use super::super::noise::{NoiseLine, RuleName};
    use super::*;
    use serde_json::json;

    fn rule(rule: RuleName) -> NoiseLine {
        NoiseLine { rule, ..NoiseLine::default() }
    }

    fn told(rules: &[(&str, NoiseLine)], expected: &Value, seen: &Value) -> Vec<String> {
        let line = |(at, rule): &(&str, NoiseLine)| NoiseLine { at: (*at).to_owned(), ..rule.clone() };
        let noise: Vec<Noise> = rules.iter().map(|rule| Noise::read(&line(rule)).unwrap()).collect();
        let mut aliases = Aliases::default();
        let (found, _) = Comparison::new(&noise, &mut aliases, 1).of(expected, seen);
        found.into_iter().map(|difference| format!("{} {}", difference.at, difference.what)).collect()
    }

    #[test]
    fn keys_and_types_come_before_values() {
        let expected = json!({"code": 0, "data": {"list": [], "none": null}, "msg": "ok"});
        assert!(told(&[], &expected, &expected).is_empty());
        let seen = json!({"code": "0", "data": {"list": {}}, "msg": "OK", "more": 1});
        assert_eq!(
            told(&[], &expected, &seen),
            [
                "$.code is string \"0\", not number",
                "$.data.list is object {}, not list",
                "$.data.none is missing",
                "$.more is one too many: 1",
                "$.msg is \"OK\", not \"ok\"",
            ]
        );
        assert_eq!(told(&[], &json!({"a": null}), &json!({"a": ""})), ["$.a is string \"\", not null"]);
        assert_eq!(told(&[], &json!([1]), &json!([1, 2])), ["$ has 2 elements, not 1"]);
    }

    #[test]
    fn each_rule_lets_differ_what_it_says_and_no_more() {
        let one =
            |rule: NoiseLine, expected: Value, seen: Value| told(&[("$.a", rule)], &json!({"a": expected}), &seen);
        assert!(one(rule(RuleName::Ignore), json!(1), json!({})).is_empty());
        let any = || rule(RuleName::Type);
        assert!(one(any(), json!(1), json!({"a": 2})).is_empty());
        assert_eq!(one(any(), json!(1), json!({"a": "2"})).len(), 1);
        assert_eq!(one(any(), json!(1), json!({})), ["$.a is missing"]);
        let nullable = || NoiseLine { types: vec!["integer".to_owned(), "null".to_owned()], ..rule(RuleName::Type) };
        assert!(one(nullable(), json!(1), json!({"a": null})).is_empty());
        assert_eq!(one(nullable(), json!(1), json!({"a": 1.5})), ["$.a is number 1.5, not integer or null"]);
        let digits = || NoiseLine { pattern: Some("[0-9]+".to_owned()), ..rule(RuleName::Regex) };
        assert!(one(digits(), json!(1), json!({"a": "12"})).is_empty());
        assert_eq!(one(digits(), json!(1), json!({"a": "12x"})).len(), 1);
        let near = || NoiseLine { within: Some(5), ..rule(RuleName::Tolerance) };
        assert!(one(near(), json!(10), json!({"a": 15})).is_empty());
        assert_eq!(one(near(), json!(10), json!({"a": 16})), ["$.a is 16, more than 5 from 10"]);
        let by_id = || NoiseLine { key: Some("id".to_owned()), ..rule(RuleName::UnorderedBy) };
        let (first, second) = (json!({"id": 1, "v": 1}), json!({"id": 2, "v": 2}));
        assert!(one(by_id(), json!([first, second]), json!({"a": [second, first]})).is_empty());
        assert_eq!(one(by_id(), json!([first]), json!({"a": [second]})).len(), 2);
        let like = json!([{"id": 1}]);
        let each = [("$.a", rule(RuleName::Each)), ("$.a[*].id", any())];
        assert!(told(&each, &json!({"a": like}), &json!({"a": [{"id": 7}, {"id": 8}]})).is_empty());
        assert_eq!(
            told(&each, &json!({"a": like}), &json!({"a": [{"id": 7}, {"id": null}]})),
            ["$.a[1].id is null null, not number"]
        );
    }

    #[test]
    fn aliases_are_one_to_one() {
        let rules = [("$[*]", rule(RuleName::Alias))];
        assert!(told(&rules, &json!(["t1", "t2", "t1"]), &json!(["x", "y", "x"])).is_empty());
        assert_eq!(
            told(&rules, &json!(["t1", "t1"]), &json!(["x", "y"])),
            ["$[1] is \"y\", and stood as \"x\" before"]
        );
        assert_eq!(told(&rules, &json!(["t1", "t2"]), &json!(["x", "x"])).len(), 1);
    }
}
