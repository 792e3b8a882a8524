//! A store with its stages, and the operations that people, phones and the wallet carry out on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use entity::{sms, sms_history, sms_match};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use super::story::{Op, Story, amount, order_id, sender, text_of};
use crate::contract::caller::Caller;
use crate::contract::chain::AcceptBreakInput;
use crate::contract::device::DeviceInput;
use crate::contract::phone::PhoneInput;
use crate::contract::sms::CheckInput;
use crate::domain::matching::Windows;
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::refusal::Refusal;
use crate::domain::sms::CheckDecision;
use crate::domain::source::SourceKey;
use crate::domain::template::TemplateSpec;
use crate::pipeline::inbox::{Deliver, Delivery};
use crate::pipeline::order_matcher::OrderMatcher;
use crate::pipeline::template_parser::TemplateParser;
use crate::pipeline::whitelist_validator::WhitelistValidator;
use crate::store::StoreError;
use crate::store::chain::accept_break;
use crate::store::order::put_orders;
use crate::store::review::{check, reset};
use crate::store::sms_change::SmsChanges;
use crate::store::testing::{TestStore, caller, shooter, sqlite_store};
use crate::supervision::Nudger;

const WINDOWS: Windows = Windows { early: Duration::from_hours(24), late: Duration::from_hours(24) };
const PERIOD: Duration = Duration::from_secs(30);

/// What a story has of its own.
#[derive(Default)]
struct Own {
    device: i64,
    phone: Option<i64>,
    templates: Vec<i64>,
    messages: Vec<i64>,
    versions: [i64; 3],
    brought: u32,
}

pub(super) struct World {
    store: TestStore,
    validator: WhitelistValidator,
    parser: TemplateParser,
    matcher: OrderMatcher,
    kim: Caller,
    /// The phone that everybody trusts.
    trusted: i64,
    own: Vec<Own>,
    settled: BTreeMap<i64, String>,
}

/// Refusals are answers; a fault of ours is none.
fn answered<T>(answer: Result<T, StoreError>) -> Option<T> {
    match answer {
        Ok(value) => Some(value),
        Err(StoreError::Refused(refusal)) => {
            assert!(!matches!(refusal, Refusal::Internal(_)), "{refusal}");
            None
        }
        Err(fault) => panic!("{fault}"),
    }
}

impl World {
    pub(super) async fn new(stories: &[Story]) -> Self {
        let store = sqlite_store().await;
        let (kim, none) = (caller("kim", None), Nudger::none);
        let trusted = add_device(&store, &kim, "counter").await;
        let mut world = Self {
            validator: WhitelistValidator::new(store.clone(), none(), none(), PERIOD),
            parser: TemplateParser::new(store.clone(), none(), PERIOD),
            matcher: OrderMatcher::new(store.clone(), WINDOWS, PERIOD),
            store,
            kim,
            trusted,
            own: Vec::new(),
            settled: BTreeMap::new(),
        };
        for (nth, story) in stories.iter().enumerate() {
            world.own.push(Own::default());
            world.own[nth].device = add_device(&world.store, &world.kim, &format!("own-{nth}")).await;
            if story.listed {
                world.list(nth, true).await;
            }
            if story.read {
                world.templates(nth, true).await;
            }
        }
        world
    }

    /// The stages, the last one first: what one does, the next finds in the next round.
    pub(super) async fn stages(&mut self) {
        let mended = self.store.mend_matches(500).await.unwrap();
        assert!(mended.left.is_empty(), "{:?}", mended.left);
        self.matcher.drain().await.unwrap();
        self.parser.drain().await.unwrap();
        self.validator.drain().await.unwrap();
    }

