//! Delivers lines batch by batch. Each line ends as taken by the daemon or as refused with a reason; none is passed over.

use std::io::BufRead;

use indicatif::ProgressBar;
use serde_json::Value;

use super::lines::{Content, LINE_BYTES_MAX, Line, Lines, Mark};
use super::post::{Poster, Verdict};
use super::progress::{Progress, Record, Refused};
use crate::cli::CliError;

/// More refused lines than this are no slips: it is the wrong file.
const REFUSED_MAX: usize = 1_000;

/// A message of a line.
#[derive(Clone, Debug)]
struct Message {
    line: u64,
    id: Value,
    json: String,
}

/// Messages of one request, and how far the file is read with them.
#[derive(Debug, Default)]
struct Batch {
    messages: Vec<Message>,
    bytes: usize,
    mark: Option<Mark>,
}

/// The delivery of one file.
pub(super) struct Delivery {
    poster: Poster,
    bar: ProgressBar,
    record: Record,
    progress: Option<Progress>,
}

impl Delivery {
    pub(super) fn new(poster: Poster, bar: ProgressBar, record: Record, progress: Option<Progress>) -> Self {
        Self { poster, bar, record, progress }
    }

    /// Delivers every line; gives what became of them.
    pub(super) async fn run<R: BufRead>(mut self, mut lines: Lines<R>, size: usize) -> Result<Record, CliError> {
        let result = self.deliver_all(&mut lines, size).await;
        self.bar.finish_and_clear();
        if let Err(error @ (CliError::No(_) | CliError::Usage(_))) = &result {
            let so_far = format!("{}, {} refused so far", self.record.counts, self.record.refused.len());
            let sentence = format!("{error} ({so_far})");
            return Err(match error {
                CliError::Usage(_) => CliError::Usage(sentence),
                _ => CliError::No(sentence),
            });
        }
        result?;
        if let Some(progress) = &self.progress {
            progress.finish().map_err(|error| {
                CliError::No(format!("all is delivered, but the progress record cannot be removed: {error}"))
            })?;
        }
        Ok(self.record)
    }

    async fn deliver_all<R: BufRead>(&mut self, lines: &mut Lines<R>, size: usize) -> Result<(), CliError> {
        let mut batch = Batch::default();
        while let Some(line) =
            lines.next().map_err(|error| CliError::No(format!("the file cannot be read on: {error}")))?
        {
            let Line { number, content, mark } = line;
            match content {
                Content::Blank => {}
                Content::Bad(reason) => self.refuse(number, reason)?,
                Content::Message { id, json } => {
                    if batch.messages.len() >= size || batch.bytes + json.len() > LINE_BYTES_MAX {
                        self.flush(&mut batch).await?;
                    }
                    batch.bytes += json.len() + 1;
                    batch.messages.push(Message { line: number, id, json });
                }
            }
            batch.mark = Some(mark);
        }
        self.flush(&mut batch).await
    }

    async fn flush(&mut self, batch: &mut Batch) -> Result<(), CliError> {
        let Batch { messages, mark, .. } = std::mem::take(batch);
        self.deliver(messages).await?;
        if let Some(mark) = mark {
            self.bar.set_position(mark.bytes);
            self.save(&mark);
        }
        Ok(())
    }

    /// Delivers the messages in order, in parts where the daemon refuses the whole for the sake of some.
    async fn deliver(&mut self, messages: Vec<Message>) -> Result<(), CliError> {
        let mut parts = vec![messages];
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            let bodies: Vec<&str> = part.iter().map(|message| message.json.as_str()).collect();
            let bar = self.bar.clone();
            match self.poster.post(&bodies, |text| bar.set_message(text.to_owned())).await? {
                Verdict::Taken(results) => self.count(&part, &results)?,
                Verdict::Wrong { reason, .. } if part.len() == 1 => self.refuse_all(&part, &reason)?,
                Verdict::TooLarge if part.len() == 1 => {
                    self.refuse_all(&part, "413: it is larger than a request may be")?;
                }
                Verdict::Wrong { indexes, .. } if !indexes.is_empty() => {
                    // Each named message is asked for alone, so that it is refused for its own reason; the rest goes on.
                    let (mut wrong, mut rest) = (Vec::new(), Vec::new());
                    for (index, message) in part.into_iter().enumerate() {
                        if indexes.contains(&index) { wrong.push(vec![message]) } else { rest.push(message) }
                    }
                    parts.extend(wrong.into_iter().rev());
                    parts.push(rest);
                }
                Verdict::Wrong { .. } | Verdict::TooLarge => {
                    let mut first = part;
                    let second = first.split_off(first.len() / 2);
                    parts.push(second);
                    parts.push(first);
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, messages: &[Message], results: &[Value]) -> Result<(), CliError> {
        for (message, result) in messages.iter().zip(results) {
            if result.get("id").is_some_and(|id| !id.is_null() && *id != message.id) {
                return Err(CliError::No(format!("the answer for line {} speaks of another message", message.line)));
            }
            let counts = &mut self.record.counts;
            match result.get("status").and_then(Value::as_str) {
                Some("stored") => counts.stored += 1,
                Some("duplicate") => counts.duplicate += 1,
                Some("held") => counts.held += 1,
                Some("ignored") => counts.ignored += 1,
                other => {
                    return Err(CliError::No(format!(
                        "line {} was answered with the unknown status {other:?}",
                        message.line
                    )));
                }
            }
        }
        Ok(())
    }

    fn refuse_all(&mut self, messages: &[Message], reason: &str) -> Result<(), CliError> {
        messages.iter().try_for_each(|message| self.refuse(message.line, reason.to_owned()))
    }

    fn refuse(&mut self, line: u64, reason: String) -> Result<(), CliError> {
        self.record.refused.push(Refused { line, reason });
        if self.record.refused.len() <= REFUSED_MAX {
            return Ok(());
        }
        let last = self.record.refused.last().map(|refused| refused.reason.as_str()).unwrap_or_default();
        Err(CliError::No(format!(
            "more than {REFUSED_MAX} lines were refused, line {line} because {last}: is this the right file?"
        )))
    }

    /// A record that cannot be written costs only a resumption, so the delivery goes on and says so.
    fn save(&mut self, mark: &Mark) {
        if let Some(progress) = &self.progress
            && let Err(error) = progress.save(&mut self.record, mark)
        {
            self.bar
                .suspend(|| eprintln!("recon: warning: no progress is kept, a second run would start over: {error}"));
            self.progress = None;
        }
    }
}
