//! The cost of reading one text as the templates grow from 10 to 10,000: it must stay within twice the first.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::expect_used, reason = "a bench that cannot be set up is to stop")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use recon::domain::template::TemplateBook;
use recon::domain::template::synthetic::{self, Spread};
use recon::domain::text::normalise;
use recon::domain::time::UnixMs;

const RECEIVED: UnixMs = UnixMs(1_776_817_880_000);
const TEXTS: usize = 500;

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for spread in [Spread::OneSender, Spread::Everyone] {
        for count in [10, 1_000, 10_000] {
            let book = TemplateBook::build(synthetic::entries(count, spread).expect("synthetic templates compile"));
            let texts: Vec<_> = synthetic::texts(TEXTS, count).iter().map(|raw| normalise(raw)).collect();
            let mut turn = texts.iter().cycle();
            group.bench_function(BenchmarkId::new(format!("{spread:?}"), count), |bencher| {
                bencher.iter(|| {
                    let text = turn.next().expect("a cycle has no end");
                    black_box(book.parse(synthetic::SENDER, text, RECEIVED))
                });
            });
        }
    }
    group.finish();
}

fn other(criterion: &mut Criterion) {
    let raw = synthetic::text(0, 1);
    criterion.bench_function("normalise", |bencher| bencher.iter(|| black_box(normalise(black_box(&raw)))));
    let spec = synthetic::spec(0, Spread::Everyone);
    criterion.bench_function("compile", |bencher| bencher.iter(|| black_box(spec.compile().is_ok())));
}

criterion_group!(benches, parse, other);
criterion_main!(benches);
