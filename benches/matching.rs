//! What it costs to decide a bucket: deposits and orders of one amount.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use recon::domain::matching::synthetic::{BASE, Names, WINDOWS, bucket};
use recon::domain::matching::{Bucket, decide};

fn matching(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    for names in [Names::Distinct, Names::Masked, Names::Same] {
        for pairs in [1, 10, 1_000] {
            let (deposits, orders) = bucket(pairs, names);
            group.bench_function(BenchmarkId::new(format!("{names:?}"), pairs), |bencher| {
                bencher.iter(|| decide(black_box(&deposits), black_box(&orders), &WINDOWS, BASE));
            });
            group.bench_function(BenchmarkId::new(format!("{names:?}, unexplained"), pairs), |bencher| {
                bencher.iter(|| Bucket::new(black_box(&deposits), black_box(&orders), WINDOWS, BASE).rulings());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, matching);
criterion_main!(benches);
