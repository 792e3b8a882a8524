//! Plays a day, with a wallet beside it that credits what is matched and needs no check.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use entity::sms;

use crate::bench::scratch::Scratch;
use crate::contract::sms::CheckInput;
use crate::domain::money::Money;
use crate::domain::order::{OrderInput, OrderStatus};
use crate::domain::sms::{Direction, Review, SmsState};
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;

use super::baseline::{Event, Facts, Wanted};
use super::corpus::{Day, Happening};
use super::score::{Credit, Ended, Played};
use super::world::{Brought, WINDOWS, World};

/// After its last step a day goes on for so long: every window is over then, and what waits in vain has said so.
const EVENING: Duration = Duration::from_hours(50);

/// A day being played.
struct Player<'a> {
    day: &'a Day,
    world: World,
    /// Orders as they were last told.
    orders: HashMap<String, OrderInput>,
    /// Orders that the wallet tells with the next thing that depends on them.
    untold: Vec<OrderInput>,
    /// Which message each sms is, by the first that was stored as it.
    message_of: BTreeMap<i64, usize>,
    /// The sms that each message was stored as.
    sms_of: Vec<BTreeSet<i64>>,
    /// Pairs that wait for the wallet: by sms, the order and when it was first seen.
    pending: BTreeMap<i64, (String, UnixMs)>,
    /// When a message was first stored, and when its last pair was made.
    stored_at: HashMap<i64, UnixMs>,
    told: BTreeSet<i64>,
    played: Played,
}

/// Plays a day to its end.
pub(super) async fn play(day: &Day, scratch: &Scratch, file: &str) -> anyhow::Result<Played> {
    let world = World::new(scratch, file, day.starts).await?;
    let mut player = Player {
        day,
        world,
        orders: HashMap::new(),
        untold: Vec::new(),
        message_of: BTreeMap::new(),
        sms_of: vec![BTreeSet::new(); day.messages.len()],
        pending: BTreeMap::new(),
        stored_at: HashMap::new(),
        told: BTreeSet::new(),
        played: Played::default(),
    };
    let mut at = day.starts;
    for step in &day.steps {
        player.credit_until(step.at).await?;
        at = at.max(step.at);
        player.world.move_to(at);
        player = player.step(&step.what, scratch).await?;
    }
    player.tell_all().await?;
    player.credit_until(at.plus(day.approve_after + Duration::from_secs(1))).await?;
    player.world.move_to(at.plus(EVENING));
    player.settle().await?;
    player.end().await
}

