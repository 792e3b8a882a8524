//! Reads amount and depositor with the operators' templates: `accepted` becomes `parsed`, `ignored` or `unparsed`.

use crate::telemetry::names;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use entity::sms;

use super::BATCH;
use super::retry::{self, note_failures};
use super::stage::{self, Stage};
use crate::domain::flags::{Flag, Flags};
use crate::domain::sms::{Direction, SmsState};
use crate::domain::template::{Parsed, Reading, TemplateBook, TemplateEntry, TemplateSpec};
use crate::domain::text::normalise;
use crate::domain::time::UnixMs;
use crate::store::Store;
use crate::store::sender::key_of;
use crate::store::settings::Revised;
use crate::store::sms_change::{is_synthetic, replace_flags, system_review};
use crate::store::stage::Step;
use crate::supervision::{Child, Context, Nudger};

/// The kind of this loop.
pub const KIND: &str = "template_parser";

/// The flags that parsing owns: it sets them anew each time.
const PARSING_FLAGS: Flags = Flags::NONE
    .with(Flag::SuspiciousText)
    .with(Flag::AmbiguousTemplate)
    .with(Flag::Negated)
    .with(Flag::ZeroAmount)
    .with(Flag::OverMaximum)
    .with(Flag::FinancialUnparsed)
    // It has been read: whatever stood still before does no longer.
    .with(Flag::RetriesExhausted);

/// The actor.
#[derive(Debug)]
pub struct TemplateParser {
    store: Store,
    matcher: Nudger,
    period: Duration,
    revision: Option<i64>,
    library: Arc<Library>,
}

/// The templates in use, as one set.
#[derive(Debug, Default)]
struct Library {
    book: TemplateBook,
    /// After how many characters a template's bank cuts names, by template.
    name_max: HashMap<i64, i64>,
}

impl TemplateParser {
    /// A parser that wakes the matcher, and looks by itself each `period`.
    #[must_use]
    pub fn new(store: Store, matcher: Nudger, period: Duration) -> Self {
        Self { store, matcher, period, revision: None, library: Arc::default() }
    }

    /// Compiles the templates anew where they have changed: off this thread, and swapped as a whole.
    async fn reload(&mut self) -> anyhow::Result<()> {
        let revision = self.store.revision(Revised::Templates).await?;
        if self.revision == Some(revision) {
            return Ok(());
        }
        let stored = self.store.templates_enabled().await?;
        let library = tokio::task::spawn_blocking(move || build(stored)).await?;
        self.library = Arc::new(library);
        self.revision = Some(revision);
        Ok(())
    }

    /// Does all that is pending, once: for those who keep the time themselves and run no loops.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn drain(&mut self) -> anyhow::Result<()> {
        while self.take_round().await? {}
        Ok(())
    }

    async fn take_round(&mut self) -> anyhow::Result<bool> {
        self.reload().await?;
        let library = Arc::clone(&self.library);
        let basis = (Revised::Templates, self.revision.unwrap_or_default());
        let advanced = self
            .store
            .advance(SmsState::Accepted, BATCH, KIND, basis, |row| retry::guarded(|| parse(row, &library)))
            .await?;
        let more =
            advanced.outdated || advanced.overtaken || u64::try_from(advanced.seen).is_ok_and(|seen| seen == BATCH);
        if advanced.seen > 0 {
            self.matcher.nudge();
        }
        for (state, count) in &advanced.states {
            metrics::counter!(names::PARSE, "outcome" => state.clone()).increment(*count);
        }
        note_failures(&self.store, KIND, advanced).await?;
        Ok(more)
    }
}

/// Compiles what is stored. A template that no longer compiles was checked when it was saved: it is left out and said.
fn build(stored: Vec<(i64, i64, TemplateSpec)>) -> Library {
    let mut entries = Vec::with_capacity(stored.len());
    for (id, version, spec) in stored {
        match spec.compile() {
            Ok(compiled) => {
                entries.push(TemplateEntry { id, version, spec: Arc::new(spec), compiled: Arc::new(compiled) });
            }
            Err(errors) => {
                let error = errors.first().map(|error| error.message.clone()).unwrap_or_default();
                tracing::error!(
                    template.id = id,
                    template.version = version,
                    error,
                    "a stored template does not compile"
                );
            }
        }
    }
    let name_max = entries.iter().filter_map(|entry| Some((entry.id, i64::from(entry.spec.name_max?)))).collect();
    Library { book: TemplateBook::build(entries), name_max }
}

fn parse(row: &sms::Model, library: &Library) -> Step {
    if is_synthetic(row.id) {
        return heartbeat(row);
    }
    let Some(raw) = row.text.as_deref() else {
        return Step::Failed("it has no text".to_owned());
    };
    let text = normalise(raw);
    let parsed = library.book.parse(key_of(row), &text, UnixMs(row.received_at));
    let mut after = row.clone();
    after.state = parsed.state.as_str().to_owned();
    replace_flags(&mut after, PARSING_FLAGS, parsed.flags);
    system_review(&mut after, parsed.need_check);
    let reason = reason_of(&parsed);
    if let Some((id, version, reading)) = parsed.reading {
        after.template_id = Some(id);
        after.template_version = Some(version);
        take_over(&mut after, reading);
        after.name_max = library.name_max.get(&id).copied();
    }
    Step::Becomes(Box::new(after), Some(reason))
}

fn reason_of(parsed: &Parsed) -> String {
    let mut reason = match &parsed.reading {
        Some((id, version, _)) => format!("read by template {id} version {version}"),
        None => "no template fits".to_owned(),
    };
    let names: Vec<&str> = parsed.flags.iter().map(Flag::as_str).collect();
    if !names.is_empty() {
        reason.push_str("; ");
        reason.push_str(&names.join(", "));
    }
    reason
}

fn take_over(after: &mut sms::Model, reading: Reading) {
    let fields = reading.fields;
    after.direction = Some(reading.direction.as_str().to_owned());
    let currency = fields.amount.or(fields.balance).map(|money| money.currency.as_str().to_owned());
    after.currency = currency;
    after.amount = fields.amount.map(|money| money.minor);
    after.balance = fields.balance.map(|money| money.minor);
    after.depositor = fields.name;
    after.account = fields.account;
    after.reference = fields.reference;
    after.memo = fields.memo;
    after.sender_bank = fields.sender_bank;
    if let Some(at) = fields.occurred_at {
        after.occurred_at = at.0;
        after.to_the_minute = fields.to_the_minute;
    }
}

/// The heartbeat's message reads as one unit of the test currency, which no order can ask for.
fn heartbeat(row: &sms::Model) -> Step {
    let mut after = row.clone();
    after.state = SmsState::Parsed.as_str().to_owned();
    after.direction = Some(Direction::Deposit.as_str().to_owned());
    after.currency = Some(crate::domain::money::Currency::TEST.as_str().to_owned());
    after.amount = Some(1);
    Step::Becomes(Box::new(after), None)
}

impl Stage for TemplateParser {
    const KIND: &'static str = KIND;

    fn period(&self) -> Duration {
        self.period
    }

    async fn round(&mut self, _cx: &Context<Self>) -> anyhow::Result<bool> {
        self.take_round().await
    }
}

impl Child for TemplateParser {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        stage::run(self, cx).await
    }
}
