use proptest::prelude::*;

use super::*;

fn entry(id: u64, at_s: i64, body: &str) -> Entry {
    Entry { message_id: format!("sms/{id}"), incoming: true, body: body.to_owned(), at: UnixMs(at_s * 1000) }
}

fn note(id: i64, at_s: i64, body: &str) -> Note {
    Note { id, message_id: None, digest: digest(body), at: UnixMs(at_s * 1000), noted_at: UnixMs(0) }
}

/// `entries` newest first, as the history is.
fn planned(notes: &[Note], entries: &[Entry], known: &[&str]) -> (Vec<(i64, String)>, Vec<String>, Vec<i64>) {
    let read: Vec<Read> = read("ujz", "57", entries).into_iter().map(|(read, _)| read).collect();
    let known: HashSet<SourceKey> = known.iter().map(|id| exact_key("ujz", "57", id)).collect();
    let plan = plan(notes, &read, &known);
    let id = |place: &usize| read[*place].message_id.clone();
    (
        plan.pairs.iter().map(|(note, place)| (*note, id(place))).collect(),
        plan.missing.iter().map(id).collect(),
        plan.unpaired,
    )
}

#[test]
fn a_message_of_the_stream_is_the_one_of_the_history() {
    let (pairs, missing, unpaired) = planned(&[note(1, 10, "a")], &[entry(9, 11, "b"), entry(8, 12, "a")], &[]);
    assert_eq!(pairs, [(1, "sms/8".to_owned())]);
    assert_eq!((missing, unpaired), (vec!["sms/9".to_owned()], vec![]));
}

#[test]
fn two_equal_messages_of_which_the_stream_told_once_are_two() {
    let (pairs, missing, _) = planned(&[note(1, 10, "a")], &[entry(9, 10, "a"), entry(8, 10, "a")], &[]);
    assert_eq!((pairs, missing), (vec![(1, "sms/8".to_owned())], vec!["sms/9".to_owned()]));
}

#[test]
fn the_nearest_in_time_are_paired_and_the_far_ones_never() {
    let notes = [note(1, 0, "a"), note(2, 50, "a"), note(3, 500, "a")];
    let (mut pairs, missing, unpaired) = planned(&notes, &[entry(9, 51, "a"), entry(8, 1, "a")], &[]);
    pairs.sort();
    assert_eq!(pairs, [(1, "sms/8".to_owned()), (2, "sms/9".to_owned())]);
    assert_eq!((missing, unpaired), (Vec::<String>::new(), vec![3]));
}

#[test]
fn what_is_stored_is_neither_paired_nor_missing() {
    let (pairs, missing, unpaired) = planned(&[note(1, 10, "a")], &[entry(8, 10, "a")], &["sms/8"]);
    assert_eq!((pairs, missing, unpaired), (vec![], vec![], vec![1]));
}

#[test]
fn outgoing_messages_and_repetitions_are_left_and_the_oldest_comes_first() {
    let mut out = entry(7, 9, "a");
    out.incoming = false;
    let read = read("ujz", "57", &[entry(9, 11, "b"), out, entry(8, 10, "a"), entry(8, 10, "a")]);
    assert_eq!(read.iter().map(|(read, _)| read.message_id.as_str()).collect::<Vec<_>>(), ["sms/8", "sms/9"]);
}

#[test]
fn keys_grow_with_time_and_are_of_one_phone_conversation_and_type() {
    assert!(exact_key("ujz", "57", "sms/9") < exact_key("ujz", "57", "sms/10"));
    let all = [
        exact_key("ujz", "57", "sms/9"),
        exact_key("ujy", "57", "sms/9"),
        exact_key("ujz", "58", "sms/9"),
        exact_key("ujz", "57", "mms/9"),
        streamed_key("ujz", "57", UnixMs(9), &digest("a")),
        streamed_key("ujz", "57", UnixMs(9), &digest("b")),
        raw_key("ujz", b"a"),
        raw_key("ujz", b"b"),
    ];
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    assert!(all.iter().all(|key| key.0.len() == 22));
}

#[test]
fn a_number_is_a_sender_and_a_name_is_provisional() {
    for number in ["1588-1688", "+82 10-1111-2222", "15881688"] {
        assert!(is_number(number), "{number}");
    }
    for name in ["My Bank", "KB", "", "홍길동", "Bank 1588"] {
        assert!(!is_number(name), "{name}");
    }
}

proptest! {
    /// INV-I2: whatever was told and read, each message of the history is stored once and each note used once.
    #[test]
    fn nothing_is_lost_and_nothing_doubled(
        notes in prop::collection::vec((0..200_i64, 0..3_u8), 0..12),
        entries in prop::collection::vec((0..200_i64, 0..3_u8), 0..12),
        stored in prop::collection::vec(any::<bool>(), 12),
    ) {
        let body = |text: u8| format!("text {text}");
        let notes: Vec<Note> =
            notes.iter().zip(1..).map(|((at, text), id)| note(id, *at, &body(*text))).collect();
        let entries: Vec<Entry> =
            entries.iter().zip(1..).map(|((at, text), id)| entry(id, *at, &body(*text))).collect();
        let ids: Vec<String> = entries.iter().map(|entry| entry.message_id.clone()).collect();
        let known: Vec<&str> =
            ids.iter().zip(&stored).filter(|(_, stored)| **stored).map(|(id, _)| id.as_str()).collect();
        let (pairs, missing, unpaired) = planned(&notes, &entries, &known);
        let mut handled: Vec<&str> =
            pairs.iter().map(|(_, id)| id.as_str()).chain(missing.iter().map(String::as_str)).chain(known.iter().copied()).collect();
        handled.sort_unstable();
        let mut all: Vec<&str> = ids.iter().map(String::as_str).collect();
        all.sort_unstable();
        prop_assert_eq!(handled, all);
        let mut used: Vec<i64> = pairs.iter().map(|(note, _)| *note).chain(unpaired).collect();
        used.sort_unstable();
        prop_assert_eq!(used, notes.iter().map(|note| note.id).collect::<Vec<_>>());
    }
}
