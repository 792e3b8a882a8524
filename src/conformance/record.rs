//! Recording: the reads of a live server as new cases, redacted, with the noise that their answers show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::case::{AnswerToml, CaseToml};
use super::hurl::{Request, Variables};
use super::noise::{NoiseLine, RuleName};
use super::path::{Path, Step};
use super::redact::Redactor;
use super::routes::{FROZEN, PREFIX};
use super::server::Server;
use super::wire::type_of;

/// Keys whose values tell of a moment or of a count, never of the contract.
const MOVING: [&str; 4] = ["id", "total", "expires_at", "as_of"];

/// A recorded case: its name and its two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Without the ending.
    pub name: String,
    /// The Hurl file.
    pub hurl: String,
    /// The TOML beside it.
    pub toml: String,
}

/// The routes that are recorded where none is named: the frozen ones that read.
#[must_use]
pub fn reads() -> Vec<String> {
    let read = FROZEN.iter().filter(|route| !route.mutates);
    read.map(|route| {
        if route.path.ends_with("/list") { format!("{}?page=1&pageSize=5", route.path) } else { route.path.to_owned() }
    })
    .collect()
}

/// Records a read: `route` is behind the prefix and may have a query. `/shooter/sms/get` takes the id of the newest message.
///
/// # Errors
/// Where the server does not answer with JSON, or refuses.
pub async fn record(
    server: &Server,
    variables: &Variables,
    route: &str,
    redactor: &mut Redactor,
) -> Result<Recorded, String> {
    let (path, query) = route.split_once('?').unwrap_or((route, ""));
    let mut query: Vec<(String, String)> =
        serde_urlencoded::from_str(query).map_err(|error| format!("{route}: {error}"))?;
    let (mut variables, mut state) = (variables.clone(), None);
    if path == "/shooter/sms/get" && query.is_empty() {
        variables.set("sms_id", newest_sms(server, &variables).await?);
        query.push(("id".to_owned(), "{{sms_id}}".to_owned()));
        state = Some("sms".to_owned());
    }
    let request = Request {
        method: "GET".to_owned(),
        url: format!("{{{{base_url}}}}{PREFIX}{path}"),
        headers: vec![("x-token".to_owned(), "{{token}}".to_owned())],
        query,
        ..Request::default()
    };
    let answer = server.ask(&request, &variables, None).await?;
    let body =
        answer.body.as_ref().ok_or_else(|| format!("{path} does not answer with JSON (status {})", answer.status))?;
    if answer.status == 401 {
        return Err(format!("{path} answers 401: the token is not good"));
    }
    let redacted = redactor.redact(body);
    let (like, noise) = generalised(body, &redacted);
    let name = format!("recorded{}", path.replace('/', "-").replacen('-', "/", 1));
    let toml = CaseToml {
        summary: format!("{path} as it was recorded"),
        mutates: false,
        state,
        runs_without_state: false,
        session: None,
        answer: vec![AnswerToml { body: pretty(&like)?, headers: BTreeMap::new() }],
        noise,
        deviation: Vec::new(),
    };
    let toml = toml::to_string_pretty(&toml).map_err(|error| format!("the TOML cannot be written: {error}"))?;
    Ok(Recorded { name, hurl: hurl_of(&request, answer.status, body), toml })
}

async fn newest_sms(server: &Server, variables: &Variables) -> Result<Value, String> {
    let request = Request {
        method: "GET".to_owned(),
        url: format!("{{{{base_url}}}}{PREFIX}/shooter/sms/list"),
        headers: vec![("x-token".to_owned(), "{{token}}".to_owned())],
        query: vec![("page".to_owned(), "1".to_owned()), ("pageSize".to_owned(), "1".to_owned())],
        ..Request::default()
    };
    let answer = server.ask(&request, variables, None).await?;
    let path: Path = "$.data.list[0].id".parse()?;
    let id = answer.body.as_ref().and_then(|body| path.find(body)).cloned();
    id.ok_or_else(|| "/shooter/sms/get cannot be recorded: the list of sms is empty".to_owned())
}

fn pretty(value: &Value) -> Result<String, String> {
    serde_json::to_string_pretty(value).map_err(|error| error.to_string())
}

