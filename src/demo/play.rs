//! Lets the script happen: tells the wallet's orders, has handsets receive texts and their apps post them, and looks on.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior};

use super::day::{Action, Days};
use super::sources::{Source, Way, received, set_up};
use super::tally::{Record, Report, SourceRow, Stored, Texted, tally};
use super::watch::{Watch, heard_by};
use super::{Api, DemoPlan, Simulators};
use crate::clock::Clock;
use crate::domain::time::UnixMs;
use crate::sim::bank_day::{Fate, LINES, Line, SimOrder, SimSms};
use crate::sim::phone::{ReceivedSms, SimPhone};

/// How often the summary is printed.
const SUMMARY_EVERY: Duration = Duration::from_secs(3);
/// From the set-up to the first step: no second is shared with what was before.
const STARTS_IN: Duration = Duration::from_secs(1);
/// What the daemon has not done this long after the last step, it will not do.
const SETTLED_WITHIN: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(200);

/// Says a line to whoever looks on.
pub type Say = fn(&str);

/// A shop that is set up, and the script that is about to happen.
#[derive(Debug)]
pub struct Demo<'a> {
    api: &'a Api,
    simulators: &'a Simulators,
    clock: Clock,
    say: Say,
    sources: Vec<Source>,
    silent: BTreeSet<Line>,
    record: Record,
    started: UnixMs,
}

type Post = LocalBoxFuture<'static, ()>;

impl<'a> Demo<'a> {
    /// Sets the shop up in a fresh daemon.
    ///
    /// # Errors
    /// What the daemon did not take.
    pub async fn set_up(api: &'a Api, simulators: &'a Simulators, clock: Clock, say: Say) -> anyhow::Result<Self> {
        let sources = set_up(api, simulators).await.context("the shop cannot be set up")?;
        let started = clock.now().plus(STARTS_IN);
        let (silent, record) = (BTreeSet::new(), Record::default());
        Ok(Self { api, simulators, clock, say, sources, silent, record, started })
    }

    /// Lets the script happen until it is over or `stop` is there, and answers what became of it.
    ///
    /// # Errors
    /// Where the daemon answers what it must not.
    pub async fn play(mut self, plan: &DemoPlan, stop: impl Future<Output = ()>) -> anyhow::Result<Report> {
        let time_zone = TimeZone::get("Asia/Seoul").context("no time zone of the banks")?;
        let mut days = Days::from(plan, self.started, time_zone);
        let (mut watch, mut posts) = (Watch::default(), FuturesUnordered::<Post>::new());
        let mut summary = tokio::time::interval_at(Instant::now() + STARTS_IN + SUMMARY_EVERY, SUMMARY_EVERY);
        summary.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut stop = std::pin::pin!(stop);
        while let Some(at) = days.next_at() {
            let wait = at.since(self.clock.now());
            tokio::select! {
                () = &mut stop => break,
                Some(()) = posts.next() => {}
                _ = summary.tick() => self.summary(&mut watch).await?,
                () = tokio::time::sleep(wait) => {
                    if let Some((at, action)) = days.pop() {
                        self.happens(at, action, &posts).await?;
                    }
                }
            }
        }
        self.settled(posts, &mut watch).await
    }

    async fn happens(&mut self, at: UnixMs, action: Action, posts: &FuturesUnordered<Post>) -> anyhow::Result<()> {
        match action {
            Action::Order(order) => self.order(order).await?,
            Action::Sms(sms) => self.texts(&sms, at, posts),
            Action::FallsSilent(line) => self.falls_silent(line),
            Action::NewDay => {
                self.silent.clear();
                self.tell("a new day: every handset is on again");
            }
            Action::Revoke => self.revoke().await,
        }
        Ok(())
    }

    async fn order(&mut self, order: SimOrder) -> anyhow::Result<()> {
        let body = json!({"orders": [{
            "order_id": order.order_id, "user_id": order.user_id, "amount": order.amount.to_string(), "currency": "KRW",
            "depositor": order.depositor, "status": "open", "created_at": order.created_at,
            "expires_at": order.expires_at, "version": 1,
        }]});
        self.api.put("/internal/v2/orders", &body).await?;
        self.record.orders.insert(order.order_id);
        Ok(())
    }

