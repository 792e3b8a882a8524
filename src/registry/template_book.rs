//! Owns the recharge templates.

mod overlap;
mod trial;

use actix::Message;

use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::template::{TemplateTestDone, TemplateTestInput, TemplateTestResult, TemplateView};
use crate::domain::flags::{Flag, Flags};
use crate::domain::phone::comparable_sender;
use crate::domain::refusal::{FieldError, Refusal};
use crate::domain::template::{Compiled, TemplateSpec};
use crate::domain::text::normalise;
use crate::domain::time::UnixMs;
use crate::store::Store;
use crate::supervision::{Child, Context, Nudger, Serve, Serving};

pub use trial::{BacktestTemplate, SuggestTemplate};

/// The kind of this actor, and its id.
pub const KIND: &str = "template_book";

/// Stored messages of a template's senders that it is compared on with other templates.
const COMPARED: u64 = 200;

/// Texts that can be tried at once.
const TRIED_MAX: usize = 100;

/// The actor. Compiles off its thread: a template of many alternatives takes its time.
#[derive(Debug)]
pub struct TemplateBook {
    store: Store,
    /// Compiles the templates anew.
    template_parser: Nudger,
}

impl TemplateBook {
    /// The actor over `store`; `template_parser` is woken by each change.
    #[must_use]
    pub fn new(store: Store, template_parser: Nudger) -> Self {
        Self { store, template_parser }
    }

    async fn add(&self, caller: &Caller, spec: TemplateSpec) -> Result<Answer, Refusal> {
        let answer = add(&self.store, caller, spec).await?;
        self.template_parser.nudge();
        Ok(answer)
    }

    async fn replace(&self, caller: &Caller, id: i64, spec: TemplateSpec) -> Result<Answer, Refusal> {
        let answer = replace(&self.store, caller, id, spec).await?;
        self.template_parser.nudge();
        Ok(answer)
    }

    async fn delete(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let answer = self.store.delete_template(caller, id).await?;
        self.template_parser.nudge();
        Ok(answer)
    }
}

/// Adds a template once it compiles and reads its samples; whoever calls this wakes the parser.
///
/// # Errors
/// [`Refusal::Invalid`] where it does not; else where the store cannot commit.
pub(crate) async fn add(store: &Store, caller: &Caller, spec: TemplateSpec) -> Result<Answer, Refusal> {
    let warnings = check(store, spec.clone(), None).await?;
    store.add_template(caller, &spec, warnings).await
}

/// Replaces a template by a new version of it, as [`add`] adds one.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none; else as for [`add`].
pub(crate) async fn replace(store: &Store, caller: &Caller, id: i64, spec: TemplateSpec) -> Result<Answer, Refusal> {
    let warnings = check(store, spec.clone(), Some(id)).await?;
    store.replace_template(caller, id, &spec, warnings).await
}

/// Compiles the template with its samples, and answers what to think over: what compiling noticed, and where another
/// template reads a stored message otherwise.
async fn check(store: &Store, spec: TemplateSpec, replaces: Option<i64>) -> Result<Vec<String>, Refusal> {
    let senders = senders_of(&spec);
    let texts = store.recent_texts(senders.as_deref(), COMPARED).await?;
    let mut others = store.templates_enabled().await?;
    others.retain(|(id, _, _)| Some(*id) != replaces);
    off_thread(move || {
        let compiled = spec.compile().map_err(Refusal::Invalid)?;
        let mut warnings = compiled.warnings.clone();
        warnings.extend(overlap::warnings(&compiled, &others, &texts));
        Ok(warnings)
    })
    .await
}

/// The senders of a template in comparable form; none where it reads texts of all.
fn senders_of(spec: &TemplateSpec) -> Option<Vec<String>> {
    let all = spec.senders.iter().any(|sender| sender == "*");
    (!all).then(|| spec.senders.iter().map(|sender| comparable_sender(sender)).collect())
}

