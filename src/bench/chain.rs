//! Judging a message by the balance chain of its account, with few and with many links behind it: a round of the parser's
//! with one message, from the read to the commit.

use std::time::Duration;

use anyhow::ensure;
use entity::sms;
use tokio::time::Instant;

use super::samples::{Samples, ms};
use super::scratch::Scratch;
use super::{Figure, Scale, Target};
use crate::domain::sms::SmsState;
use crate::store::Store;
use crate::store::review::reset;
use crate::store::settings::Revised;
use crate::store::sms_change::SmsChanges;
use crate::store::stage::Step;

const ACTOR: &str = "message_parser";
/// Messages that are read at once where only the chain behind is made.
const BATCH: u64 = 500;
const MINUTE_MS: i64 = 60_000;

/// What a message costs in each of the two places.
struct Costs {
    in_turn: Duration,
    late: Duration,
}

pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let sizes: [u32; 2] = scale.pick([100, 100_000], [100, 5_000]);
    let times = scale.pick(300, 50);
    let mut figures = Vec::new();
    let mut measured = Vec::new();
    for size in sizes {
        let store = scratch.store(&format!("chain-{size}.db")).await?;
        let costs = costs(&store, size, times).await?;
        store.close().await;
        figures.push(Figure::new(
            format!("chain: a message in its turn, {size} links behind it"),
            ms(costs.in_turn),
            "ms",
        ));
        figures.push(Figure::new(format!("chain: a late message amid {size} links"), ms(costs.late), "ms"));
        measured.push(costs);
    }
    let [few, many] = sizes;
    if let [short, long] = measured.as_slice() {
        for (name, short, long) in [("in its turn", short.in_turn, long.in_turn), ("late", short.late, long.late)] {
            let ratio = long.as_secs_f64() / short.as_secs_f64();
            let name = format!("chain: a message {name}, {many} / {few} links");
            figures.push(Figure::new(name, ratio, "x").to(Target::AtMost(1.5)));
        }
    }
    Ok(figures)
}

async fn costs(store: &Store, links: u32, times: u32) -> anyhow::Result<Costs> {
    store.fill_messages(links, SmsState::Received).await?;
    while read(store, BATCH).await? > 0 {}
    ensure!(store.open_breaks().await? == 0, "a whole account has breaks");
    // First the late one, so that the links are as many as was said.
    let late = late(store, i64::from(links / 2), times).await?.median();
    let in_turn = in_turn(store, links, times).await?.median();
    Ok(Costs { in_turn, late })
}

/// One message at a time, each the newest of its account.
async fn in_turn(store: &Store, links: u32, times: u32) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for nth in 1..=times {
        store.fill_messages(links + nth, SmsState::Received).await?;
        let began = Instant::now();
        let seen = read(store, 1).await?;
        samples.push(began.elapsed());
        ensure!(seen == 1, "the message was not read");
    }
    ensure!(store.open_breaks().await? == 0, "a message that follows is a break");
    Ok(samples)
}

/// The same message again and again, which is missed amid the others and mends the break when it comes.
async fn late(store: &Store, sms_id: i64, times: u32) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..times {
        let now = store.now();
        store
            .write(async |txn| {
                let mut changes = SmsChanges::new(txn, now, ACTOR);
                reset(&mut changes, &[sms_id], false).await?;
                changes.finish().await
            })
            .await?;
        ensure!(store.open_breaks().await? == 1, "a missing message is no break");
        let began = Instant::now();
        read(store, 1).await?;
        samples.push(began.elapsed());
        ensure!(store.open_breaks().await? == 0, "a late message has mended nothing");
    }
    Ok(samples)
}

/// Has up to `limit` messages read, as deposits of one account of 1,000 won a minute; answers how many there were.
async fn read(store: &Store, limit: u64) -> anyhow::Result<usize> {
    let basis = (Revised::Templates, 0);
    let step = |row: &sms::Model| {
        let after = sms::Model {
            state: SmsState::Parsed.as_str().to_owned(),
            occurred_at: row.id.saturating_mul(MINUTE_MS),
            to_the_minute: true,
            direction: Some("deposit".to_owned()),
            currency: Some("KRW".to_owned()),
            amount: Some(1_000),
            balance: row.id.checked_mul(1_000),
            account: Some("110-***-456789".to_owned()),
            template_id: Some(1),
            template_version: Some(1),
            ..row.clone()
        };
        Step::Becomes(Box::new(after), None)
    };
    Ok(store.advance(SmsState::Received, limit, ACTOR, basis, step).await?.seen)
}
