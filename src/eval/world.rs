//! The daemon without its loops: the real store, intake and stages, run by hand at the times of a script.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use entity::sms;

use crate::bench::scratch::Scratch;
use crate::clock::{Clock, ClockHand};
use crate::contract::caller::Caller;
use crate::contract::page::{LIMIT_MAX, PageRequest};
use crate::contract::phone::PhoneInput;
use crate::contract::sms::{CheckInput, SmsFilter, SmsItem};
use crate::domain::matching::Windows;
use crate::domain::order::OrderInput;
use crate::domain::phone::comparable_sender;
use crate::domain::sms::SmsState;
use crate::domain::source::{SourceKey, SourceRef};
use crate::domain::template::TemplateSpec;
use crate::domain::time::UnixMs;
use crate::packs;
use crate::pipeline::inbox::{Deliver, Delivery, Taken};
use crate::pipeline::order_matcher::OrderMatcher;
use crate::pipeline::template_parser::TemplateParser;
use crate::pipeline::whitelist_validator::WhitelistValidator;
use crate::registry::order_book::OrderBook;
use crate::registry::review_desk::ReviewDesk;
use crate::store::Store;
use crate::supervision::Nudger;

use super::corpus::Corpus;

/// As the daemon has them where its configuration says nothing.
pub(super) const WINDOWS: Windows = Windows { early: Duration::from_hours(24), late: Duration::from_hours(24) };
const CORRELATION: Duration = Duration::from_mins(3);
/// The file of the store that the others are copies of.
const PREPARED: &str = "prepared.db";
/// Of the loops, which do not run.
const PERIOD: Duration = Duration::from_secs(30);

/// A message as a source delivers it.
pub(super) struct Brought<'a> {
    pub source: SourceRef,
    /// The source's own id of it.
    pub key: String,
    pub line: &'a str,
    pub sender: &'a str,
    pub text: &'a str,
    pub received_at: UnixMs,
}

/// A service with its store.
pub(super) struct World {
    store: Store,
    hand: ClockHand,
    clock: Clock,
    file: String,
    stages: Stages,
}

/// The actors that a message meets, none of which holds anything that the store does not.
struct Stages {
    validator: WhitelistValidator,
    parser: TemplateParser,
    matcher: OrderMatcher,
    orders: OrderBook,
    desk: ReviewDesk,
}

impl Stages {
    fn of(store: &Store) -> Self {
        let none = Nudger::none;
        Self {
            validator: WhitelistValidator::new(store.clone(), none(), none(), PERIOD),
            parser: TemplateParser::new(store.clone(), none(), PERIOD),
            matcher: OrderMatcher::new(store.clone(), WINDOWS, PERIOD),
            orders: OrderBook::new(store.clone(), none(), WINDOWS),
            desk: ReviewDesk::new(store.clone(), none(), none(), WINDOWS),
        }
    }
}

/// Makes the store that every day begins with: every template of every pack, and those of the corpus, with their senders
/// and those of its texts and accounts on the whitelist. A text is about what is read of it, and an account's bank is listened to.
pub(super) async fn prepare(scratch: &Scratch, corpus: &Corpus) -> anyhow::Result<()> {
    let starts = corpus.days.iter().map(|day| day.starts).chain(corpus.texts.iter().map(|text| text.received_at)).min();
    let world = World::open(scratch, PREPARED, starts.unwrap_or_default()).await?;
    let of_texts = corpus.texts.iter().map(|text| text.sender.clone());
    let of_days = corpus.days.iter().flat_map(|day| day.senders.iter().cloned());
    world.install(&corpus.templates, of_texts.chain(of_days).collect()).await?;
    world.close().await;
    Ok(())
}

impl World {
    /// A service in a fresh copy of the store that [`prepare`] made.
    pub(super) async fn new(scratch: &Scratch, file: &str, starts: UnixMs) -> anyhow::Result<Self> {
        std::fs::copy(scratch.path(PREPARED), scratch.path(file))?;
        Self::open(scratch, file, starts).await
    }

    async fn open(scratch: &Scratch, file: &str, starts: UnixMs) -> anyhow::Result<Self> {
        let (clock, hand) = Clock::moved_by_hand(starts);
        let store = scratch.store_at(file, clock.clone()).await?;
        let stages = Stages::of(&store);
        Ok(Self { store, hand, clock, file: file.to_owned(), stages })
    }

