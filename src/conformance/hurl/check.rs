//! Asserting: as stock hurl would, so that both say the same of a case.

use std::cmp::Ordering;

use regex_automata::meta::Regex;
use serde_json::Value;

use super::syntax::{Answered, Assertion, Operand, Predicate, Query};
use super::variables::Variables;
use crate::conformance::path::Path;
use crate::conformance::wire::{Answer, same, shown};

/// What does not hold of an answer, one sentence each; empty where all does.
///
/// Nothing is told of headers that `is_own` names: the runner judges those by itself.
#[must_use]
pub fn failures(
    answered: &Answered,
    answer: &Answer,
    variables: &Variables,
    is_own: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut failures = Vec::new();
    if let Some(status) = answered.status.filter(|status| *status != answer.status) {
        failures.push(format!("HTTP {status} is asserted, the status is {}", answer.status));
    }
    for (name, expected) in &answered.headers {
        match variables.fill(expected) {
            Ok(expected) if answer.header(name).contains(&expected.as_str()) => {}
            Ok(expected) => failures.push(format!("{name}: {expected} is asserted, it is {:?}", answer.header(name))),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    for assertion in &answered.asserts {
        if matches!(&assertion.query, Query::Header(name) if is_own(name)) {
            continue;
        }
        if let Err(why) = holds(assertion, answer, variables) {
            failures.push(format!("line {}: {} does not hold: {why}", assertion.line, assertion.source));
        }
    }
    failures
}

/// Takes what a query asks for; none where there is no such value.
#[must_use]
pub fn take(query: &Query, answer: &Answer) -> Option<Value> {
    match query {
        Query::Status => Some(Value::from(answer.status)),
        Query::Header(name) => match answer.header(name).as_slice() {
            [] => None,
            [one] => Some(Value::from(*one)),
            many => Some(Value::from(many.to_vec())),
        },
        Query::JsonPath(path) => found(path, answer).cloned(),
        Query::JsonPathCount(path) => found(path, answer)?.as_array().map(|items| Value::from(items.len())),
    }
}

fn found<'a>(path: &Path, answer: &'a Answer) -> Option<&'a Value> {
    path.find(answer.body.as_ref()?)
}

fn holds(assertion: &Assertion, answer: &Answer, variables: &Variables) -> Result<(), String> {
    let value = take(&assertion.query, answer);
    let holds = match (&assertion.predicate, &value) {
        (Predicate::Exists, value) => value.is_some(),
        (_, None) => return Err("there is no such value".to_owned()),
        (predicate, Some(value)) => judge(predicate, value, variables)?,
    };
    match (holds != assertion.negated, value) {
        (true, _) => Ok(()),
        (false, Some(value)) => Err(format!("the value is {}", shown(&value))),
        (false, None) => Err("there is no such value".to_owned()),
    }
}

/// Whether a predicate holds of a value.
///
/// # Errors
/// Where the value has a type that the predicate does not fit, which no `not` makes right.
fn judge(predicate: &Predicate, value: &Value, variables: &Variables) -> Result<bool, String> {
    let ordered = |operand: &Operand, fits: fn(Ordering) -> bool| {
        let other = resolved(operand, variables)?;
        let pair = value.as_i64().zip(other.as_i64());
        let pair = pair.ok_or_else(|| format!("{} and {} have no order", shown(value), shown(&other)))?;
        Ok::<_, String>(fits(pair.0.cmp(&pair.1)))
    };
    let text = || value.as_str().ok_or_else(|| format!("the value {} is no text", shown(value)));
    Ok(match predicate {
        Predicate::Equal(operand) => same(value, &resolved(operand, variables)?),
        Predicate::NotEqual(operand) => !same(value, &resolved(operand, variables)?),
        Predicate::Greater(operand) => ordered(operand, Ordering::is_gt)?,
        Predicate::GreaterOrEqual(operand) => ordered(operand, Ordering::is_ge)?,
        Predicate::Less(operand) => ordered(operand, Ordering::is_lt)?,
        Predicate::LessOrEqual(operand) => ordered(operand, Ordering::is_le)?,
        Predicate::StartsWith(part) => text()?.starts_with(&variables.fill(part)?),
        Predicate::EndsWith(part) => text()?.ends_with(&variables.fill(part)?),
        Predicate::Contains(operand) => {
            let part = resolved(operand, variables)?;
            match value {
                Value::Array(items) => items.iter().any(|item| same(item, &part)),
                _ => text()?.contains(part.as_str().ok_or("contains needs a text here")?),
            }
        }
        Predicate::Matches(pattern) => {
            let regex = Regex::new(pattern).map_err(|error| format!("the regex cannot be read: {error}"))?;
            regex.is_match(text()?)
        }
        Predicate::Exists => true,
        Predicate::IsEmpty => match value {
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => text()?.is_empty(),
        },
        Predicate::IsInteger => value.is_i64() || value.is_u64(),
        Predicate::IsNumber => value.is_number(),
        Predicate::IsString => value.is_string(),
        Predicate::IsBoolean => value.is_boolean(),
        Predicate::IsCollection => value.is_array() || value.is_object(),
        Predicate::IsList => value.is_array(),
        Predicate::IsObject => value.is_object(),
    })
}

