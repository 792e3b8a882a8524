//! Movements of two accounts, some of them missing, forged, told twice or without a balance, that come in any order, are
//! reset, refused, taken as they stand and read again.

use std::collections::VecDeque;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::contract::chain::AcceptBreakInput;
use crate::contract::sms::CheckInput;
use crate::domain::refusal::Refusal;
use crate::domain::sms::CheckDecision;
use crate::store::StoreError;
use crate::store::chain::accept_break;
use crate::store::review::{check, reset};

/// What became of a movement on its way to us.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Told,
    Missing,
    ToldTwice,
    /// With a balance that never was.
    Forged(i64),
    WithoutBalance,
}

/// What happens to the messages.
#[derive(Clone, Debug)]
enum Happening {
    /// The next ones are read, in one transaction.
    AreRead(usize),
    Reset(Index),
    Refused(Index),
    Reopened(Index),
    /// Its break, where it is one.
    Accepted(Index),
    /// It is found to be of the other account.
    OfTheOther(Index),
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Told),
        1 => Just(Fate::Missing),
        1 => Just(Fate::ToldTwice),
        1 => (0..4_i64).prop_map(Fate::Forged),
        1 => Just(Fate::WithoutBalance),
    ]
}

/// Messages in the order in which they come. Amounts are from a small set, so that balances meet by chance.
fn messages() -> impl Strategy<Value = Vec<Movement>> {
    let movement = (0..2_usize, 0..3_i64, -4..5_i64, 1..3_i64, 0..120_000_i64, fate());
    let day = prop::collection::vec(movement, 2..26).prop_map(|movements| {
        let (mut balances, mut minute) = ([100_000, 200_000], 0);
        let mut messages = Vec::new();
        for (account, later, thousands, template_id, received, fate) in movements {
            // None moves nothing.
            let moved = if thousands == 0 { 5_000 } else { thousands * 1_000 };
            balances[account] += moved;
            minute += later;
            let received_at = base().0 + minute * MINUTE_MS + received;
            let told = Movement { account, minute, moved, balance: Some(balances[account]), template_id, received_at };
            match fate {
                Fate::Told => messages.push(told),
                Fate::Missing => {}
                Fate::ToldTwice => messages.extend([told.clone(), Movement { received_at: received_at + 1, ..told }]),
                Fate::Forged(off) => {
                    balances[account] -= moved;
                    messages.push(Movement { balance: Some(balances[account] + 2_000 * off), ..told });
                }
                Fate::WithoutBalance => messages.push(Movement { balance: None, ..told }),
            }
        }
        messages
    });
    day.prop_shuffle()
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (1..6_usize).prop_map(Happening::AreRead),
        2 => any::<Index>().prop_map(Happening::Reset),
        2 => any::<Index>().prop_map(Happening::Refused),
        1 => any::<Index>().prop_map(Happening::Reopened),
        2 => any::<Index>().prop_map(Happening::Accepted),
        1 => any::<Index>().prop_map(Happening::OfTheOther),
    ]
}

/// What is known of a message beside the store.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    is_read: bool,
    is_refused: bool,
    is_accepted: bool,
}

/// An account book of our own, which knows nothing but the messages and what was done with them.
struct Book {
    movements: Vec<Movement>,
    known: Vec<Known>,
    /// Places of messages that wait to be read.
    waiting: VecDeque<usize>,
}

impl Book {
    fn new(movements: Vec<Movement>) -> Self {
        let waiting = (0..movements.len()).collect();
        Self { known: vec![Known::default(); movements.len()], movements, waiting }
    }

    /// Both chains, judged from nothing.
    fn judged(&self) -> [Vec<Stands>; 2] {
        [0, 1].map(|account| {
            let all = (1..).zip(self.movements.iter().zip(&self.known));
            let links = all.filter(|(_, (one, known))| one.account == account && known.is_read && !known.is_refused);
            let links = links.map(|(id, (one, known))| (one.minute, one.link(id, known.is_accepted)));
            judge_all(links).iter().map(Stands::from).collect()
        })
    }

