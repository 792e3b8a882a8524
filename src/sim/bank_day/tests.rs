use std::collections::BTreeSet;

use super::*;

fn plan(seed: u64) -> DayPlan {
    DayPlan {
        seed,
        start: "2026-04-22T00:30:00Z".parse().unwrap(),
        length: Duration::from_hours(8),
        deposits: 300,
        time_zone: TimeZone::get("Asia/Seoul").unwrap(),
        before: Counts::default(),
    }
}

fn messages(steps: &[Step]) -> impl Iterator<Item = (&UnixMs, &SimSms)> {
    steps.iter().filter_map(|step| match &step.what {
        Event::Sms(sms) => Some((&step.at, sms)),
        _ => None,
    })
}

fn fates(steps: &[Step]) -> BTreeSet<String> {
    messages(steps).map(|(_, sms)| format!("{:?}", sms.fate).split('(').next().unwrap().to_owned()).collect()
}

#[test]
fn a_seed_is_a_day() {
    assert_eq!(script(&plan(7)), script(&plan(7)));
    assert_ne!(script(&plan(7)), script(&plan(8)));
}

#[test]
fn everything_that_goes_wrong_goes_wrong() {
    for seed in 0..10 {
        let steps = script(&plan(seed));
        assert!(steps.is_sorted_by_key(|step| step.at));
        let end = plan(seed).start.plus(plan(seed).length);
        assert!(steps.iter().all(|step| plan(seed).start <= step.at && step.at <= end), "seed {seed}");
        let fates = fates(&steps);
        let all = [
            "Broken",
            "Early",
            "Ignored",
            "Late",
            "Matched",
            "NeverHeard",
            "Rejected",
            "Twin",
            "Unmatched",
            "Unparsed",
        ];
        assert_eq!(fates.iter().map(String::as_str).collect::<Vec<_>>(), all, "seed {seed}");
    }
}

#[test]
fn the_shortest_day_has_everything_too() {
    for seed in 0..50 {
        let length = Duration::from_secs(3);
        let plan = DayPlan { length, deposits: 12, ..plan(seed) };
        let steps = script(&plan);
        assert!(steps.iter().all(|step| plan.start <= step.at && step.at <= plan.start.plus(length)), "seed {seed}");
        assert_eq!(fates(&steps).len(), 10, "seed {seed}: {:?}", fates(&steps));
    }
}

#[test]
fn no_two_days_share_an_order_a_number_or_an_amount() {
    let first = script(&plan(1));
    let next = script(&DayPlan { before: Counts::default().after(&first), ..plan(2) });
    let of = |steps: &[Step]| -> (BTreeSet<u64>, BTreeSet<i64>) {
        (messages(steps).map(|(_, sms)| sms.number).collect(), orders(steps).iter().map(|order| order.amount).collect())
    };
    let ((numbers, amounts), (later_numbers, later_amounts)) = (of(&first), of(&next));
    assert!(numbers.is_disjoint(&later_numbers) && amounts.is_disjoint(&later_amounts));
}

fn orders(steps: &[Step]) -> Vec<&SimOrder> {
    fn order(step: &Step) -> Option<&SimOrder> {
        match &step.what {
            Event::Order(order) => Some(order),
            _ => None,
        }
    }
    steps.iter().filter_map(order).collect()
}

#[test]
fn what_is_matched_was_ordered_for_that_amount_and_name() {
    let steps = script(&plan(3));
    let orders = orders(&steps);
    let (mut early, mut late, mut paid) = (0, 0, BTreeSet::new());
    for (at, sms) in messages(&steps) {
        let (Fate::Matched(order_id) | Fate::Early(order_id) | Fate::Late(order_id)) = &sms.fate else { continue };
        let order = orders.iter().find(|order| order.order_id == *order_id).unwrap();
        assert!(sms.text.contains(&order.depositor) && sms.text.contains(&banks::grouped(order.amount)), "{sms:?}");
        assert!(paid.insert(order_id), "an order is paid once");
        assert_eq!(*at < order.created_at, matches!(sms.fate, Fate::Early(_)), "{sms:?}");
        assert_eq!(order.expires_at.is_some_and(|until| until < *at), matches!(sms.fate, Fate::Late(_)), "{sms:?}");
        early += usize::from(matches!(sms.fate, Fate::Early(_)));
        late += usize::from(matches!(sms.fate, Fate::Late(_)));
    }
    assert!(early > 0 && late > 0 && paid.len() > 80, "{early} early and {late} late of {}", paid.len());
}

#[test]
fn no_handset_receives_equal_texts_at_once() {
    for (seed, length) in (0..20).zip([Duration::from_secs(3), Duration::from_hours(8)].into_iter().cycle()) {
        let steps = script(&DayPlan { length, ..plan(seed) });
        let received: Vec<(&UnixMs, usize, &str)> =
            messages(&steps).map(|(at, sms)| (at, sms.line, sms.text.as_str())).collect();
        let different: BTreeSet<_> = received.iter().collect();
        assert_eq!(different.len(), received.len(), "seed {seed}");
    }
}

#[test]
fn a_silent_handset_is_not_heard() {
    let steps = script(&plan(4));
    let silent = steps.iter().find(|step| step.what == Event::FallsSilent(FALLS_SILENT)).unwrap().at;
    for (at, sms) in messages(&steps) {
        assert_eq!(sms.fate == Fate::NeverHeard, sms.line == FALLS_SILENT && *at >= silent, "{sms:?}");
    }
}
