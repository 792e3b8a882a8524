//! What every pack promises, held over all templates of all packs at once, as if each were tried for each sender.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::domain::sms::{Direction, SmsState};
use crate::domain::template::{Parsed, TemplateBook, TemplateEntry, TemplateSample};
use crate::domain::text::normalise;
use crate::domain::time::UnixMs;

/// 2026-04-23 12:00 in Seoul: a day after most samples.
const RECEIVED: UnixMs = UnixMs(1_776_913_200_000);

fn packs() -> Vec<Pack> {
    SUMMARIES.iter().map(|summary| summary.read().unwrap()).collect()
}

fn banks() -> Vec<(&'static str, Bank)> {
    packs().into_iter().flat_map(|pack| pack.banks.into_iter().map(move |bank| (pack.name, bank))).collect()
}

fn templates() -> Vec<TemplateSpec> {
    banks().into_iter().flat_map(|(_, bank)| bank.templates).collect()
}

/// All of them, each for every sender.
fn book() -> TemplateBook {
    let entries = templates().into_iter().zip(1..).map(|(mut spec, id)| {
        let compiled = spec.compile().unwrap_or_else(|errors| panic!("{}: {errors:#?}", spec.name));
        spec.senders = vec!["*".to_owned()];
        TemplateEntry { id, version: 1, spec: Arc::new(spec), compiled: Arc::new(compiled) }
    });
    TemplateBook::build(entries.collect())
}

fn parse(book: &TemplateBook, text: &str) -> Parsed {
    book.parse("1", &normalise(text), RECEIVED)
}

fn samples(direction: Direction) -> Vec<(TemplateSpec, TemplateSample)> {
    let of_direction = templates().into_iter().filter(|spec| spec.direction == direction);
    of_direction.flat_map(|spec| spec.samples.clone().into_iter().map(move |sample| (spec.clone(), sample))).collect()
}