    async fn goes_on(&mut self, store: &TestStore, next: &Happening) {
        let count = self.movements.len();
        match next {
            Happening::AreRead(count) => self.read(store, *count).await,
            Happening::Reset(which) => {
                let at = which.index(count);
                resets(store, id_of(at)).await;
                if std::mem::take(&mut self.known[at]).is_read {
                    self.waiting.push_front(at);
                }
            }
            Happening::Refused(which) => {
                let at = which.index(count);
                refuses(store, id_of(at)).await;
                self.known[at] = Known { is_refused: true, is_accepted: false, ..self.known[at] };
            }
            Happening::Reopened(which) => {
                let at = which.index(count);
                checks(store, id_of(at), CheckDecision::Reopen).await;
                self.known[at] = Known { is_refused: false, is_accepted: false, ..self.known[at] };
            }
            Happening::Accepted(which) => {
                let at = which.index(count);
                let is_open = open_ids(&self.judged()).contains(&id_of(at));
                assert_eq!(accepts(store, id_of(at)).await, is_open, "accepting {}", id_of(at));
                self.known[at].is_accepted |= is_open;
            }
            Happening::OfTheOther(which) => {
                let at = which.index(count);
                self.movements[at].account = 1 - self.movements[at].account;
                if self.known[at].is_read {
                    are_read(store, [(id_of(at), &self.movements[at])]).await;
                }
            }
        }
    }

    async fn read(&mut self, store: &TestStore, count: usize) {
        let next: Vec<usize> = self.waiting.drain(..count.min(self.waiting.len())).collect();
        are_read(store, next.iter().map(|at| (id_of(*at), &self.movements[*at]))).await;
        for at in next {
            self.known[at].is_read = true;
        }
    }
}

fn id_of(at: usize) -> i64 {
    i64::try_from(at).unwrap() + 1
}

async fn checks(store: &TestStore, id: i64, decision: CheckDecision) {
    let version = store.sms_row(id).await.unwrap().unwrap().version;
    let input = CheckInput { decision, order_id: None, note: None, version };
    let now = store.now();
    store
        .write(async |txn| {
            let mut changes = SmsChanges::new(txn, now, "operator:a");
            check(&mut changes, id, &input, "a").await?;
            changes.finish().await
        })
        .await
        .unwrap();
}

/// A person refuses a message.
pub(super) async fn refuses(store: &TestStore, id: i64) {
    checks(store, id, CheckDecision::Reject).await;
}

async fn resets(store: &TestStore, id: i64) {
    let now = store.now();
    store
        .write(async |txn| {
            let mut changes = SmsChanges::new(txn, now, "operator:a");
            assert_eq!(reset(&mut changes, &[id], false).await?.reset, 1);
            changes.finish().await
        })
        .await
        .unwrap();
}

/// Whether it was a break that could be taken as it stands.
async fn accepts(store: &TestStore, id: i64) -> bool {
    let input = AcceptBreakInput { note: "seen on the statement".to_owned(), version: None };
    let now = store.now();
    let done = store
        .write(async |txn| {
            let mut changes = SmsChanges::new(txn, now, "operator:a");
            accept_break(&mut changes, id, &input, "a").await?;
            changes.finish().await
        })
        .await;
    match done {
        Ok(()) => true,
        Err(StoreError::Refused(Refusal::Conflict(_))) => false,
        Err(error) => panic!("{error}"),
    }
}

/// What the store has: both chains, and the messages with `chain_break`.
async fn in_store(store: &TestStore) -> ([Vec<Stands>; 2], Vec<i64>) {
    ([stored(store, 0).await, stored(store, 1).await], flagged(store).await)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_came_when_the_chain_is_what_judging_from_nothing_says(
        messages in messages(), story in prop::collection::vec(happening(), 4..24),
    ) {
        prop_assume!(!messages.is_empty());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let seen = runtime.block_on(async {
            let store = stores().await.remove(0);
            come(&store, &messages).await;
            let mut book = Book::new(messages);
            for happening in &story {
                book.goes_on(&store, happening).await;
            }
            let before = (in_store(&store).await, book.judged());
            book.read(&store, usize::MAX).await;
            [before, (in_store(&store).await, book.judged())]
        });
        for ((chains, flagged), judged) in seen {
            prop_assert_eq!(&chains, &judged);
            prop_assert_eq!(flagged, open_ids(&judged));
        }
    }
}
