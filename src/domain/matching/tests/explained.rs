//! What people are told.

use super::*;

fn verdict(candidate: &Candidate, criterion: Criterion) -> &CriterionVerdict {
    candidate.criteria.iter().find(|one| one.criterion == criterion).unwrap()
}

#[test]
fn every_criterion_shows_both_values() {
    let mut asked = order("R-1", "홍길동", 0);
    asked.order.account = Some("123-456".to_owned());
    let template = Some(ReadBy { id: 3, version: 7 });
    let paid = Deposit { account: Some("123***".to_owned()), template, ..deposit(1, "홍*동", 5) };
    let explanation = one(paid, &[asked]).explanation;
    assert_eq!(explanation.rule, "unique-in-window/1");
    assert_eq!((explanation.template_id, explanation.template_version), (Some(3), Some(7)));
    let chosen = &explanation.candidates[0];
    assert_eq!(chosen.verdict, CandidateVerdict::Chosen);
    assert_eq!(chosen.criteria.iter().map(|one| one.criterion).collect::<Vec<_>>(), Criterion::ALL);
    assert!(chosen.criteria.iter().all(|one| one.verdict == Verdict::Agrees));
    let payer = verdict(chosen, Criterion::Payer);
    assert_eq!((payer.deposit.as_deref(), payer.order.as_deref()), (Some("홍*동"), Some("홍길동")));
    assert_eq!(payer.note.as_deref(), Some("the bank masks the name"));
    let account = verdict(chosen, Criterion::Account);
    assert_eq!((account.deposit.as_deref(), account.order.as_deref()), (Some("123***"), Some("123-456")));
    assert_eq!(verdict(chosen, Criterion::Amount).deposit.as_deref(), Some("50000"));
    assert_eq!(verdict(chosen, Criterion::Time).deposit.as_deref(), Some("2026-04-22T10:05:00Z"));
}

#[test]
fn the_runner_up_is_told_why_it_lost() {
    let mut other_account = order("R-2", "홍길동", 4);
    other_account.order.account = Some("999".to_owned());
    let paid = Deposit { account: Some("123".to_owned()), ..deposit(1, "홍길동", 5) };
    let explanation = one(paid, &[order("R-1", "홍길동", 0), other_account, order("R-3", "홍길동", 300)]).explanation;
    let runner_up = explanation.runner_up.unwrap();
    assert_eq!(
        (runner_up.order_id.as_str(), runner_up.reason.as_str()),
        ("R-2", "was to be paid into another account")
    );
    assert_eq!(verdict(&explanation.candidates[1], Criterion::Account).verdict, Verdict::Differs);
    assert_eq!(verdict(&explanation.candidates[2], Criterion::Time).verdict, Verdict::Differs);
}

#[test]
fn an_order_that_the_deposit_lies_only_near_lost_to_the_one_in_window() {
    let orders = [order("R-1", "홍길동", 0), order("R-2", "홍길동", 20)];
    let explanation = one(deposit(1, "홍길동", 5), &orders).explanation;
    let runner_up = explanation.runner_up.unwrap();
    assert_eq!(
        (runner_up.order_id.as_str(), runner_up.reason.as_str()),
        ("R-2", "fits near its time window, but an order goes first in whose time window the deposit lies")
    );
}

#[test]
fn a_deposit_that_is_held_back_says_so_of_every_order_that_fits() {
    let held = |sms_id| Deposit { held_back: flags(&[Flag::ChainBreak]), ..deposit(sms_id, "홍길동", 5) };
    for deposits in [vec![held(1)], vec![held(1), deposit(2, "홍길동", 6)]] {
        let explanation = decided(&deposits, &[order("R-1", "홍길동", 0)]).remove(0).explanation;
        assert_eq!(explanation.candidates_total, 1);
        assert_eq!(explanation.candidates[0].reason, "fits in its time window, but this deposit is held back");
    }
}

#[test]
fn rivals_and_holders_are_named() {
    let decisions = decided(&[deposit(1, "홍길동", 5), deposit(2, "홍길동", 6)], &[order("R-1", "홍길동", 0)]);
    assert_eq!(decisions[0].explanation.candidates[0].rivals, [2]);
    assert_eq!(decisions[1].explanation.candidates[0].rivals, [1]);
    assert_eq!(decisions[0].explanation.runner_up, None, "nobody won");

    let mut taken = order("R-1", "홍길동", 0);
    taken.firm_sms = Some(7);
    let explanation = one(deposit(9, "홍길동", 5), &[taken]).explanation;
    assert_eq!(explanation.candidates[0].rivals, [7]);
    assert_eq!(explanation.candidates[0].reason, "already paid by sms 7");
    assert!(explanation.summary.contains("double payment"), "{}", explanation.summary);
}

/// INV-M4: the store does not let two deposits hold one order, but were it so, the answer would still be one.
#[test]
fn of_two_holders_the_first_by_id_is_named() {
    let firm = |sms_id| Deposit { bond: Bond::Firm { order_id: "R-1".to_owned() }, ..deposit(sms_id, "홍길동", 5) };
    for deposits in [[firm(1), firm(2), deposit(3, "홍길동", 5)], [firm(2), firm(1), deposit(3, "홍길동", 5)]] {
        let explanation = only(decided(&deposits, &[order("R-1", "홍길동", 0)])).explanation;
        assert_eq!(explanation.candidates[0].rivals, [1]);
    }
}

#[test]
fn what_is_stored_is_bounded_and_says_how_much_there_was() {
    let (deposits, orders) = synthetic::bucket(200, synthetic::Names::Same);
    let decisions = decide(&deposits, &orders, &synthetic::WINDOWS, synthetic::BASE);
    let explanation = &decisions[0].explanation;
    assert_eq!((explanation.candidates.len(), explanation.candidates_total), (CANDIDATES_STORED_MAX, 200));
    let first = &explanation.candidates[0];
    assert_eq!((first.rivals.len(), first.rivals_total), (RIVALS_STORED_MAX, 199));
    assert_eq!(first.order_id, "R-0000000");
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let explanation = one(deposit(1, "홍길동", 5), &[order("R-1", "홍길동", 0)]).explanation;
    let json = serde_json::to_string(&explanation).unwrap();
    assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), explanation);
}

#[test]
fn the_flags_that_matching_owns_are_all_it_sets() {
    let owned = [Flag::Early, Flag::Late, Flag::OrderTaken, Flag::NoName, Flag::Ambiguous, Flag::UnmatchedExpired];
    assert_eq!(MATCHING_FLAGS, flags(&owned));
}
