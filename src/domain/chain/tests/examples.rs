use super::*;
use Verdict::{Accepted, BalanceAbsent, Broken, First, NoBalance, Sound};

#[test]
fn a_missing_movement_is_one_break_with_its_size() {
    let judged = apart([link(1, 100, 100), link(2, 50, 180), link(3, -20, 160)]);
    assert_eq!(verdicts(&judged), [First, Broken, Sound], "INV-C2");
    let previous = judged[1].previous.unwrap();
    assert_eq!((previous.sms_id, 180 - (previous.balance + 50)), (1, 30));
}

#[test]
fn a_forged_balance_breaks_and_the_banks_next_text_does_not() {
    let judged = apart([link(1, 100, 100), link(2, 50, 999_999), link(3, 10, 110), link(4, 5, 115)]);
    assert_eq!(verdicts(&judged), [First, Broken, Sound, Sound]);
    assert_eq!(judged[2].previous.unwrap().sms_id, 1);
}

/// INV-C4: two texts of one minute may arrive in either order.
#[test]
fn within_a_minute_the_balances_give_the_order() {
    let links = [link(1, 100, 100), link(3, 30, 180), link(2, 50, 150)];
    let judged = judge_all([(0, links[0].clone()), (1, links[1].clone()), (1, links[2].clone())]);
    assert_eq!(verdicts(&judged), [First, Sound, Sound]);
    let swapped = [link(1, 100, 100), link(2, 30, 180), link(3, 50, 150)];
    let judged = judge_all([(0, swapped[0].clone()), (1, swapped[1].clone()), (1, swapped[2].clone())]);
    assert_eq!(judged.iter().map(|one| one.sms_id).collect::<Vec<_>>(), [1, 3, 2]);
    assert_eq!(verdicts(&judged), [First, Sound, Sound]);
    // Across minutes the text's own time rules.
    assert_eq!(verdicts(&apart(swapped)), [First, Broken, Sound]);
}

#[test]
fn a_fork_in_a_minute_is_found_whichever_way_was_tried_first() {
    // 100 -> 150 -> 100 -> 130: taken the other way round, 100 -> 130, the rest would hang in the air.
    let minute = [link(2, 30, 130), link(3, 50, 150), link(4, -50, 100)];
    let judged = judge_all(std::iter::once((0, link(1, 100, 100))).chain(minute.map(|link| (1, link))));
    assert_eq!(verdicts(&judged), [First, Sound, Sound, Sound]);
}

#[test]
fn the_first_minute_of_an_account_is_ordered_too() {
    let judged = judge_all([(0, link(1, 30, 180)), (0, link(2, 50, 150))]);
    assert_eq!(judged.iter().map(|one| one.sms_id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(verdicts(&judged), [First, Sound]);
}

#[test]
fn a_gap_before_swapped_texts_is_one_break() {
    let judged = judge_all([(0, link(1, 100, 100)), (1, link(2, 30, 230)), (1, link(3, 50, 200))]);
    assert_eq!(judged.iter().map(|one| one.sms_id).collect::<Vec<_>>(), [1, 3, 2]);
    assert_eq!(verdicts(&judged), [First, Broken, Sound]);
}

#[test]
fn the_same_movement_told_twice_is_named_and_changes_nothing() {
    let judged = apart([link(1, 100, 100), link(2, 50, 150), link(3, 50, 150), link(4, 10, 160)]);
    assert_eq!(verdicts(&judged), [First, Sound, Broken, Sound]);
    assert_eq!(judged[2].repeats, Some(2), "INV-C6");
    // Also in one minute, and where another has come between.
    let minute = [link(2, 50, 150), link(3, 50, 150), link(4, 10, 160)];
    let judged = judge_all(std::iter::once((0, link(1, 100, 100))).chain(minute.map(|link| (1, link))));
    assert_eq!(verdicts(&judged), [First, Sound, Sound, Broken]);
    assert_eq!((judged[3].sms_id, judged[3].repeats), (3, Some(2)));
}

#[test]
fn an_absent_balance_is_a_break_where_the_template_carries_one() {
    let absent = |sms_id, moved, template_id| Link { template_id, ..link(sms_id, moved, None) };
    let judged = apart([absent(1, 5, 1), link(2, 100, 100), absent(3, 50, 1), absent(4, -10, 2), link(5, 1, 141)]);
    assert_eq!(verdicts(&judged), [NoBalance, First, BalanceAbsent, NoBalance, Sound], "INV-C3");
    // It was forged: the bank goes on from the last sound balance.
    let judged = apart([link(2, 100, 100), absent(3, 50, 1), link(4, 1, 101)]);
    assert_eq!(verdicts(&judged), [First, BalanceAbsent, Sound]);
    // Something is missing all the same.
    let judged = apart([link(2, 100, 100), absent(3, 50, 1), link(4, 1, 181)]);
    assert_eq!(verdicts(&judged), [First, BalanceAbsent, Broken]);
    assert_eq!(judged[2].previous.unwrap().balance, 150);
}

#[test]
fn an_accepted_break_is_the_new_balance() {
    let accepted = Link { accepted: true, ..link(2, 50, 180) };
    let judged = apart([link(1, 100, 100), accepted.clone(), link(3, 5, 105), link(4, 20, 200)]);
    assert_eq!(verdicts(&judged), [First, Accepted, Broken, Sound]);
    // Once the missing message is there, nothing needs to be accepted.
    let judged = apart([link(1, 100, 100), link(9, 30, 130), accepted]);
    assert_eq!(verdicts(&judged), [First, Sound, Sound]);
}

#[test]
fn a_branch_that_goes_on_becomes_the_account() {
    let branch = (0..i64::from(super::super::BRANCH_LINKS)).map(|nth| link(3 + nth, 1, 501 + nth));
    let (long, short): (Vec<Link>, Vec<Link>) = (branch.clone().collect(), branch.take(2).collect());
    let head = [link(1, 100, 100), link(2, 50, 500)];
    let bank = link(90, 7, 107);
    let judged = apart(head.iter().cloned().chain(short).chain([bank.clone()]));
    assert_eq!(judged.last().unwrap().verdict, Sound, "the bank goes on from before the break");
    let judged = apart(head.into_iter().chain(long).chain([bank]));
    assert_eq!(judged.last().unwrap().verdict, Broken);
}

#[test]
fn numbers_beyond_all_accounts_break_and_do_not_overflow() {
    let judged = apart([
        link(1, 1, i64::MAX),
        link(2, i64::MAX, 5),
        link(3, -5, i64::MAX),
        link(4, 1, None),
        link(5, 1, i64::MIN),
    ]);
    assert_eq!(verdicts(&judged), [First, Broken, Broken, BalanceAbsent, Broken]);
}

#[test]
fn overdrafts_are_balances_like_others() {
    let judged = apart([link(1, 100, -400), link(2, -50, -450), link(3, 500, 50)]);
    assert_eq!(verdicts(&judged), [First, Sound, Sound]);
}