    /// A handset receives a text, and each way in which it is heard brings it.
    fn texts(&mut self, sms: &SimSms, at: UnixMs, posts: &FuturesUnordered<Post>) {
        let is_silent = self.silent.contains(&sms.line);
        self.record.messages.push(Texted { line: sms.line, text: sms.text.clone(), fate: sms.fate.clone() });
        debug_assert_eq!(is_silent, sms.fate == Fate::NeverHeard, "the script and the handset agree");
        if is_silent {
            return;
        }
        for source in &mut self.sources {
            if source.line != sms.line || source.ended.is_some() {
                continue;
            }
            source.told += 1;
            match &source.way {
                Way::App(phone) => {
                    posts.push(Box::pin(post(self.api.clone(), self.clock.clone(), phone.clone(), received(sms, at))));
                }
                Way::Pushbullet | Way::Telegram { .. } => source.tell(self.simulators, sms, at),
            }
        }
    }

    fn falls_silent(&mut self, line: Line) {
        self.silent.insert(line);
        let number = LINES.get(line).copied().unwrap_or_default();
        self.tell(&format!("handset {number} falls silent: what the banks text it is never heard"));
    }

    /// What the bot was given before is fetched first: nobody knows what a revoked token would have brought.
    async fn revoke(&mut self) {
        let telegram = &self.simulators.telegram;
        for source in &mut self.sources {
            let Way::Telegram { token, .. } = &source.way else { continue };
            let began = Instant::now();
            while telegram.pending(token) > 0 && began.elapsed() < SETTLED_WITHIN {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            telegram.revoke(token);
            source.ended = Some("token revoked");
        }
        self.tell("the Telegram bot's token is revoked: recon parks its loop, and the handset's other ways go on");
    }

    fn tell(&self, what: &str) {
        (self.say)(&format!("{}  -- {what}", self.time()));
    }

    fn seconds(&self) -> u64 {
        self.clock.now().since(self.started).as_secs()
    }

    fn time(&self) -> String {
        format!("{:02}:{:02}", self.seconds() / 60, self.seconds() % 60)
    }

    async fn summary(&mut self, watch: &mut Watch) -> anyhow::Result<()> {
        let line = watch.line(self.api, &self.sources, self.seconds()).await?;
        (self.say)(&line);
        Ok(())
    }

    /// Waits until the daemon has made of it what it must, or has had its time.
    async fn settled(mut self, mut posts: FuturesUnordered<Post>, watch: &mut Watch) -> anyhow::Result<Report> {
        let began = Instant::now();
        let left = |began: Instant| SETTLED_WITHIN.saturating_sub(began.elapsed());
        while let Ok(Some(())) = tokio::time::timeout(left(began), posts.next()).await {}
        loop {
            let report = self.report().await?;
            if report.is_as_planned() || left(began).is_zero() {
                self.summary(watch).await?;
                return Ok(report);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn report(&self) -> anyhow::Result<Report> {
        let stored: Vec<Stored> = self.api.all("/internal/v2/sms?").await?.iter().map(Stored::of).collect();
        let orders = self.api.all("/internal/v2/orders?matched=true&").await?;
        let id = |order: &Value| order.get("order_id").and_then(Value::as_str).map(str::to_owned);
        let matched = orders.iter().filter_map(id).collect();
        let mut sources = Vec::new();
        for source in &self.sources {
            let is_silent = self.silent.contains(&source.line);
            sources.push(SourceRow {
                source: source.id.clone(),
                kind: source.name,
                line: LINES.get(source.line).copied().unwrap_or_default(),
                told: source.told,
                heard: heard_by(self.api, source).await?,
                ended: source.ended.or(is_silent.then_some("silent")),
            });
        }
        Ok(tally(&self.record, &stored, &matched, sources))
    }
}

/// Posts an SMS as the phone's app does, until it is taken or the app gives up: then it is lost, and the tally tells.
async fn post(api: Api, clock: Clock, phone: SimPhone, sms: ReceivedSms) {
    let mut failed = 0;
    while let Err(error) = api.deliver(phone.post(&sms, clock.now())).await {
        tracing::warn!(format = %phone.format, %error, "a simulated phone could not post");
        failed += 1;
        let Some(wait) = phone.retry_after(failed) else { return };
        tokio::time::sleep(wait).await;
    }
}
