//! Where people look at messages, check them and send them back.

use actix::Message;
use serde_json::json;

use crate::contract::caller::{Answer, Caller};
use crate::contract::chain::{AcceptBreakInput, ChainBreak, ChainBreakFilter};
use crate::contract::page::{Page, PageRequest};
use crate::contract::sms::{CheckInput, ResetDone, ResetInput, SmsDetail, SmsFilter, SmsItem};
use crate::domain::matching::Windows;
use crate::domain::refusal::Refusal;
use crate::domain::sms::{CheckDecision, SmsState};
use crate::domain::source::SourceRef;
use crate::store::chain::accept_break;
pub use crate::store::repeat::Repeat;
use crate::store::review::{check, reset};
use crate::store::sms::item_in;
use crate::store::sms_change::SmsChanges;
use crate::store::{Done, Store};
use crate::supervision::{Child, Context, Nudger, Serve, Serving};
use crate::telemetry::names;

/// The kind of this actor.
pub const KIND: &str = "review_desk";

/// Messages that one reset names at most.
const IDS_MAX: usize = 1_000;
/// Characters of an operator's note.
const NOTE_MAX: usize = 1_000;
/// Messages that a filter may send back in one request.
const FILTERED_MAX: u64 = 10_000;
/// Reasons that are listed in the answer of a reset by filter.
const SKIPPED_SHOWN: usize = 1_000;

/// The actor.
#[derive(Debug)]
pub struct ReviewDesk {
    store: Store,
    validator: Nudger,
    matcher: Nudger,
    windows: Windows,
}

impl ReviewDesk {
    /// A desk that wakes the validator after a reset and the matcher after a check.
    #[must_use]
    pub fn new(store: Store, validator: Nudger, matcher: Nudger, windows: Windows) -> Self {
        Self { store, validator, matcher, windows }
    }

    /// Writes an operator's check, and wakes the matcher.
    ///
    /// # Errors
    /// As [`check`]; then nothing is written.
    pub async fn check(&mut self, caller: &Caller, id: i64, input: &CheckInput) -> Result<Answer, Refusal> {
        if input.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_MAX) {
            return Err(Refusal::invalid("note", "must have at most 1,000 characters"));
        }
        if input.order_id.is_some() && input.decision != CheckDecision::Confirm {
            return Err(Refusal::invalid("order_id", "only a confirmation can name an order"));
        }
        let now = self.store.now();
        let operator = caller.name().to_owned();
        let actor = format!("operator:{operator}");
        let answer = self
            .store
            .command(caller, "sms.check", async |txn| {
                let mut changes = SmsChanges::new(txn, now, &actor);
                let row = check(&mut changes, id, input, &operator).await?;
                changes.finish().await?;
                let detail = json!({"check": input, "state": row.state, "order_id": row.order_id});
                let answer = Answer::new(200, &item_in(txn, row).await?)?;
                Ok(Done { answer, subject: format!("sms/{id}"), detail })
            })
            .await?;
        self.matcher.nudge();
        Ok(answer)
    }
}

impl Child for ReviewDesk {}

/// A page of messages.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<SmsItem>, Refusal>")]
pub struct ListSms {
    /// Which messages.
    pub filter: SmsFilter,
    /// Which page.
    pub page: PageRequest,
}

impl Serve<ListSms> for ReviewDesk {
    fn serve<'a>(
        &'a mut self,
        msg: ListSms,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<SmsItem>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.sms_page(&msg.filter, msg.page).await?) })
    }
}

/// One message with everything that is known of it.
#[derive(Debug, Message)]
#[rtype(result = "Result<SmsDetail, Refusal>")]
pub struct GetSms {
    /// Which.
    pub id: i64,
}

impl Serve<GetSms> for ReviewDesk {
    fn serve<'a>(&'a mut self, msg: GetSms, _cx: &'a mut Context<Self>) -> Serving<'a, Result<SmsDetail, Refusal>> {
        let (store, windows) = (self.store.clone(), self.windows);
        Serving::detached(async move {
            let detail = store.sms_detail(msg.id).await?;
            let mut detail = detail.ok_or_else(|| Refusal::NotFound(format!("there is no sms {}", msg.id)))?;
            if let Some(decision) = &mut detail.decision {
                decision.near_misses = store.near_misses_of_sms(msg.id, &windows).await?;
            }
            Ok(detail)
        })
    }
}

/// Sends messages back to `received`: 200 with `ResetDone`.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ResetSms {
    /// Who asks.
    pub caller: Caller,
    /// Which messages.
    pub input: ResetInput,
}