    async fn install(&self, own: &[TemplateSpec], mut senders: BTreeSet<String>) -> anyhow::Result<()> {
        let caller = Caller::default();
        for summary in packs::SUMMARIES {
            for bank in summary.read()?.banks {
                senders.extend(bank.whitelist);
                for spec in &bank.templates {
                    self.store.add_template(&caller, spec, Vec::new()).await.map_err(|error| anyhow!("{error}"))?;
                }
            }
        }
        for spec in own {
            senders.extend(spec.senders.iter().filter(|sender| *sender != "*").cloned());
            self.store.add_template(&caller, spec, Vec::new()).await.map_err(|error| anyhow!("{error}"))?;
        }
        let mut known = BTreeSet::new();
        for sender in senders {
            let key = comparable_sender(&sender);
            if known.insert(key.clone()) {
                let input = PhoneInput { phone: sender, label: None, bank: None };
                self.store.add_phone(&caller, &input, &key).await.map_err(|error| anyhow!("{error}"))?;
            }
        }
        Ok(())
    }

    /// The time becomes `at`.
    pub(super) fn move_to(&self, at: UnixMs) {
        self.hand.move_to(at);
    }

    /// Stores deliveries as the inbox does, in one commit; answers in their order.
    pub(super) async fn take(&self, brought: &[Brought<'_>]) -> anyhow::Result<Vec<Taken>> {
        let deliver = |brought: &Brought<'_>| {
            let delivery = Delivery {
                key: SourceKey::from_id(&brought.key),
                external_id: Some(brought.key.clone()),
                format: "recon",
                sender: brought.sender.to_owned(),
                is_sender_provisional: false,
                text: Some(brought.text.to_owned()),
                line: None,
                received_at: brought.received_at,
                raw: None,
                quarantine: None,
                old_event: false,
            };
            Deliver::new(brought.source, Some(brought.line.to_owned()), true, vec![delivery])
        };
        let batch: Arc<[Deliver]> = brought.iter().map(deliver).collect();
        Ok(self.store.take(batch, CORRELATION).await?.into_iter().flatten().collect())
    }

    /// Runs the stages up to the parser until nothing is pending.
    pub(super) async fn read(&mut self) -> anyhow::Result<()> {
        self.stages.validator.drain().await?;
        self.stages.parser.drain().await
    }

    /// Runs all stages until nothing is pending.
    pub(super) async fn settle(&mut self) -> anyhow::Result<()> {
        self.read().await?;
        self.stages.matcher.drain().await
    }

    /// Runs the matcher alone until nothing is pending: after what brought no message.
    pub(super) async fn match_again(&mut self) -> anyhow::Result<()> {
        self.stages.matcher.drain().await
    }

    /// The wallet tells orders.
    pub(super) async fn put(&mut self, orders: Vec<OrderInput>) -> anyhow::Result<()> {
        let answer = self.stages.orders.put(&Caller::default(), orders).await;
        answer.map_err(|error| anyhow!("the orders are refused: {error}"))?;
        Ok(())
    }

    /// An operator checks a message. Answers whether it was accepted: one who comes too late is refused.
    pub(super) async fn check(&mut self, id: i64, input: &CheckInput) -> anyhow::Result<bool> {
        let caller = Caller { operator: Some("auditor".to_owned()), idempotency: None };
        Ok(self.stages.desk.check(&caller, id, input).await.is_ok())
    }

    /// Stops and starts again: all that is not in the store is gone.
    pub(super) async fn restart(self, scratch: &Scratch) -> anyhow::Result<Self> {
        let Self { store, hand, clock, file, stages } = self;
        drop(stages);
        store.close().await;
        let store = scratch.store_at(&file, clock.clone()).await?;
        let stages = Stages::of(&store);
        Ok(Self { store, hand, clock, file, stages })
    }

    /// All messages in a state.
    pub(super) async fn in_state(&self, state: SmsState) -> anyhow::Result<Vec<SmsItem>> {
        self.pages(SmsFilter { state: Some(state.into()), ..SmsFilter::default() }).await
    }

    /// All messages, newest first.
    pub(super) async fn all(&self) -> anyhow::Result<Vec<SmsItem>> {
        self.pages(SmsFilter::default()).await
    }

    async fn pages(&self, filter: SmsFilter) -> anyhow::Result<Vec<SmsItem>> {
        let (mut items, mut before) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: LIMIT_MAX, before, count: false };
            let page = self.store.sms_page(&filter, page).await?;
            items.extend(page.items);
            if page.next_cursor.is_none() {
                return Ok(items);
            }
            before = items.last().map(|item: &SmsItem| item.id);
        }
    }

    /// The row of a message.
    pub(super) async fn row(&self, id: i64) -> anyhow::Result<sms::Model> {
        self.store.sms_row(id).await?.with_context(|| format!("there is no sms {id}"))
    }

    /// The time now.
    pub(super) fn now(&self) -> UnixMs {
        self.store.now()
    }

    /// Closes the store.
    pub(super) async fn close(self) {
        drop(self.stages);
        self.store.close().await;
    }
}
