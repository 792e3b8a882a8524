use super::*;

fn texted(text: &str, fate: Fate) -> Texted {
    Texted { line: 0, text: text.to_owned(), fate }
}

fn stored(text: &str, state: &str, order_id: Option<&str>) -> Stored {
    Stored {
        line: LINES[0].to_owned(),
        text: text.to_owned(),
        state: state.to_owned(),
        order_id: order_id.map(str::to_owned),
        ..Stored::default()
    }
}

fn matched(order: &str) -> Fate {
    Fate::Matched(order.to_owned())
}

fn report(messages: &[Texted], orders: &[&str], stored: &[Stored]) -> Report {
    let orders = orders.iter().map(|order| (*order).to_owned()).collect();
    let matched = stored.iter().filter_map(|sms| sms.order_id.clone()).collect();
    tally(&Record { messages: messages.to_vec(), orders }, stored, &matched, Vec::new())
}

fn faults(report: &Report) -> [u64; 4] {
    report.faults().map(|(_, count)| count)
}

#[test]
fn a_day_as_planned_has_no_faults() {
    let messages = [
        texted("a", matched("R-1")),
        texted("twin", Fate::Twin),
        texted("twin", Fate::Twin),
        texted("b", Fate::NeverHeard),
        texted("c", Fate::Early("R-2".to_owned())),
    ];
    let early = Stored { flags: vec!["early".to_owned()], ..stored("c", "matched", Some("R-2")) };
    let twins = ["twin", "twin"].map(|text| stored(text, "ambiguous", None));
    let all = [vec![stored("a", "matched", Some("R-1")), early], twins.to_vec()].concat();
    let report = report(&messages, &["R-1", "R-2", "R-3"], &all);
    assert!(report.is_as_planned(), "{report:?}");
    assert_eq!((report.orders, report.unpaid, report.unpaid_and_open), (3, 1, 1));
    assert!(report.fates.iter().all(|row| row.right == row.planned));
}

#[test]
fn each_fault_is_told_as_what_it_is() {
    let one = [texted("a", matched("R-1"))];
    let of = |stored: &[Stored]| faults(&report(&one, &["R-1", "R-2"], stored));
    assert_eq!(of(&[stored("a", "matched", Some("R-1"))]), [0, 0, 0, 0]);
    assert_eq!(of(&[stored("a", "matched", Some("R-2"))]), [1, 0, 0, 0]);
    assert_eq!(of(&[]), [0, 1, 0, 0]);
    assert_eq!(of(&[stored("a", "matched", Some("R-1")), stored("a", "unmatched", None)]), [0, 0, 1, 0]);
    assert_eq!(of(&[stored("a", "unmatched", None)]), [0, 0, 0, 1]);
    assert_eq!(of(&[stored("a", "matched", Some("R-1")), stored("x", "rejected", None)]), [0, 0, 1, 0]);
}

#[test]
fn nothing_but_what_was_ordered_may_be_matched() {
    for fate in
        [Fate::Twin, Fate::Unmatched, Fate::Broken, Fate::Ignored, Fate::Rejected, Fate::Unparsed, Fate::NeverHeard]
    {
        let report = report(&[texted("a", fate.clone())], &["R-1"], &[stored("a", "matched", Some("R-1"))]);
        assert_eq!(faults(&report)[0], 1, "{fate:?}");
    }
}

#[test]
fn what_was_stopped_before_its_order_came_waits_for_it() {
    let early = [texted("a", Fate::Early("R-1".to_owned()))];
    assert!(report(&early, &[], &[stored("a", "unmatched", None)]).is_as_planned());
    assert!(!report(&early, &["R-1"], &[stored("a", "unmatched", None)]).is_as_planned());
}

#[test]
fn a_source_that_brings_less_or_more_than_it_was_told_is_seen() {
    let source = |told, heard| SourceRow {
        source: "shooter/1".to_owned(),
        kind: "recon",
        line: LINES[0],
        told,
        heard,
        ended: None,
    };
    let with = |sources| tally(&Record::default(), &[], &BTreeSet::new(), sources);
    assert!(with(vec![source(3, 3)]).is_as_planned());
    assert_eq!(faults(&with(vec![source(3, 3), source(3, 2)])), [0, 1, 0, 0]);
    assert_eq!(faults(&with(vec![source(3, 4)])), [0, 0, 1, 0]);
}