impl Serve<ResetSms> for ReviewDesk {
    fn serve<'a>(&'a mut self, msg: ResetSms, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move {
            let ids = self.ids_of(&msg.input).await?;
            // Only who names held messages means them.
            let release_held = msg
                .input
                .filter
                .as_ref()
                .is_none_or(|filter| filter.state.as_ref().is_some_and(|choice| choice.names(SmsState::Held)));
            let now = self.store.now();
            let actor = format!("operator:{}", msg.caller.name());
            let answer = self
                .store
                .command(&msg.caller, "sms.reset", async |txn| {
                    let mut changes = SmsChanges::new(txn, now, &actor);
                    let mut done: ResetDone = reset(&mut changes, &ids, release_held).await?;
                    changes.finish().await?;
                    let skipped = done.skipped.len();
                    done.skipped.truncate(SKIPPED_SHOWN);
                    let subject = match ids.as_slice() {
                        [one] => format!("sms/{one}"),
                        many => format!("sms ({})", many.len()),
                    };
                    let mut detail = json!({"input": msg.input, "reset": done.reset, "skipped": skipped});
                    if !done.released.is_empty() {
                        detail["released"] = json!(done.released);
                    }
                    Ok(Done { answer: Answer::new(200, &done)?, subject, detail })
                })
                .await?;
            self.validator.nudge();
            self.matcher.nudge();
            Ok(answer)
        })
    }
}

impl ReviewDesk {
    async fn ids_of(&self, input: &ResetInput) -> Result<Vec<i64>, Refusal> {
        match (&input.ids, &input.filter) {
            (Some(ids), None) if ids.is_empty() || ids.len() > IDS_MAX => {
                Err(Refusal::invalid("ids", format!("give 1 to {IDS_MAX} ids, not {}", ids.len())))
            }
            (Some(ids), None) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids.dedup();
                Ok(ids)
            }
            // An empty filter would send back everything: nobody means that.
            (None, Some(filter)) if *filter == SmsFilter::default() => {
                Err(Refusal::invalid("filter", "give at least one condition"))
            }
            (None, Some(filter)) => {
                let ids = self.store.sms_ids(filter, 0, FILTERED_MAX + 1).await?;
                if u64::try_from(ids.len()).is_ok_and(|found| found > FILTERED_MAX) {
                    return Err(Refusal::invalid(
                        "filter",
                        format!("finds more than {FILTERED_MAX} messages; narrow it with from and to"),
                    ));
                }
                Ok(ids)
            }
            _ => Err(Refusal::invalid("ids", "give either ids or filter")),
        }
    }
}

/// Writes an operator's check: 200 with the [`SmsItem`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct CheckSms {
    /// Who checks.
    pub caller: Caller,
    /// Which message.
    pub id: i64,
    /// What is decided.
    pub input: CheckInput,
}

impl Serve<CheckSms> for ReviewDesk {
    fn serve<'a>(&'a mut self, msg: CheckSms, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.check(&msg.caller, msg.id, &msg.input).await })
    }
}

/// A page of the open breaks of the balance chains.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<ChainBreak>, Refusal>")]
pub struct ListBreaks {
    /// Which breaks.
    pub filter: ChainBreakFilter,
    /// Which page.
    pub page: PageRequest,
}

impl Serve<ListBreaks> for ReviewDesk {
    fn serve<'a>(
        &'a mut self,
        msg: ListBreaks,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<ChainBreak>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.chain_breaks(&msg.filter, msg.page).await?) })
    }
}

/// Takes a break as it stands: 200 with the [`ChainBreak`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AcceptBreak {
    /// Who takes it.
    pub caller: Caller,
    /// Which message.
    pub sms_id: i64,
    /// Why.
    pub input: AcceptBreakInput,
}

impl Serve<AcceptBreak> for ReviewDesk {
    fn serve<'a>(&'a mut self, msg: AcceptBreak, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move {
            if msg.input.note.trim().is_empty() || msg.input.note.chars().count() > NOTE_MAX {
                return Err(Refusal::invalid("note", "say why, in 1 to 1,000 characters"));
            }
            let now = self.store.now();
            let operator = msg.caller.name().to_owned();
            let actor = format!("operator:{operator}");
            let answer = self
                .store
                .command(&msg.caller, "chain.accept", async |txn| {
                    let mut changes = SmsChanges::new(txn, now, &actor);
                    let taken = accept_break(&mut changes, msg.sms_id, &msg.input, &operator).await?;
                    changes.finish().await?;
                    let detail = json!({"accept": msg.input, "missing": taken.chain.missing});
                    let subject = format!("sms/{}", msg.sms_id);
                    Ok(Done { answer: Answer::new(200, &taken)?, subject, detail })
                })
                .await?;
            self.matcher.nudge();
            Ok(answer)
        })
    }
}

/// Tells of deliveries that were answered as ones that came before: answers how many of them say something else than the
/// first did.
#[derive(Debug, Message)]
#[rtype(result = "Result<usize, Refusal>")]
pub struct NoteRepeats {
    /// What brought them.
    pub source: SourceRef,
    /// What they say.
    pub repeats: Vec<Repeat>,
}

impl Serve<NoteRepeats> for ReviewDesk {
    fn serve<'a>(&'a mut self, msg: NoteRepeats, _cx: &'a mut Context<Self>) -> Serving<'a, Result<usize, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move {
            let differing = store.note_repeats(msg.source, &msg.repeats).await?;
            if let Some(first) = differing.first() {
                let count = u64::try_from(differing.len()).unwrap_or(u64::MAX);
                metrics::counter!(names::REPEATS_DIFFERING, "source" => msg.source.kind.as_str()).increment(count);
                tracing::warn!(
                    source = %msg.source, sms.id = first, count,
                    "known ids came again with other texts, which were not stored: the program's ids may begin anew"
                );
            }
            Ok(differing.len())
        })
    }
}
