//! What a Hurl file says, as values.

use std::time::Duration;

use serde_json::Value;

use crate::conformance::path::Path;

/// One request and what is asserted of its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it begins in the file, from 1.
    pub line: usize,
    /// What is sent.
    pub request: Request,
    /// What is asserted; none where the file says nothing of the answer.
    pub answered: Option<Answered>,
}

/// A request, with its `{{variables}}` still in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// In their order.
    pub headers: Vec<(String, String)>,
    /// Query parameters, to be encoded.
    pub query: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<String>,
    /// How it is sent.
    pub options: Options,
}

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How often it is sent again while something asserted does not hold.
    pub retry: u32,
    /// How long is waited in between.
    pub retry_interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { retry: 0, retry_interval: Duration::from_secs(1) }
    }
}

/// What is asserted of an answer and taken from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// The status; none for `HTTP *`.
    pub status: Option<u16>,
    /// Headers with exactly these values.
    pub headers: Vec<(String, String)>,
    /// Variables to be taken.
    pub captures: Vec<(String, Query)>,
    /// The lines of `[Asserts]`.
    pub asserts: Vec<Assertion>,
}

/// What an assertion or a capture looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// The status.
    Status,
    /// A header's value.
    Header(String),
    /// A value of the JSON body.
    JsonPath(Path),
    /// How many elements a value of the JSON body has.
    JsonPathCount(Path),
}

/// One line of `[Asserts]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// The line as it stands there.
    pub source: String,
    /// What is looked at.
    pub query: Query,
    /// Whether the predicate must not hold.
    pub negated: bool,
    /// What must hold.
    pub predicate: Predicate,
}

/// What must hold of a value.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "named as in Hurl")]
pub enum Predicate {
    Equal(Operand),
    NotEqual(Operand),
    Greater(Operand),
    GreaterOrEqual(Operand),
    Less(Operand),
    LessOrEqual(Operand),
    StartsWith(String),
    EndsWith(String),
    Contains(Operand),
    Matches(String),
    Exists,
    IsEmpty,
    IsInteger,
    IsNumber,
    IsString,
    IsBoolean,
    IsCollection,
    IsList,
    IsObject,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A value that stands in the file; a text may hold `{{variables}}`.
    Literal(Value),
    /// A variable with its own type.
    Variable(String),
}

/// Why a Hurl file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct HurlError {
    /// From 1.
    pub line: usize,
    /// What is not known or wrong there.
    pub what: String,
}
