//! The names of another admin stack: what a case says in the names of `gin-vue-admin` is asked, and its answer read, in theirs.
//!
//! The presets are written down here anew, from the published page, and not taken from the admin edge: what judges a
//! server must not share its mistakes.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::hurl::Request;
use super::session::{EXPOSE, NEW_EXPIRES_AT, NEW_TOKEN, Session};
use super::wire::Answer;

/// The preset in whose names the cases are written.
pub const DEFAULT: &str = "gin-vue-admin";

const PRESETS: [(&str, &str); 4] = [
    (DEFAULT, include_str!("../../contract/profiles/gin-vue-admin.toml")),
    ("vue-element-admin", include_str!("../../contract/profiles/vue-element-admin.toml")),
    ("ruoyi", include_str!("../../contract/profiles/ruoyi.toml")),
    ("vben5", include_str!("../../contract/profiles/vben5.toml")),
];

/// The names of an admin stack.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What people call it.
    #[serde(skip)]
    pub name: String,
    envelope: EnvelopeNames,
    list: ListNames,
    request: RequestNames,
    headers: HeaderNames,
    /// Codes that are other than ours.
    #[serde(default)]
    code: Vec<CodeName>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct EnvelopeNames {
    code: String,
    data: String,
    msg: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct ListNames {
    list: String,
    total: String,
    /// None where an answer does not repeat which page was asked for.
    #[serde(default)]
    page: Option<String>,
    #[serde(default)]
    page_size: Option<String>,
    /// Whether the list stands in the envelope itself, beside the code.
    #[serde(default)]
    in_envelope: bool,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct RequestNames {
    page: String,
    page_size: String,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct HeaderNames {
    token: String,
    /// What stands before the token, such as `Bearer`.
    #[serde(default)]
    scheme: String,
    /// None where a session's next token is not told.
    #[serde(default)]
    new_token: Option<String>,
    #[serde(default)]
    new_expires_at: Option<String>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct CodeName {
    /// Ours, with the HTTP status that it comes with.
    ours: i64,
    #[serde(default = "ok")]
    our_status: u16,
    /// Theirs.
    theirs: i64,
    #[serde(default = "ok")]
    their_status: u16,
    /// With this kind of token only.
    #[serde(default)]
    session: Option<Session>,
}

/// What is expected of an answer: where several of our codes are one of theirs, it says which is meant.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The status, in our names.
    pub status: u16,
    /// The body, in our names.
    pub body: Value,
    /// The kind of token that was sent.
    pub session: Session,
}

const fn ok() -> u16 {
    200
}

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// Where it is not one.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        let profile: Self =
            toml::from_str(text).map_err(|error| format!("the profile {name} cannot be read: {error}"))?;
        Ok(Self { name: name.to_owned(), ..profile })
    }

    /// A preset.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub fn preset(name: &str) -> Result<Self, String> {
        let found = PRESETS.iter().find(|(preset, _)| *preset == name);
        let (_, text) = found.ok_or_else(|| {
            let names: Vec<&str> = PRESETS.iter().map(|(preset, _)| *preset).collect();
            format!("there is no preset {name}: give one of {}, or the path of a TOML file", names.join(", "))
        })?;
        Self::read(name, text)
    }

    /// A request of a case in the names of this stack.
    #[must_use]
    pub fn request(&self, request: &Request) -> Request {
        let mut theirs = request.clone();
        for (name, value) in &mut theirs.headers {
            if name.eq_ignore_ascii_case("x-token") {
                name.clone_from(&self.headers.token);
                if !self.headers.scheme.is_empty() {
                    *value = format!("{} {value}", self.headers.scheme);
                }
            }
        }
        for (name, _) in &mut theirs.query {
            if let Some(their) = self.page_name(name) {
                their.clone_into(name);
            }
        }
        theirs
    }

    /// The body of a request of a case in the names of this stack.
    #[must_use]
    pub fn request_body(&self, body: Value) -> Value {
        match body {
            Value::Object(fields) => Value::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| (self.page_name(&name).map_or(name.clone(), str::to_owned), value))
                    .collect(),
            ),
            other => other,
        }
    }

    fn page_name(&self, ours: &str) -> Option<&str> {
        match ours {
            "page" => Some(&self.request.page),
            "pageSize" => Some(&self.request.page_size),
            _ => None,
        }
    }

    /// Whether a session's next token comes with its answers.
    #[must_use]
    pub const fn renews(&self) -> bool {
        self.headers.new_token.is_some()
    }

    /// Our name of a header that this stack calls so.
    fn our_header(&self, theirs: &str) -> Option<&'static str> {
        let names = [(&self.headers.new_token, NEW_TOKEN), (&self.headers.new_expires_at, NEW_EXPIRES_AT)];
        let same = |name: &Option<String>| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(theirs));
        names.into_iter().find(|(name, _)| same(name)).map(|(_, ours)| ours)
    }

    /// An answer of this stack in our names. What stands there in our names although this stack has others is put aside, so
    /// that it is found.
    #[must_use]
    pub fn answer(&self, answer: Answer, expected: Option<&Expected>) -> Answer {
        let Answer { mut status, mut headers, body } = answer;
        for (name, value) in &mut headers {
            if let Some(ours) = self.our_header(name) {
                ours.clone_into(name);
            } else if name == EXPOSE {
                let ours = |name: &str| self.our_header(name).map_or_else(|| name.to_lowercase(), str::to_owned);
                *value = value.split(',').map(str::trim).map(ours).collect::<Vec<_>>().join(", ");
            }
        }
        let body = match body {
            Some(Value::Object(fields)) => {
                let mut fields = self.envelope(fields, expected);
                if let Some(code) = fields.get_mut("code") {
                    (status, *code) = self.code(status, code.take(), expected);
                }
                Some(Value::Object(fields))
            }
            other => other,
        };
        Answer { status, headers, body }
    }

    fn foreign(&self, name: &str) -> String {
        format!("{name} (no name of {})", self.name)
    }

    fn envelope(&self, fields: Map<String, Value>, expected: Option<&Expected>) -> Map<String, Value> {
        let EnvelopeNames { code, data, msg } = &self.envelope;
        let mut names = vec![(Some(code.as_str()), "code"), (Some(data.as_str()), "data"), (Some(msg.as_str()), "msg")];
        let ListNames { list, total, page, page_size, in_envelope } = &self.list;
        let list_names = [
            (Some(list.as_str()), "list"),
            (Some(total.as_str()), "total"),
            (page.as_deref(), "page"),
            (page_size.as_deref(), "pageSize"),
        ];
        let is_list = |fields: &Map<String, Value>| fields.contains_key(list) && fields.contains_key(total);
        let in_envelope = *in_envelope && is_list(&fields);
        if in_envelope {
            names.retain(|(_, ours)| *ours != "data");
            names.extend(list_names);
        }
        let mut ours = self.renamed(fields, &names);
        if in_envelope {
            let taken = list_names.iter().filter_map(|(_, name)| Some(((*name).to_owned(), ours.remove(*name)?)));
            let list: Map<String, Value> = taken.collect();
            ours.insert("data".to_owned(), Value::Object(list));
        } else if let Some(Value::Object(data)) = ours.get_mut("data")
            && (is_list(data) || (data.contains_key("list") && data.contains_key("total")))
        {
            *data = self.renamed(std::mem::take(data), &list_names);
        }
        if let Some(Value::Object(data)) = ours.get_mut("data").filter(|data| data.get("list").is_some()) {
            // What this stack does not repeat counts as right.
            let unsaid = [(page, "page"), (page_size, "pageSize")].into_iter().filter(|(theirs, _)| theirs.is_none());
            for (_, name) in unsaid {
                if let Some(value) = expected.and_then(|expected| expected.body.get("data")?.get(name)) {
                    data.insert(name.to_owned(), value.clone());
                }
            }
        }
        ours
    }

    fn renamed(&self, fields: Map<String, Value>, names: &[(Option<&str>, &str)]) -> Map<String, Value> {
        let name_of = |name: String| match names.iter().find(|(theirs, _)| *theirs == Some(name.as_str())) {
            Some((_, ours)) => (*ours).to_owned(),
            None if names.iter().any(|(_, ours)| *ours == name) => self.foreign(&name),
            None => name,
        };
        fields.into_iter().map(|(name, value)| (name_of(name), value)).collect()
    }

    fn code(&self, status: u16, code: Value, expected: Option<&Expected>) -> (u16, Value) {
        let Some(number) = code.as_i64() else { return (status, code) };
        let is_theirs = |line: &&CodeName| line.theirs == number && line.their_status == status;
        if let Some(expected) = expected {
            let ours = expected.body.get("code").and_then(Value::as_i64);
            let is_meant = |line: &&CodeName| {
                Some(line.ours) == ours
                    && line.our_status == expected.status
                    && line.session.is_none_or(|session| session == expected.session)
            };
            if let Some(line) = self.code.iter().filter(is_theirs).find(is_meant) {
                return (line.our_status, Value::from(line.ours));
            }
        }
        match self.code.iter().find(is_theirs) {
            // It is one of their codes, and not the one that is meant: a difference, unless nothing was.
            Some(line)
                if expected.is_none_or(|expected| expected.body.get("code") != Some(&Value::from(line.ours))) =>
            {
                (line.our_status, Value::from(line.ours))
            }
            _ if self.code.iter().any(|line| line.ours == number || line.theirs == number) => {
                (status, Value::from(format!("{number} (no code of {} with status {status})", self.name)))
            }
            _ => (status, code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(status: u16, body: Value) -> Answer {
        Answer { status, headers: Vec::new(), body: Some(body) }
    }

    #[test]
    fn every_preset_can_be_read() {
        for (name, _) in PRESETS {
            assert_eq!(Profile::preset(name).unwrap().name, name);
        }
        assert!(Profile::preset("nobody").unwrap_err().contains("gin-vue-admin, vue-element-admin, ruoyi, vben5"));
    }

    #[test]
    fn the_default_changes_nothing() {
        let profile = Profile::preset(DEFAULT).unwrap();
        let list =
            answered(200, json!({"code": 0, "data": {"list": [], "total": 0, "page": 1, "pageSize": 10}, "msg": "ok"}));
        assert_eq!(profile.answer(list.clone(), None), list);
        let refused = answered(401, json!({"code": 7, "data": null, "msg": "log in"}));
        assert_eq!(profile.answer(refused.clone(), None), refused);
    }

    #[test]
    fn another_stacks_answer_is_read_in_its_names_and_no_others() {
        let text = r#"
            envelope = { code = "code", data = "data", msg = "message" }
            list = { list = "rows", total = "total", page = "pageNum", page_size = "pageSize", in_envelope = true }
            request = { page = "pageNum", page_size = "limit" }
            headers = { token = "authorization", scheme = "Bearer", new_token = "x-new", new_expires_at = "x-end" }
            code = [{ ours = 0, theirs = 20000 }, { ours = 7, our_status = 401, theirs = 50014 }]
        "#;
        let profile = Profile::read("theirs", text).unwrap();
        let read = profile.answer(
            answered(
                200,
                json!({"code": 20000, "message": "ok", "rows": [], "total": 0, "pageNum": 1, "pageSize": 10}),
            ),
            None,
        );
        let ours = json!({"code": 0, "data": {"list": [], "total": 0, "page": 1, "pageSize": 10}, "msg": "ok"});
        assert_eq!(read.body, Some(ours.clone()));
        assert_eq!(
            profile.answer(answered(200, json!({"code": 50014, "data": null, "message": "x"})), None).status,
            401
        );
        let wrong = profile.answer(answered(200, ours), None).body.unwrap();
        assert_eq!(wrong["code"], "0 (no code of theirs with status 200)");
        assert!(wrong.get("msg").is_none() && wrong.get("msg (no name of theirs)").is_some());
        assert!(wrong["data"].get("list").is_none());
        let request = Request {
            headers: vec![("x-token".to_owned(), "{{token}}".to_owned())],
            query: vec![("pageSize".to_owned(), "5".to_owned())],
            ..Request::default()
        };
        let theirs = profile.request(&request);
        assert_eq!(theirs.headers, [("authorization".to_owned(), "Bearer {{token}}".to_owned())]);
        assert_eq!(theirs.query, [("limit".to_owned(), "5".to_owned())]);
        assert_eq!(profile.request_body(json!({"page": 1, "phone": "1"})), json!({"pageNum": 1, "phone": "1"}));
    }
}
