//! Judging the links of one minute.

use super::{BRANCH_LINKS, Judged, Link, Point, Stand, Tip, Verdict};

/// Minutes with more links than this are not searched for an order in which all follow: each step takes what follows.
const SEARCHED_MAX: usize = 12;
/// Steps of that search, so that no minute costs more.
const STEPS_MAX: u32 = 5_000;
/// Templates of an account that are remembered to carry balances.
const CARRIERS_MAX: usize = 16;

/// Judges `links`, which are of one account and one minute, from where the account stood before. Answers them in the order of
/// the chain.
///
/// Texts tell the minute only, and two of one minute may arrive in either order. So within a minute the balances decide: an
/// order in which every link follows proves itself. Where there is none, whatever follows is taken first, and of the rest
/// what no other leads to, each time the earliest received.
#[must_use]
pub fn judge(mut stand: Stand, mut links: Vec<Link>) -> Vec<Judged> {
    links.sort_by_key(|link| (link.received_at, link.sms_id));
    let mut left = unbroken_order(&stand, &links).unwrap_or(links);
    let mut judged: Vec<Judged> = Vec::with_capacity(left.len());
    let mut taken: Vec<Link> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let link = left.remove(next(&stand, &left));
        let repeats = repeated(&stand, &taken, &link);
        let one = judge_one(&stand, &link, repeats);
        stand = one.stand.clone();
        judged.push(one);
        taken.push(link);
    }
    judged
}

/// The balances that a link may follow from.
fn references(stand: &Stand) -> impl Iterator<Item = Point> {
    [stand.tip.map(|tip| tip.at), stand.sound].into_iter().flatten()
}

/// All links in an order in which each follows from the one before, where there is one: the one nearest to `links`' own.
fn unbroken_order(stand: &Stand, links: &[Link]) -> Option<Vec<Link>> {
    let searched = 2..=SEARCHED_MAX;
    if !searched.contains(&links.len()) || links.iter().any(|link| link.balance.is_none()) {
        return None;
    }
    let mut starts: Vec<i64> = references(stand).map(|point| point.balance).collect();
    if starts.is_empty() {
        starts = links.iter().filter_map(Link::before).collect();
    }
    let mut steps = STEPS_MAX;
    starts.into_iter().find_map(|start| {
        let (mut left, mut order) = (links.to_vec(), Vec::with_capacity(links.len()));
        trail(start, &mut left, &mut order, &mut steps).then_some(order)
    })
}

fn trail(from: i64, left: &mut Vec<Link>, order: &mut Vec<Link>, steps: &mut u32) -> bool {
    if left.is_empty() {
        return true;
    }
    for at in 0..left.len() {
        if left[at].before() != Some(from) || *steps == 0 {
            continue;
        }
        *steps -= 1;
        let link = left.remove(at);
        let next = link.balance.unwrap_or(from);
        order.push(link);
        if trail(next, left, order, steps) {
            return true;
        }
        if let Some(link) = order.pop() {
            left.insert(at, link);
        }
    }
    false
}

/// Which of the links that are left comes next.
fn next(stand: &Stand, left: &[Link]) -> usize {
    let follows = |point: Point| left.iter().position(|link| link.before() == Some(point.balance));
    if let Some(at) = references(stand).find_map(follows) {
        return at;
    }
    let stateless = left.iter().position(|link| link.balance.is_none());
    let has_none_before = |link: &Link| {
        let before = link.before();
        !left.iter().any(|other| other.sms_id != link.sms_id && other.balance.is_some() && other.balance == before)
    };
    let is_new = stand.latest().is_none();
    // Of an account of which nothing is known, the balances say what there was before those that state none.
    let first = if is_new { None } else { stateless };
    first.or_else(|| left.iter().position(|link| link.balance.is_some() && has_none_before(link))).unwrap_or(0)
}

/// The earlier message of this minute, or of the latest balance, that says the same.
fn repeated(stand: &Stand, taken: &[Link], link: &Link) -> Option<i64> {
    let balance = link.balance?;
    let same = |moved: i64, other: Option<i64>| moved == link.moved && other == Some(balance);
    let earlier = taken.iter().find(|other| same(other.moved, other.balance)).map(|other| other.sms_id);
    earlier.or_else(|| references(stand).find(|point| same(point.moved, Some(point.balance))).map(|point| point.sms_id))
}

fn judge_one(stand: &Stand, link: &Link, repeats: Option<i64>) -> Judged {
    let (verdict, previous, mut next) = match link.balance {
        Some(balance) => with_balance(stand, link, balance, repeats),
        None => without_balance(stand, link),
    };
    if link.balance.is_some()
        && let Err(at) = next.carriers.binary_search(&link.template_id)
        && next.carriers.len() < CARRIERS_MAX
    {
        next.carriers.insert(at, link.template_id);
    }
    let repeats = repeats.filter(|_| matches!(verdict, Verdict::Broken | Verdict::Accepted));
    Judged { sms_id: link.sms_id, verdict, previous, repeats, stand: next }
}

fn with_balance(stand: &Stand, link: &Link, balance: i64, repeats: Option<i64>) -> (Verdict, Option<Point>, Stand) {
    let here = Point { sms_id: link.sms_id, moved: link.moved, balance };
    let proved = Stand { sound: Some(here), tip: None, carriers: stand.carriers.clone() };
    let Some(latest) = stand.latest() else { return (Verdict::First, None, proved) };
    let before = link.before();
    if let Some(tip) = stand.tip.filter(|tip| before == Some(tip.at.balance)) {
        let next = match tip.followers.map(|followers| followers + 1) {
            // The sound balance before the break is kept: should the break be a forgery, the bank goes on from there.
            Some(followers) if followers < BRANCH_LINKS => {
                Stand { tip: Some(Tip { at: here, followers: Some(followers) }), ..stand.clone() }
            }
            _ => proved,
        };
        return (Verdict::Sound, Some(tip.at), next);
    }
    if let Some(sound) = stand.sound.filter(|sound| before == Some(sound.balance)) {
        return (Verdict::Sound, Some(sound), proved);
    }
    match (link.accepted, repeats) {
        // A balance that was there before is no news: the account still stands where it stood.
        (true, Some(_)) => (Verdict::Accepted, Some(latest), stand.clone()),
        (false, Some(_)) => (Verdict::Broken, Some(latest), stand.clone()),
        (true, None) => (Verdict::Accepted, Some(latest), proved),
        (false, None) => {
            let tip = Some(Tip { at: here, followers: Some(0) });
            (Verdict::Broken, Some(latest), Stand { tip, ..stand.clone() })
        }
    }
}

fn without_balance(stand: &Stand, link: &Link) -> (Verdict, Option<Point>, Stand) {
    let verdict = match (stand.carriers.binary_search(&link.template_id).is_ok(), link.accepted) {
        (false, _) => Verdict::NoBalance,
        (true, false) => Verdict::BalanceAbsent,
        (true, true) => Verdict::Accepted,
    };
    let latest = stand.latest();
    let worked_out = latest.and_then(|point| point.balance.checked_add(link.moved)).map(|balance| Tip {
        at: Point { sms_id: link.sms_id, moved: link.moved, balance },
        followers: stand.tip.and_then(|tip| tip.followers),
    });
    (verdict, latest, Stand { tip: worked_out, ..stand.clone() })
}
