//! Stories and properties of the join rule.

use proptest::prelude::*;

use super::*;
use crate::domain::source::SourceKind;

const WINDOW: Duration = Duration::from_mins(3);

fn source(id: i64) -> SourceRef {
    SourceRef { kind: SourceKind::Shooter, id }
}

fn seen_by(id: i64, at_s: i64, sender: &str) -> NewSighting {
    NewSighting {
        source: source(id),
        fingerprint: fingerprint(Some("010-1111-2222"), source(id), "입금 50,000원 홍길동"),
        sender: sender.to_owned(),
        received_at: UnixMs(1_000 * at_s),
    }
}

fn made(assignments: &[Assignment]) -> usize {
    assignments.iter().filter(|one| matches!(one, Assignment::New { .. })).count()
}

/// What the store would do: one sighting at a time, ids in the order of making.
fn one_at_a_time(sightings: &[NewSighting]) -> (Vec<KnownSms>, Vec<i64>) {
    let mut known: Vec<KnownSms> = Vec::new();
    let mut ids = Vec::new();
    for sighting in sightings {
        let assignment = assign(&known, std::slice::from_ref(sighting), WINDOW).remove(0);
        let id = match assignment {
            Assignment::Join(SmsAt::Known(id)) => {
                let sms = known.iter_mut().find(|sms| sms.sms_id == id).unwrap();
                sms.sources.insert(sighting.source);
                if sms.sender.is_empty() {
                    sms.sender.clone_from(&sighting.sender);
                }
                id
            }
            Assignment::New { .. } => {
                let id = i64::try_from(known.len()).unwrap() + 1;
                known.push(KnownSms {
                    sms_id: id,
                    fingerprint: sighting.fingerprint,
                    sender: sighting.sender.clone(),
                    received_at: sighting.received_at,
                    sources: BTreeSet::from([sighting.source]),
                });
                id
            }
            Assignment::Join(SmsAt::Made(place)) => panic!("a batch of one joined its own {place}"),
        };
        ids.push(id);
    }
    (known, ids)
}

#[test]
fn one_sms_seen_by_two_channels_is_one() {
    let assignments = assign(&[], &[seen_by(1, 0, "15881688"), seen_by(2, 5, "15881688")], WINDOW);
    assert_eq!(assignments, [Assignment::New { twins: vec![] }, Assignment::Join(SmsAt::Made(0))]);
}

#[test]
fn two_equal_deposits_seen_by_one_channel_stay_two_and_are_twins() {
    let assignments = assign(&[], &[seen_by(1, 0, "15881688"), seen_by(1, 5, "15881688")], WINDOW);
    assert_eq!(assignments[1], Assignment::New { twins: vec![SmsAt::Made(0)] });
}

/// INV-I8: by the hour, and by the moment that both state.
#[test]
fn deposits_in_equal_words_are_twins_by_the_hour_or_by_the_moment_that_they_state() {
    let told = |received_min: i64, occurred_min: i64| ToldAt {
        received_at: UnixMs(60_000 * received_min),
        occurred_at: UnixMs(60_000 * occurred_min),
    };
    let week = 7 * 24 * 60;
    let cases = [
        (told(0, 0), told(60, 60), true),
        (told(0, 0), told(61, 61), false),
        (told(1, 0), told(62, 0), true),
        (told(0, 0), told(week, 0), true),
        (told(0, 0), told(week + 1, 0), false),
        (told(0, 0), told(61, 1), false),
    ];
    for (one, other, expected) in cases {
        assert_eq!(are_twins(one, other), expected, "{one:?} {other:?}");
        assert_eq!(are_twins(other, one), expected, "whichever came first: {one:?} {other:?}");
    }
}

#[test]
fn outside_the_window_nothing_joins_and_after_an_hour_nothing_is_a_twin() {
    let day = [seen_by(1, 0, "15881688"), seen_by(2, 181, "15881688"), seen_by(3, 3_700, "15881688")];
    let assignments = assign(&[], &day, WINDOW);
    assert_eq!(assignments[1], Assignment::New { twins: vec![SmsAt::Made(0)] });
    assert_eq!(assignments[2], Assignment::New { twins: vec![SmsAt::Made(1)] }, "the first is over an hour ago");
}

#[test]
fn other_senders_other_texts_and_other_lines_stay_apart() {
    let first = seen_by(1, 0, "15881688");
    let mut other_text = seen_by(2, 0, "15881688");
    other_text.fingerprint = fingerprint(Some("010-1111-2222"), source(2), "입금 50,000원 김철수");
    let mut other_line = seen_by(2, 0, "15881688");
    other_line.fingerprint = fingerprint(Some("010-3333-4444"), source(2), "입금 50,000원 홍길동");
    for other in [seen_by(2, 0, "15889999"), other_text, other_line] {
        assert_eq!(made(&assign(&[], &[first.clone(), other], WINDOW)), 2);
    }
}

