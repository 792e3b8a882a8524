//! Reads a stream of server-sent events, in whatever pieces it comes. Pure.

/// One event is a small object: what is longer is none of ours.
const FRAME_MAX: usize = 1024 * 1024;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// An event.
    Event {
        /// What names it for those who come back; none where it is not stored.
        id: Option<i64>,
        /// Its kind.
        kind: String,
        /// Its data.
        data: String,
    },
    /// A comment, or an event without data: a sign of life.
    Beat,
}

/// The stream says what no stream of events says, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event stream cannot be read: {0}")]
pub struct Unreadable(&'static str);

/// Reads frames out of bytes.
#[derive(Debug, Default)]
pub struct Reader {
    /// The line that has not ended yet.
    line: Vec<u8>,
    id: Option<i64>,
    kind: String,
    data: String,
    /// Whether the frame has had a line.
    begun: bool,
}

impl Reader {
    /// Takes bytes, and gives the frames that end in them.
    ///
    /// # Errors
    /// Where a frame is longer than any of recon's, or no UTF-8.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, Unreadable> {
        let mut frames = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if self.line.len() + self.data.len() > FRAME_MAX {
                return Err(Unreadable("a frame is too long"));
            }
            if self.line.last() != Some(&b'\n') {
                break;
            }
            let line = std::mem::take(&mut self.line);
            let line = std::str::from_utf8(&line).map_err(|_| Unreadable("a line is no UTF-8"))?;
            frames.extend(self.line(line.trim_end_matches(['\n', '\r'])));
        }
        Ok(frames)
    }

    fn line(&mut self, line: &str) -> Option<Frame> {
        if line.is_empty() {
            return std::mem::take(&mut self.begun).then(|| self.frame());
        }
        self.begun = true;
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.id = value.parse().ok(),
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            _ => {}
        }
        None
    }

    fn frame(&mut self) -> Frame {
        let (id, kind, data) = (self.id.take(), std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
        if data.is_empty() { Frame::Beat } else { Frame::Event { id, kind, data } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: Option<i64>, kind: &str, data: &str) -> Frame {
        Frame::Event { id, kind: kind.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn frames_are_read_in_whatever_pieces_they_come() {
        let stream = "retry: 2000\n\nid: 7\nevent: sms.created\ndata: {\"id\":41}\n\n: heartbeat\n\n\
                      event: top_info\ndata: {\"name\":\"홍길동\"}\r\n\r\n";
        let frames = vec![
            Frame::Beat,
            event(Some(7), "sms.created", r#"{"id":41}"#),
            Frame::Beat,
            event(None, "top_info", r#"{"name":"홍길동"}"#),
        ];
        for size in [1, 2, 3, 7, stream.len()] {
            let mut reader = Reader::default();
            let read: Vec<Frame> =
                stream.as_bytes().chunks(size).flat_map(|piece| reader.take(piece).unwrap()).collect();
            assert_eq!(read, frames, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_stream_of_events_is_refused() {
        let mut reader = Reader::default();
        reader.take(&vec![b'x'; FRAME_MAX]).unwrap();
        reader.take(b"x").unwrap_err();
        Reader::default().take(b"data: \xff\n").unwrap_err();
    }
}
