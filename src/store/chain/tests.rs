//! The chains in the store against the pure function: whatever came when, what is stored is what judging everything from
//! nothing says (INV-C1, INV-C7, INV-C8).

mod arrivals;

use std::collections::BTreeMap;

use entity::{chain_link, sms};
use sea_orm::{ActiveModelTrait as _, EntityTrait, IntoActiveModel as _, QueryOrder as _};

use crate::domain::chain::{Judged, Link, Stand, Verdict, judge};
use crate::domain::flags::{Flag, Flags};
use crate::domain::sms::SmsState;
use crate::domain::time::UnixMs;
use crate::store::rows::insert;
use crate::store::sms_change::{Change, SmsChanges};
use crate::store::testing::{TestStore, base, message, stores};

const ACCOUNTS: [&str; 2] = ["110-***-456789", "220-***-111111"];
const MINUTE_MS: i64 = 60_000;

/// A message that tells of a movement; its id is its place among all, from 1.
#[derive(Clone, Debug)]
struct Movement {
    account: usize,
    minute: i64,
    moved: i64,
    balance: Option<i64>,
    template_id: i64,
    received_at: i64,
}

/// What is held against the pure function of one link.
#[derive(Debug, PartialEq, Eq)]
struct Stands {
    sms_id: i64,
    verdict: String,
    open: bool,
    previous: Option<(i64, i64)>,
    repeats: Option<i64>,
    stand: Stand,
}

impl From<&Judged> for Stands {
    fn from(judged: &Judged) -> Self {
        Self {
            sms_id: judged.sms_id,
            verdict: judged.verdict.as_str().to_owned(),
            open: judged.verdict.is_break(),
            previous: judged.previous.map(|point| (point.sms_id, point.balance)),
            repeats: judged.repeats,
            stand: judged.stand.clone(),
        }
    }
}

impl Movement {
    fn link(&self, sms_id: i64, accepted: bool) -> Link {
        let (moved, balance, template_id) = (self.moved, self.balance, self.template_id);
        Link { sms_id, received_at: UnixMs(self.received_at), moved, balance, template_id, accepted }
    }

    /// The message as the parser leaves it.
    fn is_read_in(&self, row: &sms::Model) -> sms::Model {
        let (direction, state) =
            if self.moved < 0 { ("withdrawal", SmsState::Ignored) } else { ("deposit", SmsState::Parsed) };
        sms::Model {
            state: state.as_str().to_owned(),
            // Somewhere within its minute.
            occurred_at: base().0 + self.minute * MINUTE_MS + self.received_at % MINUTE_MS,
            to_the_minute: true,
            direction: Some(direction.to_owned()),
            currency: Some("KRW".to_owned()),
            amount: Some(self.moved.abs()),
            balance: self.balance,
            account: Some(ACCOUNTS[self.account].to_owned()),
            template_id: Some(self.template_id),
            template_version: Some(1),
            ..row.clone()
        }
    }
}

/// Stores the messages as they are before they are read.
async fn come(store: &TestStore, movements: &[Movement]) {
    let rows = (1..).zip(movements).map(|(id, movement)| {
        let row = message("15881688", SmsState::Accepted, UnixMs(movement.received_at));
        sms::Model { id, ..row }.into_active_model().reset_all()
    });
    let rows = rows.collect();
    store.write(async |txn| insert(txn, rows).await).await.unwrap();
}

/// Has messages read in one transaction; those that were reset are accepted first.
async fn are_read<'a>(store: &TestStore, read: impl IntoIterator<Item = (i64, &'a Movement)>) {
    let mut rows = Vec::new();
    for (id, movement) in read {
        rows.push((store.sms_row(id).await.unwrap().unwrap(), movement));
    }
    let now = store.now();
    store
        .write(async |txn| {
            let mut changes = SmsChanges::new(txn, now, "message_parser");
            for (row, _) in rows.iter_mut().filter(|(row, _)| row.state == SmsState::Received.as_str()) {
                let accepted = sms::Model { state: SmsState::Accepted.as_str().to_owned(), ..row.clone() };
                *row = changes.apply(row, accepted, None).await?;
            }
            let of = |(row, movement): &'_ (sms::Model, &Movement)| movement.is_read_in(row);
            let after: Vec<sms::Model> = rows.iter().map(of).collect();
            let all = rows.iter().zip(after).map(|((before, _), after)| Change { before, after, reason: None });
            let written = changes.apply_all(all.collect()).await?;
            assert!(written.iter().all(Option::is_some));
            changes.finish().await
        })
        .await
        .unwrap();
}