fn hurl_of(request: &Request, status: u16, body: &Value) -> String {
    let mut lines = vec![format!("{} {}", request.method, request.url)];
    lines.extend(request.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !request.query.is_empty() {
        lines.push("[Query]".to_owned());
        lines.extend(request.query.iter().map(|(name, value)| format!("{name}: {value}")));
    }
    lines.push(String::new());
    lines.push(format!("HTTP {status}"));
    if let Some(code) = body.get("code").filter(|code| code.is_i64()) {
        lines.push("[Asserts]".to_owned());
        lines.push(format!("jsonpath \"$.code\" == {code}"));
    }
    lines.join("\n") + "\n"
}

/// A redacted body with one element in each list, and the rules under which the whole body is like it.
fn generalised(body: &Value, redacted: &Value) -> (Value, Vec<NoiseLine>) {
    let mut rules = Rules::default();
    let like = rules.general(body, redacted, &Path::default(), false);
    let each = rules.lists.into_iter().map(|at| NoiseLine { at, rule: RuleName::Each, ..NoiseLine::default() });
    let of_types = rules.types.into_iter().map(|(at, types)| {
        let types = if types.len() == 1 { Vec::new() } else { types.into_iter().map(str::to_owned).collect() };
        NoiseLine { at, rule: RuleName::Type, types, ..NoiseLine::default() }
    });
    (like, each.chain(of_types).collect())
}

/// What a recording lets differ, by the paths of values and lists.
#[derive(Default)]
struct Rules {
    types: BTreeMap<String, BTreeSet<&'static str>>,
    lists: BTreeSet<String>,
}

impl Rules {
    /// `many`: this value stands in a list, so that others stand in its place; or it tells of a moment.
    fn general(&mut self, value: &Value, redacted: &Value, path: &Path, many: bool) -> Value {
        match (value, redacted) {
            (Value::Object(fields), Value::Object(aliases)) => {
                let fields = fields.iter().zip(aliases.values()).map(|((key, value), alias)| {
                    let path = path.with(Step::Key(key.clone()));
                    let is_moving = MOVING.contains(&key.as_str()) || key.ends_with("_time") || key.ends_with("_cnt");
                    (key.clone(), self.general(value, alias, &path, many || is_moving))
                });
                Value::Object(fields.collect())
            }
            (Value::Array(items), Value::Array(aliases)) if !items.is_empty() => {
                let of_each = path.with(Step::Each);
                self.lists.insert(path.to_string());
                let pairs = items.iter().zip(aliases);
                let mut like: Vec<Value> =
                    pairs.map(|(item, alias)| self.general(item, alias, &of_each, true)).collect();
                like.truncate(1);
                Value::Array(like)
            }
            (value, alias) => {
                if many || value != alias {
                    self.types.entry(path.to_string()).or_default().insert(type_of(value));
                }
                alias.clone()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::case::Case;
    use crate::conformance::compare::{Aliases, Comparison};
    use serde_json::json;

    #[test]
    fn a_recorded_body_fits_its_own_case_and_a_list_of_its_like() {
        let body = json!({"code": 0, "msg": "ok", "data": {"total": 2, "list": [
            {"id": 1, "bank": "KB", "tags": []}, {"id": 2, "bank": null, "tags": []},
        ]}});
        let (like, lines) = generalised(&body, &body);
        assert_eq!(like["data"]["list"].as_array().unwrap().len(), 1);
        let toml = CaseToml {
            summary: "x".to_owned(),
            mutates: false,
            state: None,
            runs_without_state: false,
            session: None,
            answer: vec![AnswerToml { body: pretty(&like).unwrap(), headers: BTreeMap::new() }],
            noise: lines,
            deviation: Vec::new(),
        };
        let request =
            Request { method: "GET".to_owned(), url: "{{base_url}}/api/admin/me".to_owned(), ..Request::default() };
        let case = Case::read("x", &hurl_of(&request, 200, &body), &toml::to_string_pretty(&toml).unwrap()).unwrap();
        let differences = |seen: &Value| Comparison::new(&case.noise, &mut Aliases::default(), 1).of(&like, seen).0;
        assert!(differences(&body).is_empty());
        let more = json!({"code": 0, "msg": "ok", "data": {"total": 1, "list": [{"id": 9, "bank": "NH", "tags": []}]}});
        assert!(differences(&more).is_empty());
        let other = json!({"code": 0, "msg": "ok", "data": {"total": 1, "list": [{"id": "9", "bank": 1, "tags": {}}]}});
        assert_eq!(differences(&other).len(), 3);
    }
}
