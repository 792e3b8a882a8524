//! Reads a Hurl file line by line.

use std::time::Duration;

use super::syntax::{Answered, Assertion, Entry, HurlError, Predicate, Query, Request};
use super::variables::names_in;
use super::words::Words;
use crate::conformance::path::Path;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

type Read<T> = Result<T, HurlError>;

/// Reads a Hurl file.
///
/// # Errors
/// The first line that is wrong, or outside of the subset.
pub fn parse(text: &str) -> Read<Vec<Entry>> {
    let mut lines = Lines { lines: text.lines().collect(), at: 0 };
    let mut entries = Vec::new();
    while lines.peek().is_some() {
        entries.push(entry(&mut lines)?);
    }
    if entries.is_empty() {
        return Err(HurlError { line: 1, what: "the file holds no request".to_owned() });
    }
    Ok(entries)
}

/// The lines of a file; blank ones and comments are not seen.
struct Lines<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn peek(&mut self) -> Option<&'a str> {
        while let Some(line) = self.lines.get(self.at) {
            let trimmed = line.trim();
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                return Some(trimmed);
            }
            self.at += 1;
        }
        None
    }

    fn take(&mut self) -> Option<&'a str> {
        let line = self.peek()?;
        self.at += 1;
        Some(line)
    }

    /// The number of the line that was taken last.
    fn number(&self) -> usize {
        self.at.max(1)
    }

    fn refuse<T>(&self, what: impl Into<String>) -> Read<T> {
        Err(HurlError { line: self.number(), what: what.into() })
    }
}

fn method_of(line: &str) -> Option<&'static str> {
    let word = line.split_whitespace().next()?;
    METHODS.into_iter().find(|method| *method == word)
}

fn entry(lines: &mut Lines<'_>) -> Read<Entry> {
    let Some(first) = lines.take() else { return lines.refuse("a request is expected") };
    let line = lines.number();
    let Some(method) = method_of(first) else {
        return lines.refuse(format!("a request is expected, such as GET {{{{base_url}}}}/path, not {first:?}"));
    };
    let url = first[method.len()..].trim();
    if url.is_empty() || url.contains(char::is_whitespace) || url.contains('#') {
        return lines.refuse("the address must be one word without #");
    }
    let mut request = Request { method: method.to_owned(), url: url.to_owned(), ..Request::default() };
    let mut answered = None;
    while let Some(next) = lines.peek() {
        if method_of(next).is_some() {
            break;
        }
        if let Some(status) = next.strip_prefix("HTTP") {
            lines.take();
            answered = Some(response(lines, status)?);
            break;
        }
        request_line(lines, &mut request)?;
    }
    Ok(Entry { line, request, answered })
}

fn request_line(lines: &mut Lines<'_>, request: &mut Request) -> Read<()> {
    let Some(line) = lines.peek() else { return Ok(()) };
    if request.body.is_some() {
        lines.take();
        return lines.refuse(format!("after the body comes HTTP or the next request, not {line:?}"));
    }
    match section(line) {
        Some("Query" | "QueryStringParams") => {
            lines.take();
            request.query.extend(pairs(lines)?);
        }
        Some("Options") => {
            lines.take();
            options(lines, request)?;
        }
        Some(other) => {
            lines.take();
            return lines.refuse(format!("the section [{other}] is not known in a request: Query, Options"));
        }
        None if line.starts_with(['{', '[']) => request.body = Some(json_body(lines)?),
        None => request.headers.push(pair(lines)?),
    }
    Ok(())
}

/// The name of a section, where the line begins one.
fn section(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    (!name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic())).then_some(name)
}

fn is_pair(line: &str) -> bool {
    section(line).is_none() && !line.starts_with(['{', '[']) && method_of(line).is_none() && !line.starts_with("HTTP")
}

fn pairs(lines: &mut Lines<'_>) -> Read<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    while lines.peek().is_some_and(is_pair) {
        pairs.push(pair(lines)?);
    }
    Ok(pairs)
}