/// The chain of `links`, each with its minute, judged from nothing.
fn judge_all(links: impl IntoIterator<Item = (i64, Link)>) -> Vec<Judged> {
    let mut minutes: BTreeMap<i64, Vec<Link>> = BTreeMap::new();
    for (minute, link) in links {
        minutes.entry(minute).or_default().push(link);
    }
    let mut all: Vec<Judged> = Vec::new();
    for links in minutes.into_values() {
        let stand = all.last().map(|last| last.stand.clone()).unwrap_or_default();
        all.extend(judge(stand, links));
    }
    all
}

/// What is stored of one account's chain, in its order.
async fn stored(store: &TestStore, account: usize) -> Vec<Stands> {
    let digits: String = ACCOUNTS[account].replace('-', "");
    let links = chain_link::Entity::find()
        .order_by_asc(chain_link::Column::Minute)
        .order_by_asc(chain_link::Column::Place)
        .all(store.reader())
        .await
        .unwrap();
    let of_account = links.into_iter().filter(|link| link.account_key.ends_with(&digits));
    of_account
        .map(|link| Stands {
            sms_id: link.sms_id,
            verdict: link.verdict,
            open: link.open,
            previous: link.previous_id.zip(link.previous_balance),
            repeats: link.repeats,
            stand: serde_json::from_str(&link.stand).unwrap(),
        })
        .collect()
}

/// The messages that carry `chain_break`.
async fn flagged(store: &TestStore) -> Vec<i64> {
    let rows = sms::Entity::find().order_by_asc(sms::Column::Id).all(store.reader()).await.unwrap();
    rows.into_iter().filter(|row| Flags(row.flags).has(Flag::ChainBreak)).map(|row| row.id).collect()
}

fn open_ids<'a>(chains: impl IntoIterator<Item = &'a Vec<Stands>>) -> Vec<i64> {
    let mut ids: Vec<i64> = chains.into_iter().flatten().filter(|link| link.open).map(|link| link.sms_id).collect();
    ids.sort_unstable();
    ids
}

/// More links than are read at once, a hundred of them in one minute: the first text with a balance comes last, and then all
/// that state none are breaks. Refused, it was never there.
#[tokio::test]
async fn what_comes_late_is_followed_to_the_end_of_the_chain() {
    for store in stores().await {
        let without = |nth: i64| Movement {
            account: 0,
            // From the 51st to the 150th it is one minute.
            minute: nth.min(51).max(nth - 99),
            moved: 1_000 + nth,
            balance: None,
            template_id: 1,
            received_at: base().0 + nth,
        };
        let mut movements: Vec<Movement> = (1..=200).map(without).collect();
        movements.push(Movement { balance: Some(5_000_000), ..without(0) });
        come(&store, &movements).await;
        are_read(&store, (1..).zip(&movements[..200])).await;
        let judged = |count: usize| -> Vec<Stands> {
            let links = (1..).zip(&movements[..count]).map(|(id, one)| (one.minute, one.link(id, false)));
            judge_all(links).iter().map(Stands::from).collect()
        };
        assert_eq!(stored(&store, 0).await, judged(200));
        assert!(flagged(&store).await.is_empty());
        are_read(&store, [(201, &movements[200])]).await;
        let all = stored(&store, 0).await;
        assert_eq!(all, judged(201));
        assert!(all[1..].iter().all(|link| link.verdict == Verdict::BalanceAbsent.as_str()));
        assert_eq!(flagged(&store).await, (1..=200).collect::<Vec<i64>>());
        arrivals::refuses(&store, 201).await;
        assert_eq!(stored(&store, 0).await, judged(200));
        assert!(flagged(&store).await.is_empty());
    }
}
