//! The short run: every target on mutated seeds, from a fixed generator (reliability rows 23 and 26).

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::Instant;

use super::shooter::format_of;
use super::*;
use crate::sources::shooter::Format;

/// Inputs to a target.
const RUNS: usize = 3_000;
/// Words that decoders look for.
const WORDS: [&[u8]; 12] = [
    b"{",
    b"}",
    b"\"",
    b"\\u0000",
    b"null",
    b"true",
    b"\0",
    b"\xff",
    b"%00",
    b"&amp;amp;amp;",
    b"1e999",
    b"-9223372036854775808",
];

/// Changes, cuts, repeats and inserts.
fn mutated(seed: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..6_u32) {
        let at = rng.random_range(0..=bytes.len());
        match rng.random_range(0..6_u32) {
            0 if at < bytes.len() => bytes[at] = rng.random(),
            1 => bytes.truncate(at),
            2 => drop(bytes.splice(at..at, WORDS[rng.random_range(0..WORDS.len())].iter().copied())),
            3 => {
                let end = rng.random_range(at..=bytes.len());
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            4 => {
                let end = rng.random_range(at..=bytes.len());
                bytes.drain(at..end);
            }
            _ => drop(bytes.splice(at..at, std::iter::repeat_n(b"[{\""[at % 3], 300))),
        }
    }
    bytes.truncate(64 * 1024);
    bytes
}

#[test]
fn no_input_stops_a_target() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty());
        for run in 0..RUNS {
            let mut rng = StdRng::seed_from_u64(run as u64);
            let input = mutated(&seeds[run % seeds.len()], &mut rng);
            let told = std::panic::catch_unwind(|| (target.run)(&input));
            assert!(told.is_ok(), "{} stops at run {run}: {:?}", target.name, String::from_utf8_lossy(&input));
        }
        for odd in [&b""[..], b"\0", b"\xff\xff", &[0xff; 4096], &[b'['; 4096], &[b'\n'; 4096]] {
            (target.run)(odd);
        }
    }
}

/// Reliability row 26: 10 ms for 4 KiB, and twice that without optimisation. The machine may be busy: once is enough.
#[test]
fn no_input_is_slow() {
    const MOST: Duration = Duration::from_millis(20);
    for target in TARGETS {
        for seed in (target.seeds)() {
            for filler in [&b"a"[..], b"&amp;", b"%41", b"[", b"\\u0041", "가".as_bytes()] {
                let mut input = seed.clone();
                let middle = input.len() / 2;
                let filler: Vec<u8> = filler.iter().copied().cycle().take(4096).collect();
                drop(input.splice(middle..middle, filler));
                let mut runs = (0..50).map(|_| {
                    let began = Instant::now();
                    (target.run)(&input);
                    began.elapsed()
                });
                assert!(runs.any(|took| took <= MOST), "{} never takes less than {MOST:?} (unoptimised)", target.name);
            }
        }
    }
}

/// A seed that is refused at once would begin nowhere.
#[test]
fn the_seeds_get_through_the_signature_checks() {
    for (place, seed) in shooter::signature_seeds().iter().enumerate() {
        let lines: Vec<&[u8]> = seed[1..].splitn(5, |byte| *byte == b'\n').collect();
        let format = format_of(u8::try_from(place).unwrap());
        assert_eq!(lines.len(), 5, "{format}");
        assert_eq!(lines[0].is_empty(), matches!(format, Format::SmsForwarder | Format::IncomingSms), "{format}");
    }
}

#[test]
fn the_seeds_of_the_listened_sources_are_read() {
    use crate::sources::pushbullet::crypto::E2eKey;
    use crate::sources::pushbullet::decode::{self, Frame};
    use crate::sources::telegram::message::{Read, Reading, read};
    use crate::sources::telegram::update::RawUpdate;
    let key = E2eKey::of_bytes([7; 32]);
    for seed in pushbullet::frame_seeds() {
        let frame = decode::frame(std::str::from_utf8(&seed[1..]).unwrap(), Some(&key)).unwrap();
        assert!(matches!(frame, Frame::Nop | Frame::SmsChanged(_)), "{frame:?}");
    }
    for seed in pushbullet::ciphertext_seeds() {
        key.open(std::str::from_utf8(&seed).unwrap()).unwrap();
    }
    let history = pushbullet::history_seeds();
    assert!(history.iter().filter(|seed| seed[1] == 0).all(|seed| decode::threads(&seed[2..], Some(&key)).is_ok()));
    assert!(history.iter().filter(|seed| seed[1] == 1).all(|seed| decode::thread(&seed[2..], Some(&key)).is_ok()));
    let update = RawUpdate::of(std::str::from_utf8(&telegram::update_seeds()[0]).unwrap());
    let reading = Reading { chat_ids: Vec::new(), added_at: UnixMs(0), now: NOW };
    assert!(matches!(read(&update, &reading), Read::Deliver(_)));
}

#[test]
fn every_target_has_its_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    assert_eq!(files, names);
}