/// INV-I3: without a line a sighting correlates only within its own source, so with none.
#[test]
fn without_a_line_nothing_is_joined() {
    let unlined = |id: i64, line: Option<&str>| NewSighting {
        fingerprint: fingerprint(line, source(id), "입금 50,000원 홍길동"),
        ..seen_by(id, 0, "15881688")
    };
    for line in [None, Some(""), Some("  ")] {
        let assignments = assign(&[], &[unlined(1, line), unlined(2, line), unlined(1, line)], WINDOW);
        assert_eq!(made(&assignments), 3, "line {line:?}");
        assert_eq!(assignments[2], Assignment::New { twins: vec![SmsAt::Made(0)] });
    }
}

#[test]
fn a_line_is_one_however_its_number_is_written() {
    let text = "입금 50,000원 홍길동";
    assert_eq!(
        fingerprint(Some("+82 10-1111-2222"), source(1), text),
        fingerprint(Some("01011112222"), source(2), text)
    );
    assert_ne!(fingerprint(Some("shooter/1"), source(1), text), fingerprint(None, source(1), text));
}

/// INV-I5: an unknown sender correlates with a known one, and the sms then has the known one.
#[test]
fn an_unknown_sender_joins_a_known_one_and_learns_it() {
    let assignments = assign(&[], &[seen_by(1, 0, "15881688"), seen_by(2, 1, "")], WINDOW);
    assert_eq!(assignments[1], Assignment::Join(SmsAt::Made(0)));

    let learned = [seen_by(1, 0, ""), seen_by(2, 1, "15881688"), seen_by(3, 2, "15889999")];
    let assignments = assign(&[], &learned, WINDOW);
    assert_eq!(assignments[1], Assignment::Join(SmsAt::Made(0)));
    assert_eq!(made(&assignments), 2, "the third has another sender than the sms has by now");
}

#[test]
fn of_several_the_nearest_then_the_oldest_is_joined() {
    let seen = [seen_by(1, 0, "1"), seen_by(1, 100, "1"), seen_by(1, 100, "1"), seen_by(2, 90, "1")];
    assert_eq!(assign(&[], &seen, WINDOW)[3], Assignment::Join(SmsAt::Made(1)));
    let tie = [seen_by(1, 0, "1"), seen_by(1, 100, "1"), seen_by(2, 50, "1")];
    assert_eq!(assign(&[], &tie, WINDOW)[2], Assignment::Join(SmsAt::Made(0)));
}

#[test]
fn three_channels_that_each_see_two_equal_deposits_make_two_sms() {
    let seen: Vec<NewSighting> =
        [3, 1, 1, 2, 3, 2].into_iter().zip(0..).map(|(id, at)| seen_by(id, at, "15881688")).collect();
    assert_eq!(made(&assign(&[], &seen, WINDOW)), 2);
    let (known, _) = one_at_a_time(&seen);
    assert!(known.iter().all(|sms| sms.sources.len() == 3));
}

