//! Writes the seeds of the fuzz targets where cargo-fuzz looks for them: `cargo run --example fuzz_seeds -- fuzz/corpus`.

use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("fuzz/corpus"), PathBuf::from);
    for target in recon::fuzz::TARGETS {
        let corpus = folder.join(target.name);
        std::fs::create_dir_all(&corpus)?;
        for (nth, seed) in (target.seeds)().into_iter().enumerate() {
            std::fs::write(corpus.join(format!("seed-{nth}")), seed)?;
        }
    }
    Ok(())
}
