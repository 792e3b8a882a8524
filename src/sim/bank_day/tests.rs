use std::collections::BTreeSet;

use super::*;

fn plan(seed: u64) -> DayPlan {
    DayPlan {
        seed,
        start: "2026-04-22T00:30:00Z".parse().unwrap(),
        length: Duration::from_hours(8),
        deposits: 300,
        time_zone: TimeZone::get("Asia/Seoul").unwrap(),
    }
}

fn messages(steps: &[Step]) -> impl Iterator<Item = (&UnixMs, &SimSms)> {
    steps.iter().filter_map(|step| match &step.what {
        Event::Sms(sms) => Some((&step.at, sms)),
        _ => None,
    })
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
        let fates: BTreeSet<String> =
            messages(&steps).map(|(_, sms)| format!("{:?}", sms.fate).split('(').next().unwrap().to_owned()).collect();
        let all = ["Ignored", "Matched", "NeverHeard", "Rejected", "Twin", "Unmatched", "Unparsed"];
        assert_eq!(fates.iter().map(String::as_str).collect::<Vec<_>>(), all, "seed {seed}");
    }
}

#[test]
fn what_is_matched_was_ordered_for_that_amount_and_name() {
    let steps = script(&plan(3));
    let orders: Vec<&SimOrder> = steps
        .iter()
        .filter_map(|step| match &step.what {
            Event::Order(order) => Some(order),
            _ => None,
        })
        .collect();
    let (mut early, mut paid) = (0, BTreeSet::new());
    for (at, sms) in messages(&steps) {
        let Fate::Matched(order_id) = &sms.fate else { continue };
        let order = orders.iter().find(|order| order.order_id == *order_id).unwrap();
        assert!(sms.text.contains(&order.depositor) && sms.text.contains(&banks::grouped(order.amount)), "{sms:?}");
        assert!(paid.insert(order_id), "an order is paid once");
        early += usize::from(*at < order.created_at);
    }
    assert!(early > 0 && paid.len() > 80, "{early} early of {}", paid.len());
}

#[test]
fn a_silent_handset_is_not_heard() {
    let steps = script(&plan(4));
    let silent = steps.iter().find(|step| step.what == Event::FallsSilent(FALLS_SILENT)).unwrap().at;
    for (at, sms) in messages(&steps) {
        assert_eq!(sms.fate == Fate::NeverHeard, sms.line == FALLS_SILENT && *at >= silent, "{sms:?}");
    }
}
