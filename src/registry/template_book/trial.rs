//! Templates tried on stored messages: what a suggestion would do, and back-tests. Nothing of it is stored, and the
//! messages are read beside the writer, some at a time.

use std::sync::Arc;

use actix::Message;

use super::{TemplateBook, off_thread, senders_of, tried};
use crate::contract::page::{cursor_of, id_of_cursor};
use crate::contract::template_trial::{
    BACKTEST_MAX, BacktestDone, BacktestInput, MarkInput, SuggestDone, SuggestExample, SuggestHistory, SuggestInput,
    TrialSample,
};
use crate::domain::refusal::Refusal;
use crate::domain::template::compare::{Change, change};
use crate::domain::template::suggest::{Example, Mark, Wanted, suggest};
use crate::domain::template::{TemplateBook as Book, TemplateEntry, TemplateSpec};
use crate::domain::text::normalise;
use crate::store::Store;
use crate::store::template_history::{HistoryQuery, ReadMessage};
use crate::supervision::{Context, Serve, Serving};

/// Messages that are read at once.
const AT_ONCE: u64 = 250;
/// Messages that a suggestion is shown on.
const SUGGESTED_ON: u64 = 1_000;
/// Messages of a back-test where no number is asked for.
const BACKTESTED: u64 = 1_000;
/// How far one question looks back, in messages of all senders.
const LOOKED_BACK: i64 = 50_000;
/// Messages that an answer shows.
const SHOWN: usize = 20;
/// The id of a template that is not stored.
const UNSTORED: i64 = 0;

/// Makes a template of examples; stores nothing.
#[derive(Debug, Message)]
#[rtype(result = "Result<SuggestDone, Refusal>")]
pub struct SuggestTemplate {
    /// The examples.
    pub input: SuggestInput,
}

/// Tries a stored template on stored messages; changes nothing.
#[derive(Debug, Message)]
#[rtype(result = "Result<BacktestDone, Refusal>")]
pub struct BacktestTemplate {
    /// Which.
    pub id: i64,
    /// On which messages.
    pub input: BacktestInput,
}

impl Serve<SuggestTemplate> for TemplateBook {
    fn serve<'a>(
        &'a mut self,
        msg: SuggestTemplate,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<SuggestDone, Refusal>> {
        Serving::detached(suggested(self.store.clone(), msg.input))
    }
}

impl Serve<BacktestTemplate> for TemplateBook {
    fn serve<'a>(
        &'a mut self,
        msg: BacktestTemplate,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<BacktestDone, Refusal>> {
        Serving::detached(backtested(self.store.clone(), msg.id, msg.input))
    }
}

async fn suggested(store: Store, input: SuggestInput) -> Result<SuggestDone, Refusal> {
    let now = store.now();
    let (spec, compiled, results) = off_thread(move || {
        let examples: Vec<Example> = input.examples.into_iter().map(example).collect();
        let wanted = Wanted {
            currency: input.currency.unwrap_or_else(|| "KRW".to_owned()),
            timezone: input.timezone.unwrap_or_else(|| "Asia/Seoul".to_owned()),
            senders: input.senders.unwrap_or_else(|| vec!["*".to_owned()]),
            direction: input.direction,
        };
        let (spec, compiled) = suggest(&examples, &wanted).map_err(Refusal::Invalid)?;
        let results = examples.iter().map(|example| tried(&compiled, &example.text, now)).collect();
        Ok((spec, compiled, results))
    })
    .await?;
    let warnings = compiled.warnings.clone();
    let query = HistoryQuery { senders: senders_of(&spec), ..HistoryQuery::default() };
    let entry = TemplateEntry { id: UNSTORED, version: 0, spec: Arc::new(spec.clone()), compiled: Arc::new(compiled) };
    let book = book_with(&store, entry).await?;
    let trial = Trial::over(&store, &book, UNSTORED, query, SUGGESTED_ON).await?;
    let history = SuggestHistory {
        examined: trial.examined,
        matched: trial.matched,
        new: trial.new,
        changed: trial.changed,
        samples: trial.samples(),
    };
    Ok(SuggestDone { template: spec, warnings, results, history })
}

fn example(input: SuggestExample) -> Example {
    let fields = input.fields.into_iter().map(|(field, mark)| {
        let mark = match mark {
            MarkInput::Value(value) => Mark { value, place: None },
            MarkInput::Placed(placed) => Mark { value: placed.value, place: Some((placed.start, placed.end)) },
        };
        (field, mark)
    });
    Example { text: input.text, fields: fields.collect() }
}