/// Runs `work` on a thread for blocking work.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(%error, "compiling a template failed");
            Err(Refusal::Internal("compiling the template failed; the log says why".to_owned()))
        }
    }
}

async fn list(store: Store, page: PageRequest) -> Result<Page<TemplateView>, Refusal> {
    let page = store.template_page(page).await?;
    off_thread(move || {
        Ok(page.map(|mut view| {
            view.warnings = view.spec.compile().map(|compiled| compiled.warnings.clone()).unwrap_or_default();
            view
        }))
    })
    .await
}

/// Tries a template on texts as if they were received at `now`.
async fn test(input: TemplateTestInput, now: UnixMs) -> Result<TemplateTestDone, Refusal> {
    if input.texts.is_empty() || input.texts.len() > TRIED_MAX {
        return Err(Refusal::invalid("texts", format!("must have 1 to {TRIED_MAX} texts")));
    }
    off_thread(move || {
        let within = |error: FieldError| FieldError::new(format!("template.{}", error.field), error.message);
        let compiled = input.template.compile();
        let compiled = compiled.map_err(|errors| Refusal::Invalid(errors.into_iter().map(within).collect()))?;
        let results = input.texts.iter().map(|text| tried(&compiled, text, now));
        Ok(TemplateTestDone { results: results.collect() })
    })
    .await
}

/// What a template makes of a text, with the flags that a message of it would carry.
fn tried(compiled: &Compiled, text: &str, now: UnixMs) -> TemplateTestResult {
    let text = normalise(text);
    let suspicious = if text.suspicious { Flags::NONE.with(Flag::SuspiciousText) } else { Flags::NONE };
    match compiled.read(&text, now) {
        Some(reading) => TemplateTestResult {
            matched: true,
            fields: reading.fields.to_map(),
            spans: reading.spans,
            flags: reading.flags.union(suspicious),
        },
        None => TemplateTestResult { flags: suspicious, ..TemplateTestResult::default() },
    }
}

impl Child for TemplateBook {}

impl Serve<ListTemplates> for TemplateBook {
    fn serve<'a>(
        &'a mut self,
        msg: ListTemplates,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<TemplateView>, Refusal>> {
        Serving::detached(list(self.store.clone(), msg.page))
    }
}

impl Serve<AddTemplate> for TemplateBook {
    fn serve<'a>(&'a mut self, msg: AddTemplate, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.add(&msg.caller, msg.spec).await })
    }
}

impl Serve<ReplaceTemplate> for TemplateBook {
    fn serve<'a>(
        &'a mut self,
        msg: ReplaceTemplate,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.replace(&msg.caller, msg.id, msg.spec).await })
    }
}

impl Serve<DeleteTemplate> for TemplateBook {
    fn serve<'a>(
        &'a mut self,
        msg: DeleteTemplate,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.delete(&msg.caller, msg.id).await })
    }
}

impl Serve<TestTemplate> for TemplateBook {
    fn serve<'a>(
        &'a mut self,
        msg: TestTemplate,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<TemplateTestDone, Refusal>> {
        Serving::detached(test(msg.input, self.store.now()))
    }
}

/// A page of the templates.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<TemplateView>, Refusal>")]
pub struct ListTemplates {
    /// Which page.
    pub page: PageRequest,
}

/// Adds a template: 201 with the [`TemplateView`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AddTemplate {
    /// Who asks.
    pub caller: Caller,
    /// The template.
    pub spec: TemplateSpec,
}

/// Replaces a template by a new version: 200 with the [`TemplateView`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ReplaceTemplate {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
    /// The template.
    pub spec: TemplateSpec,
}

/// Deletes a template: 204. What it read stays.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct DeleteTemplate {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}

/// Tries a template on texts; stores nothing.
#[derive(Debug, Message)]
#[rtype(result = "Result<TemplateTestDone, Refusal>")]
pub struct TestTemplate {
    /// The template and the texts.
    pub input: TemplateTestInput,
}

#[cfg(test)]
mod tests;