proptest! {
    /// INV-I2: k copies by one channel, m by another and n by a third make max(k, m, n) sms in any interleaving.
    #[test]
    fn multiplicity_is_kept(
        channels in prop::collection::vec(1_i64..=3, 0..24),
        times in prop::collection::vec(0_i64..=180, 24),
    ) {
        let seen: Vec<NewSighting> =
            channels.iter().zip(times).map(|(id, at)| seen_by(*id, at, "15881688")).collect();
        let copies = (1..=3).map(|id| channels.iter().filter(|one| **one == id).count()).max().unwrap_or(0);
        prop_assert_eq!(made(&assign(&[], &seen, WINDOW)), copies);
    }

    /// INV-I1 and INV-I2 against a small model: of each text as many messages as the source that saw most copies of it saw,
    /// whatever the order, the replays and the cuts between commits; and twins are those of which there are several.
    #[test]
    fn any_interleaving_makes_what_the_model_says(
        deliveries in prop::collection::vec((1_i64..=5, 0_usize..3, 0_u32..4), 0..60),
        cuts in prop::collection::vec(1_usize..7, 60),
    ) {
        // The model: copies are told apart by their source's key, and the most that one source saw is how many there are.
        let texts = ["입금 50,000원 홍길동", "입금 50,000원 김철수", "입금 70,000원 홍길동"];
        let most = |text: usize| {
            let seen: BTreeSet<(i64, u32)> = deliveries.iter().filter(|one| one.1 == text).map(|one| (one.0, one.2)).collect();
            (1..=5).map(|by| seen.iter().filter(|(source, _)| *source == by).count()).max().unwrap_or(0)
        };
        // What the store does: repeated keys are left out, the rest assigned commit by commit.
        let mut keys = BTreeSet::new();
        let mut known: Vec<KnownSms> = Vec::new();
        let mut flagged = BTreeSet::new();
        let (mut rest, mut cuts) = (&deliveries[..], cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (batch, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            rest = later;
            let fresh: Vec<NewSighting> = batch.iter().filter(|one| keys.insert(**one)).map(|(by, text, copy)| NewSighting {
                fingerprint: fingerprint(Some("010-1111-2222"), source(*by), texts[*text]),
                ..seen_by(*by, i64::from(*copy), "15881688")
            }).collect();
            let before = i64::try_from(known.len()).unwrap();
            let mut made: Vec<i64> = Vec::new();
            for (assignment, sighting) in assign(&known.clone(), &fresh, WINDOW).into_iter().zip(&fresh) {
                let id_of = |at: SmsAt, made: &[i64]| match at {
                    SmsAt::Known(id) => id,
                    SmsAt::Made(place) => made[place],
                };
                let id = match assignment {
                    Assignment::Join(at) => id_of(at, &made),
                    Assignment::New { twins } => {
                        let id = i64::try_from(known.len()).unwrap() + 1;
                        prop_assert!(id > before);
                        known.push(KnownSms {
                            sms_id: id, fingerprint: sighting.fingerprint, sender: sighting.sender.clone(),
                            received_at: sighting.received_at, sources: BTreeSet::new(),
                        });
                        if !twins.is_empty() {
                            flagged.extend(twins.into_iter().map(|at| id_of(at, &made)).chain([id]));
                        }
                        id
                    }
                };
                made.push(id);
                let sms = known.iter_mut().find(|sms| sms.sms_id == id).unwrap();
                prop_assert!(sms.sources.insert(sighting.source), "a source saw one message twice");
            }
        }
        for (text, words) in texts.iter().enumerate() {
            let of_text: Vec<&KnownSms> =
                known.iter().filter(|sms| sms.fingerprint == fingerprint(Some("010-1111-2222"), source(1), words)).collect();
            prop_assert_eq!(of_text.len(), most(text));
            prop_assert!(of_text.iter().all(|sms| flagged.contains(&sms.sms_id) == (of_text.len() > 1)));
        }
    }

    /// INV-I2 and INV-I5: some sources know the number, the others nothing or a provisional name, which is as nothing here. As
    /// many messages as the source that saw most copies saw, and each of which somebody told the number has it.
    #[test]
    fn a_number_that_only_some_sources_know_makes_no_message_more(
        channels in prop::collection::vec(1_i64..=4, 0..24),
        times in prop::collection::vec(0_i64..=180, 24),
        knowing in prop::collection::btree_set(1_i64..=4, 0..=4),
        cut in 0_usize..24,
    ) {
        let seen: Vec<NewSighting> = channels.iter().zip(times).map(|(id, at)| {
            seen_by(*id, at, if knowing.contains(id) { "15881688" } else { "" })
        }).collect();
        let copies = (1..=4).map(|id| channels.iter().filter(|one| **one == id).count()).max().unwrap_or(0);
        prop_assert_eq!(made(&assign(&[], &seen, WINDOW)), copies);
        let (known, _) = one_at_a_time(&seen);
        prop_assert_eq!(known.len(), copies);
        for sms in &known {
            let is_told = sms.sources.iter().any(|source| knowing.contains(&source.id));
            prop_assert_eq!(&sms.sender, if is_told { "15881688" } else { "" });
        }
        // After a restart, with what the rows say.
        let cut = cut.min(seen.len());
        let (before, _) = one_at_a_time(&seen[..cut]);
        prop_assert_eq!(before.len() + made(&assign(&before, &seen[cut..], WINDOW)), copies);
    }

    /// INV-I4: a batch, cut anywhere, gives what one at a time gives.
    #[test]
    fn a_batch_is_the_same_as_one_at_a_time(
        seen in prop::collection::vec((1_i64..=3, 0_i64..=600, prop::sample::select(vec!["", "1", "2"])), 0..16),
        cut in 0_usize..16,
    ) {
        let seen: Vec<NewSighting> = seen.iter().map(|(id, at, sender)| seen_by(*id, *at, sender)).collect();
        let (_, expected) = one_at_a_time(&seen);
        let cut = cut.min(seen.len());
        let (known, _) = one_at_a_time(&seen[..cut]);
        let mut ids: Vec<i64> = expected[..cut].to_vec();
        let mut next_id = i64::try_from(known.len()).unwrap();
        for assignment in assign(&known, &seen[cut..], WINDOW) {
            ids.push(match assignment {
                Assignment::Join(SmsAt::Known(id)) => id,
                Assignment::Join(SmsAt::Made(place)) => ids[cut + place],
                Assignment::New { .. } => { next_id += 1; next_id }
            });
        }
        prop_assert_eq!(ids, expected);
    }
}
