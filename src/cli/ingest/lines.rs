//! Reads JSON lines, giving each message an id that is the same at every run.
//!
//! A line without an id gets the hash of its sender, text, time and line, and of how many equal lines stand above it in the
//! file. So the same file gives the same ids, also after other lines were put in, moved or taken out, and two equal lines
//! stay two messages.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The longest line that is posted: a request carries a mebibyte at most.
pub(super) const LINE_BYTES_MAX: usize = 1_000_000;

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Blank,
    /// A message as JSON, with its id.
    Message { id: Value, json: String },
    /// Something that cannot be posted, and why.
    Bad(String),
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    pub(super) content: Content,
    /// How far the file is read with it.
    pub(super) mark: Mark,
}

/// How far a file is read: the bytes so far and their hash, which tells whether they are the same at the next run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

/// The lines of a file, in order.
pub(super) struct Lines<R> {
    reader: R,
    number: u64,
    bytes: u64,
    hash: Sha256,
    /// How often each content without an id was seen.
    seen: HashMap<[u8; 32], u64>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, number: 0, bytes: 0, hash: Sha256::new(), seen: HashMap::new() }
    }

    /// The next line; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(2);
        self.reader.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        self.note(&bytes);
        let too_long = bytes.len() > LINE_BYTES_MAX + 1 && bytes.last() != Some(&b'\n');
        let content = if too_long {
            self.skip_line()?;
            Content::Bad(format!("it is longer than {LINE_BYTES_MAX} bytes"))
        } else {
            self.content(&bytes)
        };
        let mark = Mark { bytes: self.bytes, sha256: self.hash.clone().finalize().into() };
        Ok(Some(Line { number: self.number, content, mark }))
    }

    fn note(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }

    /// Reads to the end of a line without keeping it.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(buffer.len(), |end| end + 1);
            let part = buffer.get(..length).unwrap_or_default().to_vec();
            self.reader.consume(length);
            self.note(&part);
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }

    fn content(&mut self, bytes: &[u8]) -> Content {
        let Ok(text) = std::str::from_utf8(bytes) else { return Content::Bad("it is not UTF-8".to_owned()) };
        let text = if self.number == 1 { text.trim_start_matches('\u{feff}') } else { text };
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() {
            return Content::Blank;
        }
        match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(mut message) => match message.get("id") {
                // As it stands: the daemon judges what was written, not what we made of it.
                Some(id) if !id.is_null() => Content::Message { id: id.clone(), json: text.to_owned() },
                _ => {
                    let id = Value::String(self.id_of(&message));
                    message.insert("id".to_owned(), id.clone());
                    Content::Message { id, json: Value::Object(message).to_string() }
                }
            },
            Err(error) if error.is_data() => Content::Bad("it is JSON but no object".to_owned()),
            Err(error) => Content::Bad(format!("it is not JSON: {error}")),
        }
    }

    fn id_of(&mut self, message: &Map<String, Value>) -> String {
        let fields = ["sender", "text", "received_at", "line"].map(|name| message.get(name).unwrap_or(&Value::Null));
        let content: [u8; 32] = Sha256::digest(Value::from_iter(fields.map(Clone::clone)).to_string()).into();
        let above = self.seen.entry(content).or_insert(0);
        let mut hash = Sha256::new_with_prefix(content);
        hash.update(above.to_be_bytes());
        *above += 1;
        let digest: [u8; 32] = hash.finalize().into();
        format!("line-{}", hex::encode(digest.get(..16).unwrap_or(&digest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(file: &[u8]) -> Vec<Content> {
        let mut lines = Lines::new(file);
        std::iter::from_fn(|| lines.next().unwrap()).map(|line| line.content).collect()
    }

    fn ids(file: &str) -> Vec<String> {
        let id = |content| match content {
            Content::Message { id, .. } => id.as_str().unwrap().to_owned(),
            other => panic!("{other:?}"),
        };
        contents(file.as_bytes()).into_iter().map(id).collect()
    }

    const ONE: &str = r#"{"sender":"15881688","text":"홍길동 50,000원 입금","received_at":"2026-04-22T01:00:00Z"}"#;
    const TWO: &str = r#"{"received_at":"2026-04-22T01:00:00Z","sender":"15881688","text":"김철수 30,000원 입금"}"#;

    #[test]
    fn a_message_with_an_id_is_posted_as_it_stands() {
        let file = b"\xef\xbb\xbf{\"id\": \"a\",  \"x\": 1}\r\n\n  \n{\"id\":7}";
        let message = |id: Value, json: &str| Content::Message { id, json: json.to_owned() };
        assert_eq!(
            contents(file),
            [
                message("a".into(), "{\"id\": \"a\",  \"x\": 1}"),
                Content::Blank,
                Content::Blank,
                message(7.into(), "{\"id\":7}")
            ]
        );
    }

    #[test]
    fn ids_made_of_content_survive_insertions_and_keep_equal_lines_apart() {
        let first = ids(&format!("{ONE}\n{ONE}\n{TWO}\n"));
        assert_ne!(first[0], first[1], "two equal deposits stay two");
        let inserted = ids(&format!("{TWO}\n{ONE}\n{ONE}\n"));
        assert_eq!([&inserted[1], &inserted[2], &inserted[0]], [&first[0], &first[1], &first[2]]);
        let spaced = ids(&ONE.replace(':', ": "));
        assert_ne!(spaced[0], first[0], "another text is another message: a colon within it counts");
    }

    #[test]
    fn what_cannot_be_posted_is_named_and_the_next_line_is_read() {
        let mut file = b"not json\n[1]\n\"text\"\n\xff\xfe\n".to_vec();
        file.extend_from_slice(&vec![b'x'; LINE_BYTES_MAX * 2]);
        file.extend_from_slice(b"\n{\"id\":\"a\"}\n");
        let contents = contents(&file);
        assert_eq!(contents.len(), 6);
        assert!(contents[..5].iter().all(|content| matches!(content, Content::Bad(_))), "{contents:?}");
        assert!(matches!(contents[5], Content::Message { .. }));
    }

    #[test]
    fn the_mark_is_the_hash_of_all_bytes_so_far() {
        let file = b"{\"id\":\"a\"}\n\n";
        let mut lines = Lines::new(file.as_slice());
        let mut last = None;
        while let Some(line) = lines.next().unwrap() {
            last = Some(line.mark);
        }
        assert_eq!(last.unwrap(), Mark { bytes: 12, sha256: Sha256::digest(file).into() });
    }
}