fn resolved(operand: &Operand, variables: &Variables) -> Result<Value, String> {
    match operand {
        Operand::Literal(Value::String(text)) => Ok(Value::String(variables.fill(text)?)),
        Operand::Literal(value) => Ok(value.clone()),
        Operand::Variable(name) => variables.get(name).cloned().ok_or_else(|| format!("there is no variable {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use serde_json::json;

    fn judged(assertion: &str) -> bool {
        let file = format!("GET http://x\nHTTP 200\n[Asserts]\n{assertion}\n");
        let answered = parse(&file).unwrap().remove(0).answered.unwrap();
        let body = json!({"code": 0, "msg": "ok", "data": {"list": [1, "a"], "none": null, "empty": {}, "half": 0.5}});
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let answer = Answer { status: 200, headers, body: Some(body) };
        let mut variables = Variables::default();
        variables.set_text("zero", "0");
        variables.set_text("word", "ok");
        failures(&answered, &answer, &variables, |_| false).is_empty()
    }

    #[test]
    fn assertions_hold_or_do_not() {
        for holds in [
            "status == 200",
            "status != 401",
            "header \"Content-Type\" startsWith \"application/\"",
            "header \"new-token\" not exists",
            "jsonpath \"$.code\" == {{zero}}",
            "jsonpath \"$.msg\" == \"{{word}}\"",
            "jsonpath \"$.code\" isInteger",
            "jsonpath \"$.data.half\" isNumber",
            "jsonpath \"$.data.half\" not isInteger",
            "jsonpath \"$.data.none\" == null",
            "jsonpath \"$.data.none\" exists",
            "jsonpath \"$.data.nobody\" not exists",
            "jsonpath \"$.data.list\" count == 2",
            "jsonpath \"$.data.list\" contains \"a\"",
            "jsonpath \"$.data.list\" isList",
            "jsonpath \"$.data.empty\" isEmpty",
            "jsonpath \"$.data.empty\" isObject",
            "jsonpath \"$.msg\" matches /^o.$/",
            "jsonpath \"$.code\" <= 0",
        ] {
            assert!(judged(holds), "{holds}");
        }
        for fails in [
            "status == 201",
            "jsonpath \"$.code\" == \"0\"",
            "jsonpath \"$.code\" == false",
            "jsonpath \"$.nobody\" == null",
            "jsonpath \"$.nobody\" != 1",
            "jsonpath \"$.nobody\" not contains \"a\"",
            "jsonpath \"$.code\" not contains \"a\"",
            "jsonpath \"$.code\" > 0",
            "jsonpath \"$.msg\" > 0",
            "jsonpath \"$.data.list\" isObject",
            "jsonpath \"$.data.none\" isString",
            "jsonpath \"$.code\" == {{nobody}}",
        ] {
            assert!(!judged(fails), "{fails}");
        }
    }
}
