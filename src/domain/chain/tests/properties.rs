use proptest::prelude::*;

use super::*;

/// A true day of an account: amounts that never repeat by chance, some of them in one minute.
fn day() -> impl Strategy<Value = Vec<(i64, Link)>> {
    let movement = (any::<bool>(), 1..40_i64, 0..3_i64);
    prop::collection::vec(movement, 2..40).prop_map(|movements| {
        let (mut balance, mut minute) = (1 << 53, 0);
        let mut links = Vec::new();
        for (nth, (is_deposit, amount, later)) in (0_i64..).zip(movements) {
            // Each has a binary digit of its own, so that no sum of some is another one, or nothing.
            let moved = ((amount << 41) | (1 << nth)) * if is_deposit { 1 } else { -1 };
            balance += moved;
            minute += later;
            links.push((minute, link(nth + 1, moved, balance)));
        }
        links
    })
}

fn breaks(judged: &[Judged]) -> Vec<&Judged> {
    judged.iter().filter(|one| one.verdict.is_break()).collect()
}

fn by_id(judged: &[Judged]) -> BTreeMap<i64, Verdict> {
    judged.iter().map(|one| (one.sms_id, one.verdict)).collect()
}

proptest! {
    /// INV-C1, INV-C4: whatever the order of arrival, a day of which nothing is missing has no break.
    #[test]
    fn a_whole_day_has_no_break(day in day(), seed in any::<u64>()) {
        let mut arrived = day.clone();
        let mut state = seed;
        for (_, link) in &mut arrived {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            link.received_at = UnixMs(i64::try_from(state >> 40).unwrap());
        }
        prop_assert!(breaks(&judge_all(arrived)).is_empty());
    }

    /// INV-C2.
    #[test]
    fn what_is_missing_is_one_break_of_its_size(day in day(), which in any::<prop::sample::Index>()) {
        let mut heard = day.clone();
        let (_, lost) = heard.remove(which.index(day.len()));
        let judged = judge_all(heard);
        let is_edge = lost.sms_id == 1 || lost.sms_id == i64::try_from(day.len()).unwrap();
        let breaks = breaks(&judged);
        prop_assert_eq!(breaks.len(), usize::from(!is_edge));
        for one in breaks {
            let (_, stated) = day.iter().find(|(_, link)| link.sms_id == one.sms_id).unwrap();
            let expected = one.previous.unwrap().balance + stated.moved;
            prop_assert_eq!(stated.balance.unwrap() - expected, lost.moved);
        }
    }

    /// INV-C5: a text with a balance that never was is a break, and no other link is.
    #[test]
    fn a_forged_balance_is_the_only_break(
        day in day(), which in any::<prop::sample::Index>(), amount in 1..1_000_000_i64, off in 1_i64 << 54..1 << 55,
    ) {
        let (minute, after) = day[which.index(day.len())].clone();
        let forged = link(1_000, amount, after.balance.unwrap() + off);
        let judged = judge_all(day.iter().cloned().chain([(minute, forged)]));
        // In the account's first minute it cannot be told from the account's first balance by the chain alone.
        prop_assume!(minute > day[0].0);
        prop_assert_eq!(breaks(&judged).iter().map(|one| one.sms_id).collect::<Vec<_>>(), [1_000]);
    }

    /// INV-C1: the verdicts depend on the links that are there, not on the order in which they were given.
    #[test]
    fn the_order_of_arrival_changes_no_verdict(
        day in day(), lost in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), forged in 0..5_i64,
    ) {
        let mut heard = day.clone();
        let (minute, _) = heard.remove(lost.index(day.len()));
        heard.push((minute, link(1_000, 7, forged << 53)));
        let straight = by_id(&judge_all(heard.clone()));
        let split = at.index(heard.len());
        heard.rotate_left(split);
        prop_assert_eq!(&by_id(&judge_all(heard.clone())), &straight);
        heard.reverse();
        prop_assert_eq!(&by_id(&judge_all(heard)), &straight);
    }
}
