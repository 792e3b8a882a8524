//! Pages of the list of messages: the newest, one deep inside, and one of a filter, in a short and in a long list.

use std::time::Duration;

use tokio::time::Instant;

use super::samples::{Samples, us};
use super::scratch::Scratch;
use super::{Figure, Scale, Target};
use crate::contract::page::PageRequest;
use crate::contract::sms::SmsFilter;
use crate::domain::sms::SmsState;
use crate::store::Store;

pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let sizes: [u32; 2] = scale.pick([10_000, 1_000_000], [1_000, 50_000]);
    let times = scale.pick(500, 100);
    let store = scratch.store("list.db").await?;
    let mut measured = Vec::new();
    let mut figures = Vec::new();
    for size in sizes {
        store.fill_messages(size, SmsState::Ignored).await?;
        let pages = pages(&store, size, times).await?;
        for (name, median) in &pages {
            figures.push(Figure::new(format!("list: {name}, {size} messages"), us(*median), "us"));
        }
        measured.push(pages);
    }
    store.close().await;
    let [few, many] = sizes;
    if let [short, long] = measured.as_slice() {
        for ((name, short), (_, long)) in short.iter().zip(long) {
            let ratio = long.as_secs_f64() / short.as_secs_f64();
            let name = format!("list: {name}, {many} / {few} messages");
            figures.push(Figure::new(name, ratio, "x").to(Target::AtMost(2.0)));
        }
    }
    Ok(figures)
}

/// The median time of each kind of page.
async fn pages(store: &Store, size: u32, times: u32) -> anyhow::Result<Vec<(&'static str, Duration)>> {
    let all = SmsFilter::default();
    let ignored = SmsFilter { state: Some(SmsState::Ignored.into()), ..SmsFilter::default() };
    let deep = Some(i64::from(size / 3));
    let mut medians = Vec::new();
    for (name, filter, before) in
        [("first page of 50", &all, None), ("page deep inside", &all, deep), ("page of one state", &ignored, deep)]
    {
        let mut samples = Samples::default();
        for _ in 0..times {
            let began = Instant::now();
            let page = store.sms_page(filter, PageRequest { before, ..PageRequest::default() }).await?;
            samples.push(began.elapsed());
            anyhow::ensure!(page.items.len() == 50, "a page has {} messages", page.items.len());
        }
        medians.push((name, samples.median()));
    }
    Ok(medians)
}
