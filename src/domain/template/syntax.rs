//! The typed template language: from the operator's pattern to its parts.

use super::field::{FieldName, FieldType};
use crate::domain::text::normalise_literal;

/// How deep optional parts and alternatives may stand in each other.
const DEEPEST: usize = 4;

/// A part of a typed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Text that must stand there, without white space.
    Literal(String),
    /// White space, by the rule of white space.
    Space,
    /// A field, and the character of the pattern where it stands (from 1).
    Field(FieldName, FieldType, usize),
    /// `{_}`: at least one character of the line (`{_:word}`: of the word), read by nobody; where it stands, and whether
    /// it is a word.
    Skip(usize, bool),
    /// `<a|b>`: one of them, the first that fits.
    Alternatives(Vec<Vec<Node>>),
    /// `[[...]]`: there or not.
    Optional(Vec<Node>),
}

/// A pattern that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// The character it is about, counted from 1.
    pub(super) at: usize,
    /// What is wrong, as a clause.
    pub(super) reason: String,
}

/// The parts of `pattern`, and what its author should know.
pub(super) fn parse(pattern: &str) -> Result<(Vec<Node>, Vec<String>), SyntaxError> {
    let mut parser = Parser { chars: pattern.chars().collect(), at: 0, depth: 0, warnings: Vec::new() };
    let nodes = parser.sequence(Until::End)?;
    Ok((nodes, parser.warnings))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    End,
    OptionalClose,
    AlternativeClose,
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    depth: usize,
    warnings: Vec<String>,
}

impl Parser {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn error<T>(at: usize, reason: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError { at: at + 1, reason: reason.into() })
    }

    fn sequence(&mut self, until: Until) -> Result<Vec<Node>, SyntaxError> {
        let mut nodes = Vec::new();
        let mut literal = String::new();
        // A `]` that closes a bracket of the text is text, also where `]]` would close the optional part.
        let mut open_brackets = 0_usize;
        while let Some(c) = self.peek(0) {
            match c {
                '\\' => {
                    let Some(next) = self.peek(1) else {
                        return Self::error(self.at, "`\\` needs a character behind it");
                    };
                    literal.push(next);
                    self.at += 2;
                }
                '|' | '>' if until == Until::AlternativeClose => break,
                ']' if until == Until::OptionalClose && self.peek(1) == Some(']') && open_brackets == 0 => break,
                '{' => {
                    flush(&mut literal, &mut nodes);
                    let field = self.field()?;
                    nodes.push(field);
                }
                '[' if self.peek(1) == Some('[') => {
                    flush(&mut literal, &mut nodes);
                    let optional = self.optional()?;
                    nodes.push(optional);
                }
                '<' if self.is_alternatives() => {
                    flush(&mut literal, &mut nodes);
                    let alternatives = self.alternatives()?;
                    nodes.push(alternatives);
                }
                _ if c.is_whitespace() => {
                    flush(&mut literal, &mut nodes);
                    if nodes.last() != Some(&Node::Space) {
                        nodes.push(Node::Space);
                    }
                    self.at += 1;
                }
                _ => {
                    match c {
                        '[' => open_brackets += 1,
                        ']' => open_brackets = open_brackets.saturating_sub(1),
                        _ => {}
                    }
                    literal.push(c);
                    self.at += 1;
                }
            }
        }
        flush(&mut literal, &mut nodes);
        Ok(nodes)
    }

    /// `{name}`, `{name:type}` or `{_}`.
    fn field(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        let Some(len) = self.chars[start..].iter().position(|c| *c == '}') else {
            return Self::error(start, "`{` is not closed by `}`; for the character itself write `\\{`");
        };
        let inside: String = self.chars[start + 1..start + len].iter().collect();
        self.at = start + len + 1;
        let (name, kind) = match inside.split_once(':') {
            Some((name, kind)) => (name.trim(), Some(kind.trim())),
            None => (inside.trim(), None),
        };
        if name == "_" || name == "무시" {
            return match kind {
                None | Some("text") => Ok(Node::Skip(start + 1, false)),
                Some("word") => Ok(Node::Skip(start + 1, true)),
                Some(kind) => Self::error(start, format!("`{{_}}` is a text or a word, not `{kind}`")),
            };
        }
        let Some(field) = FieldName::of(name) else {
            let known: Vec<&str> = FieldName::ALL.iter().map(|field| field.as_str()).collect();
            return Self::error(start, format!("there is no field `{name}`; the fields are _, {}", known.join(", ")));
        };
        let kind = match kind {
            None => field.default_type(),
            Some(kind) => match kind.parse::<FieldType>() {
                Ok(kind) if field.takes(kind) => kind,
                Ok(kind) => return Self::error(start, format!("`{field}` cannot be read as `{kind}`")),
                Err(unknown) => return Self::error(start, format!("the type {unknown}")),
            },
        };
        Ok(Node::Field(field, kind, start + 1))
    }

    fn optional(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        self.descend(start)?;
        self.at += 2;
        let inner = self.sequence(Until::OptionalClose)?;
        if self.peek(0).is_none() {
            return Self::error(start, "`[[` is not closed by `]]`; for the brackets themselves write `\\[\\[`");
        }
        self.at += 2;
        self.depth -= 1;
        if inner.is_empty() {
            return Self::error(start, "the optional part is empty");
        }
        Ok(Node::Optional(inner))
    }

    /// Whether the `<` here begins alternatives: a `|` follows before the next `>`. A bank's name in `<>` is text.
    fn is_alternatives(&mut self) -> bool {
        let mut rest = self.chars[self.at + 1..].iter();
        while let Some(c) = rest.next() {
            match c {
                '\\' => {
                    rest.next();
                }
                '|' => return true,
                '>' => {
                    self.warnings.push(format!(
                        "character {}: `<...>` without `|` is taken as text, brackets included",
                        self.at + 1
                    ));
                    return false;
                }
                _ => {}
            }
        }
        false
    }

    fn alternatives(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        self.descend(start)?;
        let mut branches = Vec::new();
        loop {
            self.at += 1;
            branches.push(self.sequence(Until::AlternativeClose)?);
            match self.peek(0) {
                Some('|') => {}
                Some(_) => break,
                None => return Self::error(start, "`<` is not closed by `>`; for the character itself write `\\<`"),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Node::Alternatives(branches))
    }

    fn descend(&mut self, start: usize) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Self::error(start, format!("parts stand more than {DEEPEST} deep in each other"));
        }
        Ok(())
    }
}

/// Ends a literal. It is normalised as the texts are, which may put spaces into it.
fn flush(literal: &mut String, nodes: &mut Vec<Node>) {
    if literal.is_empty() {
        return;
    }
    let text = normalise_literal(literal);
    literal.clear();
    let mut first = true;
    for part in text.split(' ') {
        if !first && nodes.last() != Some(&Node::Space) {
            nodes.push(Node::Space);
        }
        first = false;
        if !part.is_empty() {
            nodes.push(Node::Literal(part.to_owned()));
        }
    }
}