impl Player<'_> {
    async fn step(mut self, what: &Happening, scratch: &Scratch) -> anyhow::Result<Self> {
        if !matches!(what, Happening::Order(_)) {
            self.tell_all().await?;
        }
        match what {
            Happening::Order(order) => return self.tell((**order).clone()).await,
            Happening::Delivery { message, over, times } => self.deliver(*message, over, *times).await?,
            Happening::Restart => {
                let world = self.world.restart(scratch).await?;
                return Ok(Self { world, ..self });
            }
            Happening::Check { message, decision, order_id } => {
                if let Some(id) = self.sms_of[*message].first().copied() {
                    let version = self.world.row(id).await?.version;
                    let input = CheckInput { decision: *decision, order_id: order_id.clone(), note: None, version };
                    self.world.check(id, &input).await?;
                }
            }
        }
        self.settle().await?;
        Ok(self)
    }

    /// The wallet tells an order, with others at once. One that it has credited meanwhile is no longer changed.
    async fn tell(mut self, mut order: OrderInput) -> anyhow::Result<Self> {
        const AT_ONCE: usize = 500;
        if let Some(known) = self.orders.get(&order.order_id) {
            if known.status == OrderStatus::Approved {
                return Ok(self);
            }
            order.version = known.version + 1;
        }
        let event = if order.status == OrderStatus::Open {
            Event::Order(wanted(&order)?)
        } else {
            Event::Closed(order.order_id.clone())
        };
        self.played.events.push((self.world.now(), event));
        self.orders.insert(order.order_id.clone(), order.clone());
        self.untold.push(order);
        if self.untold.len() >= AT_ONCE {
            self.tell_all().await?;
        }
        Ok(self)
    }

    /// Tells what waits to be told, and has it decided.
    async fn tell_all(&mut self) -> anyhow::Result<()> {
        if self.untold.is_empty() {
            return Ok(());
        }
        self.world.put(std::mem::take(&mut self.untold)).await?;
        self.world.match_again().await?;
        self.note_matched().await
    }

    async fn deliver(&mut self, message: usize, over: &[SourceRef], times: u32) -> anyhow::Result<()> {
        let said = &self.day.messages[message];
        for _ in 0..times {
            for source in over {
                let brought = Brought {
                    source: *source,
                    key: format!("m{message}"),
                    line: &said.line,
                    sender: &said.sender,
                    text: &said.text,
                    received_at: said.received_at,
                };
                let taken = self.world.take(&[brought]).await?;
                for id in taken.iter().filter_map(|taken| taken.sms_id) {
                    self.message_of.entry(id).or_insert(message);
                    self.sms_of[message].insert(id);
                }
            }
        }
        Ok(())
    }

    /// Runs the stages.
    async fn settle(&mut self) -> anyhow::Result<()> {
        self.world.settle().await?;
        self.tell_baselines().await?;
        self.note_matched().await
    }

    /// Notes what is matched and needs no check: the wallet will credit it.
    async fn note_matched(&mut self) -> anyhow::Result<()> {
        let now = self.world.now();
        let matched = self.world.in_state(SmsState::Matched).await?;
        let sure = matched.into_iter().filter(|item| matches!(item.review, Review::None | Review::Confirmed));
        let sure: BTreeMap<i64, String> = sure.filter_map(|item| Some((item.id, item.order_id?))).collect();
        self.pending.retain(|id, (order, _)| sure.get(id) == Some(order));
        for (id, order) in sure {
            self.pending.entry(id).or_insert((order, now));
        }
        Ok(())
    }

    /// What the matcher was given is what the baselines get: each message that was read as a deposit, once.
    async fn tell_baselines(&mut self) -> anyhow::Result<()> {
        let fresh: Vec<i64> = self.message_of.keys().copied().filter(|id| !self.told.contains(id)).collect();
        for id in fresh {
            let row = self.world.row(id).await?;
            let now = self.world.now();
            self.stored_at.insert(id, now);
            self.told.insert(id);
            if let Some(facts) = facts_of(&row)? {
                let message = self.message_of[&id];
                self.played.events.push((now, Event::Deposit { message, facts }));
            }
        }
        Ok(())
    }

    /// The wallet credits what was matched long enough ago, up to `until`.
    async fn credit_until(&mut self, until: UnixMs) -> anyhow::Result<()> {
        loop {
            if self.pending.values().any(|(_, since)| since.plus(self.day.approve_after) < until) {
                self.tell_all().await?;
            }
            let due = |(_, since): &(String, UnixMs)| since.plus(self.day.approve_after);
            let next = self.pending.iter().map(|(id, pair)| (due(pair), *id)).min();
            let Some((at, id)) = next.filter(|(at, _)| *at < until) else { return Ok(()) };
            let Some((order_id, since)) = self.pending.remove(&id) else { return Ok(()) };
            self.world.move_to(at);
            let Some(order) = self.orders.get_mut(&order_id) else { continue };
            if order.status == OrderStatus::Open {
                order.status = OrderStatus::Approved;
                order.version += 1;
                let order = order.clone();
                let waited = since.since(self.stored_at.get(&id).copied().unwrap_or(since));
                self.played.credits.push(Credit { message: self.message_of[&id], order_id, waited });
                self.world.put(vec![order]).await?;
                self.world.match_again().await?;
                self.note_matched().await?;
            }
        }
    }

    async fn end(mut self) -> anyhow::Result<Played> {
        for item in self.world.all().await? {
            let Some(message) = self.message_of.get(&item.id).copied() else { continue };
            self.played.ended.push(Ended {
                message,
                state: item.state,
                review: item.review,
                flags: item.flags,
                order_id: item.order_id,
            });
        }
        for (message, ids) in self.sms_of.iter().enumerate() {
            // An sms that was another message's before is no row of this one.
            if ids.iter().all(|id| self.message_of[id] != message) && self.day.messages[message].heard {
                self.played.swallowed.push(message);
            }
        }
        self.played.events.sort_by_key(|(at, _)| *at);
        self.world.close().await;
        Ok(self.played)
    }
}

fn wanted(order: &OrderInput) -> anyhow::Result<Wanted> {
    let currency = order.currency.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let money = Money::from_major(&order.amount, currency).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Wanted {
        order_id: order.order_id.clone(),
        money,
        name: order.depositor.clone(),
        reference: order.reference.clone(),
        created_at: order.created_at,
        expires_at: order.expires_at.unwrap_or_else(|| order.created_at.plus(WINDOWS.late)),
    })
}

fn facts_of(row: &sms::Model) -> anyhow::Result<Option<Facts>> {
    let is_deposit = row.direction.as_deref() == Some(Direction::Deposit.as_str());
    let (Some(minor), Some(currency), true) = (row.amount, row.currency.as_deref(), is_deposit) else {
        return Ok(None);
    };
    if row.state == SmsState::Unparsed.as_str() {
        return Ok(None);
    }
    let currency = currency.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Some(Facts {
        money: Money { minor, currency },
        at: UnixMs(row.occurred_at),
        name: row.depositor.clone().unwrap_or_default(),
        text: row.text.clone().unwrap_or_default(),
    }))
}
