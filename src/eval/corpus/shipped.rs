//! The corpus that is shipped with the binary, from the files of `corpus/`.

use super::{Corpus, LineError, read};

macro_rules! files {
    ($($path:literal)+) => {
        &[$(($path, include_str!(concat!("../../../corpus/", $path)))),+]
    };
}

const FILES: &[(&str, &str)] = files!(
    "texts/korea.jsonl" "texts/korea-traps.jsonl" "texts/korea-gateways.jsonl" "texts/abroad.jsonl"
    "days/matching.jsonl" "days/messages.jsonl" "days/busy.jsonl" "days/abroad.jsonl"
);

/// The corpus that is shipped.
///
/// # Errors
/// Where one of its files cannot be read: a fault of the build, which the tests find.
pub fn shipped() -> Result<Corpus, Vec<LineError>> {
    let mut corpus = Corpus::default();
    for (name, content) in FILES {
        read(name, content, &mut corpus)?;
    }
    Ok(corpus)
}