#[test]
fn every_template_compiles_reads_its_samples_and_warns_of_nothing_it_must_not() {
    let mut wrong = Vec::new();
    for (pack, bank) in banks() {
        for spec in &bank.templates {
            let place = format!("{pack}/{}: {}", bank.key, spec.name);
            if spec.samples.len() < 2 {
                wrong.push(format!("{place}: fewer than two samples"));
            }
            if spec.samples.iter().any(|sample| !sample.expect.contains_key("amount")) {
                wrong.push(format!("{place}: a sample without its amount"));
            }
            match spec.compile() {
                Err(errors) => wrong.push(format!("{place}: {errors:?}")),
                Ok(compiled) => wrong.extend(
                    compiled.warnings.iter().filter(|told| told.contains('`')).map(|told| format!("{place}: {told}")),
                ),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nobody's templates disturb another's: among all of all packs a sample is read as among its own.
#[test]
fn every_sample_is_read_as_expected_among_all_templates_of_all_packs() {
    let book = book();
    let mut wrong = Vec::new();
    for direction in [Direction::Deposit, Direction::Withdrawal] {
        for (spec, sample) in samples(direction) {
            for text in [sample.text.clone(), sample.text.replace('\n', "\r\n"), sample.text.replace('\n', " ")] {
                let parsed = parse(&book, &text);
                let state = if direction == Direction::Deposit { SmsState::Parsed } else { SmsState::Ignored };
                let read = parsed.reading.as_ref().map(|(_, _, reading)| reading);
                let fields = read.map(|reading| reading.fields.to_map()).unwrap_or_default();
                let same_money = fields.get("amount") == sample.expect.get("amount");
                let same_name = sample.expect.get("name") == fields.get("name") || !sample.expect.contains_key("name");
                let is_right = parsed.state == state
                    && read.is_some_and(|reading| reading.direction == direction)
                    && !parsed.flags.has(crate::domain::flags::Flag::SuspiciousText)
                    && same_money
                    && same_name;
                if !is_right {
                    wrong.push(format!("{}: {text:?}: {parsed:?}", spec.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Each bank's texts that only look like deposits go to people or away, and are booked by no template of any pack.
#[test]
fn what_only_looks_like_a_deposit_is_booked_by_no_template() {
    let book = book();
    for (pack, bank) in banks() {
        for text in &bank.never {
            let parsed = parse(&book, text);
            assert_ne!(parsed.state, SmsState::Parsed, "{pack}/{}: {text}: {parsed:?}", bank.key);
            // A channel without a direction and a deposit undone are for people, not for nobody.
            assert!(pack != "korea" || parsed.need_check, "{pack}/{}: {text}: {parsed:?}", bank.key);
        }
    }
}

/// A deposit that was undone, has failed or is only announced, and the same text about money that left.
#[test]
fn a_deposit_sample_turned_into_something_else_is_not_booked() {
    let book = book();
    let turns: [(&str, &[&str]); 14] = [
        (
            "입금",
            &["출금", "입금취소", "입금실패", "입금예정", "입금반환", "입금오류", "세입금", "입금안내", "이체출금"],
        ),
        ("credited", &["debited", "not credited", "reversed"]),
        ("Credit Alert", &["Failed Credit Alert"]),
        ("received", &["sent", "requested", "not received"]),
        ("Received", &["Sent", "Requested", "Failed"]),
        ("deposited", &["withdrawn", "declined"]),
        ("successful", &["unsuccessful", "failed"]),
        ("Cash In", &["Cash Out"]),
        ("+", &["-"]),
        ("เงินเข้า", &["เงินออก", "ยกเลิกเงินเข้า"]),
        ("รับโอน", &["โอนออก", "ยกเลิกรับโอน"]),
        ("收入", &["支出", "收入失败", "取消收入"]),
        ("存入", &["支出", "存入失败"]),
        ("入账", &["扣款", "退回入账"]),
    ];
    let mut turned = 0;
    for (spec, sample) in samples(Direction::Deposit) {
        for (word, others) in turns {
            if !sample.text.contains(word) {
                continue;
            }
            for other in others {
                let text = sample.text.replace(word, other);
                let parsed = parse(&book, &text);
                assert_ne!(parsed.state, SmsState::Parsed, "{}: {text}: {parsed:?}", spec.name);
                turned += 1;
            }
        }
    }
    assert!(turned > 500, "only {turned} texts were turned: do the words still stand in the samples?");
}

/// A gateway that strips line breaks glues numbers together: what was read of the text is not read otherwise.
#[test]
fn a_sample_without_any_white_space_is_read_as_it_was_or_not_at_all() {
    let book = book();
    for (spec, sample) in samples(Direction::Deposit) {
        let text = sample.text.replace('\n', "");
        let parsed = parse(&book, &text);
        let Some((_, _, reading)) = parsed.reading.filter(|_| parsed.state == SmsState::Parsed) else { continue };
        let compiled = spec.compile().unwrap();
        let whole = compiled.read(&normalise(&sample.text), RECEIVED).unwrap();
        assert_eq!(reading.fields.amount, whole.fields.amount, "{}: {text}", spec.name);
        assert_eq!(reading.fields.balance, whole.fields.balance, "{}: {text}", spec.name);
        assert_eq!(reading.fields.name, whole.fields.name, "{}: {text}", spec.name);
    }
}

#[test]
fn names_are_unique_and_every_bank_has_both_directions() {
    let mut seen = BTreeSet::new();
    for (pack, bank) in banks() {
        for spec in &bank.templates {
            assert!(seen.insert(spec.name.clone()), "{} stands twice", spec.name);
        }
        let directions: BTreeSet<_> = bank.templates.iter().map(|spec| spec.direction.as_str()).collect();
        let is_relay = bank.key == "relay";
        assert!(is_relay || directions.len() == 2, "{pack}/{}: {directions:?}", bank.key);
        assert!(is_relay || !bank.whitelist.is_empty(), "{pack}/{} names no sender", bank.key);
    }
}

#[test]
fn every_file_is_built_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs");
    let mut files = BTreeSet::new();
    for pack in std::fs::read_dir(&root).unwrap() {
        let pack = pack.unwrap();
        for file in std::fs::read_dir(pack.path()).unwrap() {
            let file = file.unwrap().path();
            let key = file.file_stem().unwrap().to_str().unwrap().to_owned();
            files.insert((pack.file_name().into_string().unwrap(), key));
        }
    }
    let built_in: BTreeSet<_> =
        SUMMARIES.iter().flat_map(|pack| pack.bank_keys().map(|key| (pack.name.to_owned(), key.to_owned()))).collect();
    assert_eq!(files, built_in);
    assert!(pack("atlantis").unwrap().is_none());
}
