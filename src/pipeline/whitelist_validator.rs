//! Asks the phone whitelist about each new message: `received` becomes `accepted` or `rejected`. Asks beside that about those
//! whose number came after they were taken in by a name.

use crate::telemetry::names;
use std::collections::HashSet;
use std::time::Duration;

use entity::sms;

use super::BATCH;
use super::retry::{self, note_failures};
use super::stage::{self, Stage};
use crate::domain::sender::Listed;
use crate::domain::sms::SmsState;
use crate::store::phone::Whitelist;
use crate::store::sender::{BY_NAME_ONLY, judge};
use crate::store::settings::Revised;
use crate::store::sms_change::system_review;
use crate::store::stage::Step;
use crate::store::{HEARTBEAT_SENDER, Store};
use crate::supervision::{Child, Context, Nudger};

/// The kind of this loop.
pub const KIND: &str = "whitelist_validator";

/// The actor.
#[derive(Debug)]
pub struct WhitelistValidator {
    store: Store,
    parser: Nudger,
    matcher: Nudger,
    period: Duration,
    whitelist: Whitelist,
}

impl WhitelistValidator {
    /// A validator that wakes the parser, and the matcher where it changed what is matched; looks by itself each `period`.
    #[must_use]
    pub fn new(store: Store, parser: Nudger, matcher: Nudger, period: Duration) -> Self {
        Self { store, parser, matcher, period, whitelist: Whitelist { revision: -1, ..Whitelist::default() } }
    }

    async fn reload(&mut self) -> anyhow::Result<()> {
        if self.whitelist.revision != self.store.revision(Revised::Phones).await? {
            self.whitelist = self.store.whitelist().await?;
        }
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

    /// One round: up to [`BATCH`] messages. Answers whether there may be more.
    async fn take_round(&mut self) -> anyhow::Result<bool> {
        self.reload().await?;
        let senders = &self.whitelist.keys;
        let basis = (Revised::Phones, self.whitelist.revision);
        let advanced = self
            .store
            .advance(SmsState::Received, BATCH, KIND, basis, |row| retry::guarded(|| validate(row, senders)))
            .await?;
        let asked = self.store.ask_senders(BATCH, self.whitelist.revision, KIND, |key| senders.contains(key)).await?;
        let more = asked == BATCH
            || advanced.outdated
            || advanced.overtaken
            || u64::try_from(advanced.seen).is_ok_and(|seen| seen == BATCH);
        if advanced.seen > 0 {
            self.parser.nudge();
        }
        if asked > 0 {
            self.matcher.nudge();
        }
        for (state, count) in &advanced.states {
            metrics::counter!(names::WHITELIST, "outcome" => state.clone()).increment(*count);
        }
        note_failures(&self.store, KIND, advanced).await?;
        Ok(more)
    }
}

fn validate(row: &sms::Model, senders: &HashSet<String>) -> Step {
    let mut after = row.clone();
    let says = judge(&mut after, |key| key == HEARTBEAT_SENDER || senders.contains(key));
    let (state, reason) = match says {
        _ if row.text.is_none() => {
            // A person may have refused it while it was held (INV-S2).
            system_review(&mut after, true);
            (SmsState::Quarantined, "it cannot be read; the raw body is kept")
        }
        Listed::Yes => (SmsState::Accepted, "the sender is on the phone whitelist"),
        Listed::ByNameOnly => (SmsState::Accepted, BY_NAME_ONLY),
        Listed::No => (SmsState::Rejected, "the sender is not on the phone whitelist"),
    };
    after.state = state.as_str().to_owned();
    Step::Becomes(Box::new(after), Some(reason.to_owned()))
}

impl Stage for WhitelistValidator {
    const KIND: &'static str = KIND;

    fn period(&self) -> Duration {
        self.period
    }

    async fn round(&mut self, _cx: &Context<Self>) -> anyhow::Result<bool> {
        self.take_round().await
    }
}

impl Child for WhitelistValidator {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        stage::run(self, cx).await
    }
}