    pub(super) async fn does(&mut self, nth: usize, op: &Op) {
        match op {
            Op::Deliver { text, own, named, old } => self.deliver(nth, *text, *own, *named, *old).await,
            Op::Trust(trusted) => {
                self.store.trust_device(&self.kim, self.own[nth].device, *trusted).await.unwrap();
            }
            Op::List(listed) => self.list(nth, *listed).await,
            Op::Templates(read) => self.templates(nth, *read).await,
            Op::Order { nth: order, fits, status } => self.order(nth, *order, *fits, *status).await,
            Op::Check { sms, decision, order } => self.check(nth, *sms, *decision, *order).await,
            Op::Reset(sms) => {
                let Some(id) = self.message(nth, *sms) else { return };
                let done = self.changes(async |changes| reset(changes, &[id], true).await).await;
                assert_eq!(done.map(|done| done.reset + done.skipped.len() as u64), Some(1));
            }
            Op::Accept(sms) => {
                let Some(id) = self.message(nth, *sms) else { return };
                let input = AcceptBreakInput { note: "seen".to_owned(), version: None };
                self.changes(async |changes| accept_break(changes, id, &input, "kim").await).await;
            }
        }
    }

    async fn changes<T>(&self, work: impl AsyncFnOnce(&mut SmsChanges<'_>) -> Result<T, StoreError>) -> Option<T> {
        let now = self.store.now();
        let written = self.store.write(async |txn| {
            let mut changes = SmsChanges::new(txn, now, "operator:kim");
            let value = work(&mut changes).await?;
            changes.finish().await?;
            Ok(value)
        });
        answered(written.await)
    }

    fn message(&self, nth: usize, sms: usize) -> Option<i64> {
        let messages = &self.own[nth].messages;
        messages.get(sms.checked_rem(messages.len())?).copied()
    }

    async fn deliver(&mut self, nth: usize, text: usize, own: bool, named: bool, old: bool) {
        let device = if own { self.own[nth].device } else { self.trusted };
        self.own[nth].brought += 1;
        let (text, is_unreadable) = text_of(nth, text);
        // What is old has waited past its window when it comes.
        let received_at = self.store.now().minus(Duration::from_hours(if old { 30 } else { 0 }));
        let delivery = Delivery {
            key: SourceKey::from_id(&format!("{nth}-{}", self.own[nth].brought)),
            external_id: None,
            format: "recon",
            sender: if named { sender(nth) } else { String::new() },
            is_sender_provisional: false,
            quarantine: is_unreadable.then(|| "it cannot be read".to_owned()),
            text,
            line: None,
            received_at,
            raw: None,
            old_event: old,
        };
        let deliver = Deliver::new(shooter(device), Some(format!("line-{nth}")), true, vec![delivery]);
        let taken = self.store.take(Arc::new([deliver]), Duration::from_mins(3)).await.unwrap();
        let messages = &mut self.own[nth].messages;
        for id in taken.into_iter().flatten().filter_map(|taken| taken.sms_id) {
            if !messages.contains(&id) {
                messages.push(id);
            }
        }
    }

    async fn list(&mut self, nth: usize, listed: bool) {
        match (self.own[nth].phone, listed) {
            (None, true) => {
                let input = PhoneInput { phone: sender(nth), label: None, bank: None };
                let added = self.store.add_phone(&self.kim, &input, &sender(nth)).await.unwrap();
                self.own[nth].phone = added.body["id"].as_i64();
            }
            (Some(id), false) => {
                self.store.delete_phone(&self.kim, id).await.unwrap();
                self.own[nth].phone = None;
            }
            _ => {}
        }
    }

    async fn templates(&mut self, nth: usize, read: bool) {
        if !read {
            for id in std::mem::take(&mut self.own[nth].templates) {
                self.store.delete_template(&self.kim, id).await.unwrap();
            }
        } else if self.own[nth].templates.is_empty() {
            let balance = "\n잔액 {balance}";
            for (word, balance, direction) in
                [("입금", "", "deposit"), ("입금", balance, "deposit"), ("출금", balance, "withdrawal")]
            {
                let spec: TemplateSpec = serde_json::from_value(json!({
                    "name": format!("{word} {nth}"), "kind": "typed", "senders": [sender(nth)], "direction": direction,
                    "pattern": format!("{word} {{amount}}{balance}\n{{name}}"), "currency": "KRW",
                    "timezone": "Asia/Seoul", "max_amount": "1000000",
                }))
                .unwrap();
                let added = self.store.add_template(&self.kim, &spec, Vec::new()).await.unwrap();
                self.own[nth].templates.extend(added.body["id"].as_i64());
            }
        }
    }

    async fn order(&mut self, nth: usize, order: usize, fits: usize, status: OrderStatus) {
        self.own[nth].versions[order] += 1;
        let (minor, depositor) = match fits {
            0 => (amount(nth, 0), "홍길동"),
            1 => (amount(nth, 2), "김철수"),
            _ => (amount(nth, 0), "김철수"),
        };
        let order = Order {
            order_id: order_id(nth, order),
            user_id: "u1".to_owned(),
            money: Money { minor, currency: "KRW".parse().unwrap() },
            depositor: depositor.to_owned(),
            reference: None,
            account: None,
            status,
            created_at: self.store.now().minus(Duration::from_mins(5)),
            expires_at: None,
            version: self.own[nth].versions[order],
        };
        let now = self.store.now();
        let put = self.store.write(async |txn| put_orders(txn, std::slice::from_ref(&order), now).await).await.unwrap();
        assert_eq!(put.taken.upserted, 1);
    }

    async fn check(&mut self, nth: usize, sms: usize, decision: CheckDecision, order: Option<usize>) {
        let Some(id) = self.message(nth, sms) else { return };
        let version = self.row(id).await.version;
        let order_id = order.filter(|_| decision == CheckDecision::Confirm).map(|order| order_id(nth, order));
        let input = CheckInput { decision, order_id, note: None, version };
        self.changes(async |changes| check(changes, id, &input, "kim").await).await;
    }

    async fn row(&self, id: i64) -> sms::Model {
        self.store.sms_row(id).await.unwrap().unwrap()
    }

    /// INV-M1, INV-M2, INV-M12: no order is held twice, what holds one is paired with it and nothing else is, and what was
    /// credited stays with its order.
    pub(super) async fn hold_orders(&mut self) {
        let holders =
            sms::Entity::find().filter(sms::Column::OrderId.is_not_null()).all(self.store.reader()).await.unwrap();
        let pairs = sms_match::Entity::find().filter(sms_match::Column::Active.eq(true)).all(self.store.reader()).await;
        let pairs: Vec<(i64, String)> = pairs.unwrap().into_iter().map(|pair| (pair.sms_id, pair.order_id)).collect();
        let held: BTreeMap<i64, String> =
            holders.iter().filter_map(|row| Some((row.id, row.order_id.clone()?))).collect();
        assert_eq!(held.values().collect::<BTreeSet<_>>().len(), held.len(), "an order is held twice: {holders:#?}");
        assert_eq!(pairs.len(), held.len(), "{pairs:?} {held:?}");
        assert_eq!(pairs.into_iter().collect::<BTreeMap<_, _>>(), held);
        for row in &holders {
            assert!(matches!(row.state.as_str(), "matched" | "settled"), "{row:#?}");
        }
        for (id, order_id) in &self.settled {
            assert_eq!(held.get(id), Some(order_id), "what was credited is free");
        }
        let settled = holders.into_iter().filter(|row| row.state == "settled");
        self.settled.extend(settled.filter_map(|row| Some((row.id, row.order_id?))));
    }

    /// Every message with its history.
    pub(super) async fn histories(&self) -> Vec<(sms::Model, Vec<sms_history::Model>)> {
        let rows = sms_history::Entity::find().order_by_asc(sms_history::Column::Id).all(self.store.reader()).await;
        let mut of: BTreeMap<i64, Vec<sms_history::Model>> = BTreeMap::new();
        for row in rows.unwrap() {
            of.entry(row.sms_id).or_default().push(row);
        }
        let all = sms::Entity::find().all(self.store.reader()).await.unwrap();
        all.into_iter().map(|row| (of.remove(&row.id).unwrap_or_default(), row)).map(|(of, row)| (row, of)).collect()
    }
}

async fn add_device(store: &TestStore, kim: &Caller, name: &str) -> i64 {
    let input = DeviceInput { name: name.to_owned(), line: None, secret: None };
    let added = store.add_device(kim, &input, name, BTreeMap::new()).await.unwrap();
    added.body["id"].as_i64().unwrap()
}
