//! Finding the order of one deposit among many: through the store with its transaction, and the decision alone.

use std::hint::black_box;

use anyhow::ensure;
use tokio::time::Instant;

use super::samples::{Samples, ms, us};
use super::scratch::Scratch;
use super::{Figure, Scale, Target};
use crate::domain::matching::decide;
use crate::domain::matching::synthetic::{BASE, Names, WINDOWS, bucket};
use crate::store::Store;
use crate::store::bench::payer;

pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let sizes: [u32; 3] = scale.pick([1_000, 100_000, 1_000_000], [1_000, 10_000, 100_000]);
    let times = scale.pick(300, 50);
    let store = scratch.store("orders.db").await?;
    let mut figures = Vec::new();
    let mut medians = Vec::new();
    for size in sizes {
        store.fill_orders(size).await?;
        let median = one_deposit(&store, size, times).await?.median();
        medians.push(median);
        figures.push(Figure::new(format!("match: one deposit, {size} open orders"), ms(median), "ms"));
        let near = near_misses(&store, scale.pick(100, 20)).await?.median();
        figures.push(Figure::new(format!("match: near misses of one deposit, {size} open orders"), ms(near), "ms"));
    }
    store.close().await;
    if let [first, .., last] = medians.as_slice() {
        let [few, .., many] = sizes;
        let ratio = last.as_secs_f64() / first.as_secs_f64();
        figures.push(Figure::new(format!("match: {many} / {few} open orders"), ratio, "x").to(Target::AtMost(1.5)));
    }
    let equal = equal_amounts(scratch, scale.pick(20, 5)).await?;
    figures.push(Figure::new("match: one deposit, 1000 orders of its amount", ms(equal.median()), "ms"));
    for pairs in [1, 10, 1_000] {
        let (deposits, orders) = bucket(pairs, Names::Distinct);
        let decided = Samples::of(scale.pick(50, 10), || {
            black_box(decide(black_box(&deposits), black_box(&orders), &WINDOWS, BASE));
        });
        figures.push(Figure::new(
            format!("match: decision alone, {pairs} deposits and orders of one amount"),
            us(decided.median()),
            "us",
        ));
    }
    Ok(figures)
}

/// One waiting deposit at a time, each of another amount, evenly over all orders.
async fn one_deposit(store: &Store, orders: u32, times: u32) -> anyhow::Result<Samples> {
    let amounts = orders / 10;
    let step = (amounts / times).max(1);
    let mut samples = Samples::default();
    for nth in 0..times.min(amounts) {
        // Another order of the amount with every size (each ten times another), since those before are taken.
        let amount = u64::from(nth * step);
        let order = amount * 10 + u64::from(orders.ilog10());
        store.add_parsed(i64::try_from(1_000 + amount)?, &payer(order)).await?;
        let began = Instant::now();
        let decided = store.decide_pending(&WINDOWS, 64).await?;
        samples.push(began.elapsed());
        ensure!(decided.matched == 1, "deposit {nth} did not match: {decided:?}");
    }
    Ok(samples)
}

/// What is looked up when a person looks at a deposit that fits no order.
async fn near_misses(store: &Store, times: u32) -> anyhow::Result<Samples> {
    // One character from the payers of that amount, and orders of near amounts on both sides.
    let id = store.add_parsed(1_050, "바가길").await?;
    let decided = store.decide_pending(&WINDOWS, 64).await?;
    ensure!(decided.unmatched == 1, "a deposit of nobody's: {decided:?}");
    let mut samples = Samples::default();
    for _ in 0..times {
        let began = Instant::now();
        let misses = store.near_misses_of_sms(id, &WINDOWS).await?;
        samples.push(began.elapsed());
        ensure!(!misses.is_empty(), "nothing is near to deposit {id}");
    }
    Ok(samples)
}

/// One waiting deposit at a time among 1,000 orders of the same amount.
async fn equal_amounts(scratch: &Scratch, times: u32) -> anyhow::Result<Samples> {
    let store = scratch.store("equal.db").await?;
    store.fill_equal_orders(1_000).await?;
    let mut samples = Samples::default();
    for nth in 0..times {
        store.add_parsed(1_000, &payer(u64::from(nth) * 7)).await?;
        let began = Instant::now();
        let decided = store.decide_pending(&WINDOWS, 64).await?;
        samples.push(began.elapsed());
        ensure!(decided.matched == 1, "deposit {nth} did not match: {decided:?}");
    }
    store.close().await;
    Ok(samples)
}