async fn backtested(store: Store, id: i64, input: BacktestInput) -> Result<BacktestDone, Refusal> {
    let limit = input.limit.unwrap_or(BACKTESTED);
    if !(1..=BACKTEST_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("must be 1 to {BACKTEST_MAX}")));
    }
    let before = match input.cursor {
        None => None,
        Some(cursor) => {
            Some(id_of_cursor(&cursor).ok_or_else(|| Refusal::invalid("cursor", "is no cursor of a back-test"))?)
        }
    };
    let found = store.template(id).await?;
    let (version, spec) = found.ok_or_else(|| Refusal::NotFound(format!("there is no template {id}")))?;
    let query = HistoryQuery { senders: senders_of(&spec), since: input.since, before, above: 0 };
    let entry = off_thread(move || {
        let compiled = Arc::new(spec.compile().map_err(Refusal::Invalid)?);
        let spec = Arc::new(TemplateSpec { enabled: true, ..spec });
        Ok(TemplateEntry { id, version, spec, compiled })
    })
    .await?;
    let book = book_with(&store, entry).await?;
    let trial = Trial::over(&store, &book, id, query, limit).await?;
    Ok(BacktestDone {
        examined: trial.examined,
        new: trial.new,
        lost: trial.lost,
        changed: trial.changed,
        next_cursor: trial.goes_on_before.map(cursor_of),
        samples: trial.changes,
    })
}

/// The templates in use, with `entry` among them or in the place of its stored form.
async fn book_with(store: &Store, entry: TemplateEntry) -> Result<Arc<Book>, Refusal> {
    let stored = store.templates_enabled().await?;
    off_thread(move || {
        let mut entries = vec![];
        for (id, version, spec) in stored {
            // One that no longer compiles is not in use either; the parser logs it.
            if let (true, Ok(compiled)) = (id != entry.id, spec.compile()) {
                entries.push(TemplateEntry { id, version, spec: Arc::new(spec), compiled: Arc::new(compiled) });
            }
        }
        entries.push(entry);
        Ok(Arc::new(Book::build(entries)))
    })
    .await
}

/// What a template does to stored messages.
#[derive(Debug, Default)]
struct Trial {
    examined: u64,
    matched: u64,
    new: u64,
    lost: u64,
    changed: u64,
    changes: Vec<TrialSample>,
    same: Vec<TrialSample>,
    goes_on_before: Option<i64>,
}

impl Trial {
    /// Tries the template `id` of `book` on at most `limit` messages, and no further back than [`LOOKED_BACK`].
    async fn over(
        store: &Store,
        book: &Arc<Book>,
        id: i64,
        mut query: HistoryQuery,
        limit: u64,
    ) -> Result<Self, Refusal> {
        let newest = match query.before {
            Some(before) => before,
            None => store.newest_sms_id().await?.saturating_add(1),
        };
        query.above = newest.saturating_sub(LOOKED_BACK).max(0);
        let mut trial = Self::default();
        loop {
            let wanted = AT_ONCE.min(limit.saturating_sub(trial.examined));
            let messages = store.read_messages(&query, wanted).await?;
            let found = u64::try_from(messages.len()).unwrap_or(u64::MAX);
            let last = messages.last().map(|message| message.sms_id);
            let book = Arc::clone(book);
            trial = off_thread(move || {
                for message in &messages {
                    trial.take(&book, id, message);
                }
                Ok(trial)
            })
            .await?;
            query.before = last.or(query.before);
            if found < wanted {
                // Older messages than were looked at, if any.
                trial.goes_on_before = (query.above > 0).then_some(query.above + 1);
                return Ok(trial);
            }
            if trial.examined >= limit {
                trial.goes_on_before = last.filter(|last| *last > 1);
                return Ok(trial);
            }
        }
    }

    fn take(&mut self, book: &Book, id: i64, message: &ReadMessage) {
        self.examined += 1;
        let parsed = book.parse(&message.sender_key, &normalise(&message.text), message.received_at);
        self.matched += u64::from(parsed.fitting.contains(&id));
        let Some(change) = change(id, &message.recorded, &parsed, message.received_at) else { return };
        let shown = match change {
            Change::New => &mut self.new,
            Change::Lost => &mut self.lost,
            Change::Changed => &mut self.changed,
            Change::Same => &mut 0,
        };
        *shown += 1;
        let samples = if change == Change::Same { &mut self.same } else { &mut self.changes };
        if samples.len() < SHOWN {
            let was_read = message.recorded.template_id.is_some();
            samples.push(TrialSample {
                sms_id: message.sms_id,
                change,
                received_at: message.received_at,
                text: message.text.clone(),
                before: if was_read { message.recorded.fields.to_map() } else { std::collections::BTreeMap::new() },
                after: parsed.reading.map(|(_, _, reading)| reading.fields.to_map()).unwrap_or_default(),
                flags: parsed.flags,
            });
        }
    }

    /// What changes, then what does not.
    fn samples(self) -> Vec<TrialSample> {
        self.changes.into_iter().chain(self.same).take(SHOWN).collect()
    }
}

#[cfg(test)]
mod tests;