/// `name: value`. Escapes and comments behind a value are refused, for what they would mean is easily misread.
fn pair(lines: &mut Lines<'_>) -> Read<(String, String)> {
    let line = lines.take().unwrap_or_default();
    let Some((name, value)) = line.split_once(':') else {
        return lines.refuse(format!("NAME: VALUE is expected, not {line:?}"));
    };
    if name.is_empty() || name.contains(char::is_whitespace) || line.contains(['\\', '#']) {
        return lines.refuse("a name is one word, and neither \\ nor # is known in NAME: VALUE");
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

fn options(lines: &mut Lines<'_>, request: &mut Request) -> Read<()> {
    while lines.peek().is_some_and(is_pair) {
        let (name, value) = pair(lines)?;
        match (name.as_str(), value.parse::<u32>(), duration(&value)) {
            ("retry", Ok(times), _) => request.options.retry = times,
            ("retry-interval", _, Some(interval)) => request.options.retry_interval = interval,
            _ => return lines.refuse(format!("the option {name}: {value} is not known: retry, retry-interval")),
        }
    }
    Ok(())
}

/// `100ms`, `2s`; a bare number is milliseconds.
fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number = digits.parse().ok()?;
    match unit {
        "" | "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

/// Lines until the brackets are closed. Where variables stand anything may come, so the rest is checked around them.
fn json_body(lines: &mut Lines<'_>) -> Read<String> {
    let mut body = String::new();
    loop {
        let Some(line) = lines.lines.get(lines.at) else { return lines.refuse("the JSON body does not end") };
        lines.at += 1;
        body.push_str(line);
        body.push('\n');
        let mut probe = body.clone();
        for name in names_in(&body) {
            for form in [format!("{{{{{name}}}}}"), format!("{{{{ {name} }}}}")] {
                probe = probe.replace(&form, "0");
            }
        }
        match serde_json::from_str::<serde::de::IgnoredAny>(&probe) {
            Ok(_) => return Ok(body.trim().to_owned()),
            Err(error) if error.is_eof() => {}
            Err(error) => return lines.refuse(format!("the JSON body cannot be read: {error}")),
        }
    }
}

fn response(lines: &mut Lines<'_>, status: &str) -> Read<Answered> {
    let status = match status.trim() {
        "*" => None,
        code => match code.parse::<u16>() {
            Ok(code) if status.starts_with(' ') && (100..600).contains(&code) => Some(code),
            _ => return lines.refuse("HTTP and a status such as 200, or *, is expected"),
        },
    };
    let mut answered = Answered { status, ..Answered::default() };
    while let Some(line) = lines.peek() {
        if method_of(line).is_some() {
            break;
        }
        match section(line) {
            Some("Asserts") => {
                lines.take();
                asserts(lines, &mut answered.asserts)?;
            }
            Some("Captures") => {
                lines.take();
                captures(lines, &mut answered.captures)?;
            }
            Some(other) => {
                lines.take();
                return lines.refuse(format!("the section [{other}] is not known in a response: Captures, Asserts"));
            }
            None if line.starts_with(['{', '[']) => {
                lines.take();
                return lines.refuse("the body that is expected stands in the TOML beside the file, not here");
            }
            None => answered.headers.push(pair(lines)?),
        }
    }
    Ok(answered)
}

fn captures(lines: &mut Lines<'_>, captures: &mut Vec<(String, Query)>) -> Read<()> {
    while lines.peek().is_some_and(is_pair) {
        let line = lines.take().unwrap_or_default();
        let Some((name, query_text)) = line.split_once(':') else {
            return lines.refuse("NAME: QUERY is expected, such as id: jsonpath \"$.data.id\"");
        };
        let mut words = Words::of(query_text);
        let query = query(&mut words).or_else(|what| lines.refuse(what))?;
        if !words.is_done() {
            return lines.refuse("filters are not known in a capture");
        }
        captures.push((name.trim().to_owned(), query));
    }
    Ok(())
}

fn asserts(lines: &mut Lines<'_>, asserts: &mut Vec<Assertion>) -> Read<()> {
    while lines.peek().is_some_and(is_pair) {
        let source = lines.take().unwrap_or_default();
        let mut words = Words::of(source);
        let (query, negated, predicate) = assertion(&mut words).or_else(|what| lines.refuse(what))?;
        asserts.push(Assertion { line: lines.number(), source: source.to_owned(), query, negated, predicate });
    }
    Ok(())
}

fn assertion(words: &mut Words<'_>) -> Result<(Query, bool, Predicate), String> {
    let mut query = query(words)?;
    if words.takes("count") {
        query = match query {
            Query::JsonPath(path) => Query::JsonPathCount(path),
            _ => return Err("count is known behind a jsonpath only".to_owned()),
        };
    }
    let negated = words.takes("not");
    let predicate = predicate(words)?;
    if words.is_done() {
        Ok((query, negated, predicate))
    } else {
        Err("something stands behind the predicate".to_owned())
    }
}

fn query(words: &mut Words<'_>) -> Result<Query, String> {
    match words.word() {
        Some("status") => Ok(Query::Status),
        Some("header") => Ok(Query::Header(words.quoted()?)),
        Some("jsonpath") => {
            let path: Path = words.quoted()?.parse()?;
            // What a wildcard that finds one value gives differs between versions of hurl.
            if path.is_definite() {
                Ok(Query::JsonPath(path))
            } else {
                Err("[*] is not known in a jsonpath here".to_owned())
            }
        }
        other => Err(format!("the query {} is not known: status, header, jsonpath", other.unwrap_or("(none)"))),
    }
}

fn predicate(words: &mut Words<'_>) -> Result<Predicate, String> {
    Ok(match words.word().unwrap_or("(none)") {
        "==" => Predicate::Equal(words.operand()?),
        "!=" => Predicate::NotEqual(words.operand()?),
        ">" => Predicate::Greater(words.operand()?),
        ">=" => Predicate::GreaterOrEqual(words.operand()?),
        "<" => Predicate::Less(words.operand()?),
        "<=" => Predicate::LessOrEqual(words.operand()?),
        "startsWith" => Predicate::StartsWith(words.quoted()?),
        "endsWith" => Predicate::EndsWith(words.quoted()?),
        "contains" => Predicate::Contains(words.operand()?),
        "matches" => Predicate::Matches(words.regex()?),
        "exists" => Predicate::Exists,
        "isEmpty" => Predicate::IsEmpty,
        "isInteger" => Predicate::IsInteger,
        "isNumber" => Predicate::IsNumber,
        "isString" => Predicate::IsString,
        "isBoolean" => Predicate::IsBoolean,
        "isCollection" => Predicate::IsCollection,
        "isList" => Predicate::IsList,
        "isObject" => Predicate::IsObject,
        other => return Err(format!("the predicate {other} is not known here")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::syntax::Operand;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_case_is_read_in_full() {
        let entries = parse(
            r#"# A comment
POST {{base_url}}/api/admin/shooter/phone/add
x-token: {{token}}
[Options]
retry: 3
retry-interval: 100ms
{
  "phone": "{{phone}}",
  "n": {{n}}
}
HTTP 200
content-type: application/json
[Captures]
id: jsonpath "$.data.id"
[Asserts]
jsonpath "$.code" == 0          # fine
jsonpath "$.data.list" count >= 1
header "new-token" not exists
jsonpath "$.msg" matches /^a\/b$/
jsonpath "$.data.id" == {{id}}

GET {{base_url}}/api/admin/me
[Query]
page: 1
"#,
        )
        .unwrap();
        assert_eq!(entries.len(), 2);
        let first = &entries[0];
        assert_eq!((first.line, first.request.method.as_str()), (2, "POST"));
        assert_eq!((first.request.options.retry, first.request.options.retry_interval.as_millis()), (3, 100));
        assert!(first.request.body.as_ref().unwrap().ends_with('}'));
        let answered = first.answered.as_ref().unwrap();
        assert_eq!((answered.status, answered.captures.len(), answered.asserts.len()), (Some(200), 1, 5));
        assert_eq!(answered.asserts[0].predicate, Predicate::Equal(Operand::Literal(json!(0))));
        assert!(answered.asserts[2].negated);
        assert_eq!(answered.asserts[3].predicate, Predicate::Matches("^a/b$".to_owned()));
        assert_eq!(entries[1].request.query, [("page".to_owned(), "1".to_owned())]);
        assert!(entries[1].answered.is_none());
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        let refused = [
            ("", "line 1: the file holds no request"),
            ("FETCH http://x", "line 1: a request is expected"),
            ("GET http://x\nHTTP/1.1 200", "line 2: HTTP and a status"),
            ("GET http://x\n[Cookies]\na: b", "line 2: the section [Cookies]"),
            ("GET http://x\n[Options]\ninsecure: true", "line 3: the option insecure"),
            ("GET http://x\nHTTP 200\n[Asserts]\nxpath \"//a\" exists", "line 4: the query xpath"),
            ("GET http://x\nHTTP 200\n[Asserts]\nstatus isIpv4", "line 4: the predicate isIpv4"),
            ("GET http://x\nHTTP 200\n[Asserts]\nstatus == 1.5", "line 4: 1.5 is no value"),
            ("GET http://x\nHTTP 200\n[Asserts]\njsonpath \"$.a[*]\" exists", "line 4: [*] is not known"),
            ("GET http://x\nHTTP 200\n[Asserts]\njsonpath \"$.a\" nth 0 == 1", "line 4: the predicate nth"),
            ("GET http://x\nHTTP 200\n{\"a\":1}", "line 3: the body that is expected"),
            ("POST http://x\n{\"a\":1}\nx-token: t", "line 3: after the body"),
            ("POST http://x\n{\"a\":", "line 2: the JSON body does not end"),
            ("POST http://x\n{a}", "line 2: the JSON body cannot be read"),
            ("GET http://x\nx-a: b # c", "line 2: a name is one word"),
            ("GET http://x\n```\ntext\n```", "line 2: NAME: VALUE is expected"),
        ];
        for (text, told) in refused {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
    }
}
