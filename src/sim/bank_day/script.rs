//! From a plan to the steps of its day.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::banks::{Bank, Told, banks, grouped};
use super::books::{Booking, Books};
use super::{DayPlan, Event, FALLS_SILENT, Fate, LINES, Line, SimOrder, SimSms, Step};
use crate::domain::time::UnixMs;

/// Family and given names, which make fictional customers.
const FAMILY: [&str; 10] = ["홍", "김", "이", "박", "최", "정", "강", "조", "윤", "장"];
const GIVEN: [&str; 12] =
    ["길동", "철수", "영희", "민수", "지우", "하늘", "바다", "서준", "도윤", "하은", "수아", "지호"];

/// How long an SMS is on its way, at most.
const ON_ITS_WAY: Duration = Duration::from_secs(4);

/// What is lost on its way.
const LOST: i64 = 7_000;
const MINUTE: Duration = Duration::from_mins(1);

/// How long before its SMS a payment was booked that comes before its order.
const EARLY_BY: Duration = Duration::from_mins(30);
/// How long before its payment an order's time ran out.
const LATE_BY: Duration = Duration::from_mins(30);

/// What happens, and how often in a hundred times.
const HAPPENINGS: [(Happening, u32); 12] = [
    (Happening::Ordinary, 56),
    (Happening::Early, 6),
    (Happening::Late, 4),
    (Happening::Twins, 6),
    (Happening::NotOrdered, 6),
    (Happening::NotPaid, 6),
    (Happening::Withdrawal, 4),
    (Happening::Forged, 4),
    (Happening::Strange, 4),
    (Happening::Missing, 2),
    (Happening::ForgedBalance, 2),
    (Happening::Unheard, 0),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happening {
    Ordinary,
    Early,
    Late,
    Twins,
    NotOrdered,
    NotPaid,
    Withdrawal,
    Forged,
    Strange,
    Missing,
    ForgedBalance,
    Unheard,
}

/// The steps of the day, in their order. Where there are twelve deposits or more, everything happens at least once.
#[must_use]
pub fn script(plan: &DayPlan) -> Vec<Step> {
    let mut rng = StdRng::seed_from_u64(plan.seed);
    let mut day = Day {
        plan,
        books: Books::open(LINES.len(), &mut rng),
        rng,
        steps: Vec::new(),
        numbers: plan.before.messages,
        orders: plan.before.orders,
        lines: LINES.len(),
    };
    for place in 0..plan.deposits {
        // The first of each kind is one that is heard.
        day.lines = if place < HAPPENINGS.len() { FALLS_SILENT } else { LINES.len() };
        let happening = HAPPENINGS.get(place).map(|(happening, _)| *happening);
        let happening = happening.unwrap_or_else(|| day.any());
        day.happens(happening);
    }
    let silent_from = day.silent_from();
    day.push(silent_from, Event::FallsSilent(FALLS_SILENT));
    let mut steps = day.told();
    // What falls into the silence is never heard, and what waits for it stays open.
    for step in &mut steps {
        if let Event::Sms(sms) = &mut step.what
            && sms.line == FALLS_SILENT
            && step.at >= silent_from
        {
            sms.fate = Fate::NeverHeard;
        }
    }
    steps.sort_by_key(|step| step.at);
    steps
}

struct Day<'a> {
    plan: &'a DayPlan,
    rng: StdRng,
    steps: Vec<Step>,
    numbers: u64,
    orders: u64,
    books: Books,
    /// The first so many handsets get what happens now.
    lines: usize,
}

impl Day<'_> {
    /// One of the things that happen on such a day, most of them ordinary.
    fn any(&mut self) -> Happening {
        let mut left = self.rng.random_range(0..100_u32);
        for (happening, share) in HAPPENINGS {
            match left.checked_sub(share) {
                Some(rest) => left = rest,
                None => return happening,
            }
        }
        Happening::Ordinary
    }

    fn happens(&mut self, happening: Happening) {
        let at = self.moment();
        match happening {
            Happening::Ordinary => self.ordinary(at),
            Happening::Early => self.early(at),
            Happening::Late => self.late(at),
            Happening::Twins => self.twins(at),
            Happening::NotOrdered => self.not_ordered(at),
            Happening::NotPaid => self.not_paid(at),
            Happening::Withdrawal => self.withdrawal(at),
            Happening::Forged => self.forged(at),
            Happening::Strange => self.strange(at),
            Happening::Missing => self.missing(at),
            Happening::ForgedBalance => self.forged_balance(at),
            Happening::Unheard => self.unheard(),
        }
    }

    /// A customer orders and pays a few minutes later (now and then much later).
    fn ordinary(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        let order_id = self.order(at, &name, amount);
        let wait = if self.rng.random_ratio(1, 8) { 6 } else { 1 };
        let paid = at.plus(self.share(0, wait));
        self.pays(paid, paid, &name, amount, Fate::Matched(order_id));
    }

    /// A customer pays, the bank's text is long on its way, and only then does the customer order.
    fn early(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        let later = at.plus(self.share(1, 2));
        let order_id = self.order(later, &name, amount);
        self.pays(at.minus(EARLY_BY), at, &name, amount, Fate::Early(order_id));
    }

    /// A customer pays what was to be paid before.
    fn late(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        let order = self.order_of(at.minus(2 * LATE_BY), &name, amount);
        let order_id = order.order_id.clone();
        self.push(at, Event::Order(SimOrder { expires_at: Some(at.minus(LATE_BY)), ..order }));
        let paid = at.plus(self.share(0, 1));
        self.pays(paid, paid, &name, amount, Fate::Late(order_id));
    }

    /// A customer orders and pays, and the handset that would hear of it is silent: the message that is missing.
    fn unheard(&mut self) {
        let at = self.silent_from().plus(self.share(1, 8));
        let (name, amount) = (self.name(), self.amount());
        let order_id = self.order(at, &name, amount);
        let account = Books::place(self.bank(), FALLS_SILENT);
        self.books(account, at, at, &name, amount, Fate::Matched(order_id));
    }

    /// Two customers of one name order and pay the same, within a minute and through one bank, whose texts are then the same
    /// to the letter.
    fn twins(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
        self.order(at, &name, amount);
        // Of an account whose texts state no balance: the second balance would be another one.
        let hiding: Vec<Bank> = banks().iter().copied().filter(|bank| bank.may_hide_balance()).collect();
        let bank = hiding.choose(&mut self.rng).copied().unwrap_or(banks()[0]);
        let line = self.line();
        let account = self.books.open_account(bank, line, false, &mut self.rng);
        let paid = at.plus(self.share(0, 1));
        let mut heard = paid;
        for _ in 0..2 {
            // No handset receives two at once; some apps tell equal texts apart by their time alone.
            heard = heard.plus(self.on_its_way() + Duration::from_millis(1));
            self.books(account, paid, heard, &name, amount, Fate::Twin);
        }
    }

    /// Somebody pays what nobody ordered.
    fn not_ordered(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.pays(at, at, &name, amount, Fate::Unmatched);
    }

    /// Somebody orders and never pays.
    fn not_paid(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
    }

    /// The shop spends money.
    fn withdrawal(&mut self, at: UnixMs) {
        let (amount, account) = (self.amount(), self.account());
        self.books(account, at, at, "월세", -amount, Fate::Ignored);
    }

    /// A customer orders, and texts the shop a deposit himself.
    fn forged(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
        let account = self.account();
        let sender = format!("010{:08}", self.rng.random_range(0..100_000_000_u32));
        let heard = at.plus(self.on_its_way());
        let line = self.books.accounts[account].line;
        let step = Some(self.sms(heard, line, &sender, String::new(), Fate::Rejected));
        self.books.book(Booking { account, at, name, moved: amount, is_real: false, off: 0, step });
    }

    /// A customer orders and pays, and the text of the payment before is lost on its way: the balances do not add up.
    fn missing(&mut self, at: UnixMs) {
        let account = self.account_with_history(at);
        let before = at.minus(MINUTE);
        let lost = Booking { account, at: before, name: self.name(), moved: LOST, is_real: true, off: 0, step: None };
        self.books.book(lost);
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
        let heard = at.plus(self.on_its_way());
        self.books(account, at, heard, &name, amount, Fate::Broken);
    }

    /// A customer orders, and texts the shop a deposit in the bank's name. He cannot know the balance.
    fn forged_balance(&mut self, at: UnixMs) {
        let account = self.account_with_history(at);
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
        let heard = at.plus(self.on_its_way());
        let (line, sender) = (self.books.accounts[account].line, self.books.accounts[account].bank.sender);
        let step = Some(self.sms(heard, line, sender, String::new(), Fate::Broken));
        let off = i64::from(self.rng.random_range(1..1_000_u32)) * 1_000_000;
        self.books.book(Booking { account, at, name, moved: amount, is_real: false, off, step });
    }

    /// An account of which one payment was told that nobody ordered, two minutes ago.
    fn account_with_history(&mut self, at: UnixMs) -> usize {
        // Heard on a handset that does not fall silent, so that what follows from it is heard too.
        let line = self.rng.random_range(0..FALLS_SILENT);
        let bank = banks()[self.bank()];
        let account = self.books.open_account(bank, line, true, &mut self.rng);
        let (name, amount) = (self.name(), self.amount());
        self.books(account, at.minus(2 * MINUTE), at, &name, amount, Fate::Unmatched);
        account
    }

    /// A bank writes in a way that no template knows.
    fn strange(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        let (bank, line) = (banks()[self.bank()], self.line());
        let text = format!("[{}] {}원 입금되었습니다. 보낸 분: {name}", bank.name, grouped(amount));
        self.sms(at, line, bank.sender, text, Fate::Unparsed);
    }

    /// A customer orders at this moment. Answers the order's id.
    fn order(&mut self, at: UnixMs, depositor: &str, amount: i64) -> String {
        let order = self.order_of(at, depositor, amount);
        let order_id = order.order_id.clone();
        self.push(at, Event::Order(order));
        order_id
    }

    fn order_of(&mut self, created_at: UnixMs, depositor: &str, amount: i64) -> SimOrder {
        self.orders += 1;
        let (order_id, user_id) = (format!("S{}-{}", self.plan.seed, self.orders), format!("user-{}", self.orders));
        SimOrder { order_id, user_id, amount, depositor: depositor.to_owned(), created_at, expires_at: None }
    }

    /// A payment that is booked at one moment; the bank texts it at another.
    fn pays(&mut self, booked: UnixMs, told: UnixMs, name: &str, amount: i64, fate: Fate) {
        let mut account = self.account();
        let mut heard = told.plus(self.on_its_way());
        let of = &self.books.accounts[account];
        if of.line == FALLS_SILENT {
            // Else the silence would swallow one text of an account and not a later one, whose balance would then break.
            heard = told;
            if booked != told {
                let bank = of.bank;
                account = self.books.open_account(bank, FALLS_SILENT, true, &mut self.rng);
            }
        }
        self.books(account, booked, heard, name, amount, fate);
    }

    /// The bank books a movement, and the account's handset hears of it.
    fn books(&mut self, account: usize, booked: UnixMs, heard: UnixMs, name: &str, moved: i64, fate: Fate) {
        let (line, sender) = (self.books.accounts[account].line, self.books.accounts[account].bank.sender);
        let step = Some(self.sms(heard, line, sender, String::new(), fate));
        let name = name.to_owned();
        self.books.book(Booking { account, at: booked, name, moved, is_real: true, off: 0, step });
    }

    /// The steps, with the texts of all bookings in them.
    fn told(self) -> Vec<Step> {
        let mut steps = self.steps;
        for (booking, account, balance) in self.books.balanced() {
            let local = booking.at.to_timestamp().to_zoned_datetime(self.plan.time_zone.clone()).datetime();
            let date = format!("{:02}/{:02}", local.month(), local.day());
            let time = format!("{:02}:{:02}", local.hour(), local.minute());
            let text = account.bank.text(&Told {
                date: &date,
                time: &time,
                account: &account.number,
                name: &booking.name,
                amount: booking.moved.abs(),
                balance,
                word: if booking.moved < 0 { "출금" } else { "입금" },
            });
            let step = booking.step.and_then(|step| steps.get_mut(step));
            if let Some(Step { what: Event::Sms(sms), .. }) = step {
                sms.text = text;
            }
        }
        steps
    }

    /// A message on its way. Answers the place of its step.
    fn sms(&mut self, at: UnixMs, line: Line, sender: &str, text: String, fate: Fate) -> usize {
        self.numbers += 1;
        let sms = SimSms { number: self.numbers, line, sender: sender.to_owned(), text, fate };
        self.push(at, Event::Sms(sms));
        self.steps.len() - 1
    }

    fn push(&mut self, at: UnixMs, what: Event) {
        self.steps.push(Step { at, what });
    }

    /// How long an SMS is on its way: a few seconds, less on a short day.
    fn on_its_way(&mut self) -> Duration {
        let most = (self.plan.length / 40).min(ON_ITS_WAY);
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.rng.random_range(0..=most))
    }

    fn silent_from(&self) -> UnixMs {
        self.plan.start.plus(self.plan.length / 2)
    }

    /// A moment in the first four fifths of the day, so that what follows from it still belongs to the day.
    fn moment(&mut self) -> UnixMs {
        let span = u64::try_from(self.plan.length.as_millis()).unwrap_or(u64::MAX) / 5 * 4;
        self.plan.start.plus(Duration::from_millis(self.rng.random_range(0..=span)))
    }

    /// Between so many fortieths of the day.
    fn share(&mut self, from: u32, to: u32) -> Duration {
        let part = u64::try_from(self.plan.length.as_millis()).unwrap_or(u64::MAX) / 40;
        Duration::from_millis(self.rng.random_range(part * u64::from(from)..=part * u64::from(to)))
    }

    fn bank(&mut self) -> usize {
        self.rng.random_range(0..banks().len())
    }

    fn line(&mut self) -> Line {
        self.rng.random_range(0..self.lines)
    }

    /// One of the accounts of a handset that gets what happens now.
    fn account(&mut self) -> usize {
        let line = self.line();
        Books::place(self.bank(), line)
    }

    fn name(&mut self) -> String {
        let part = |rng: &mut StdRng, of: &[&'static str]| of.choose(rng).copied().unwrap_or_default();
        format!("{}{}", part(&mut self.rng, &FAMILY), part(&mut self.rng, &GIVEN))
    }

    /// Thousands of won; each amount of the day once, so that no two strangers share one by chance.
    fn amount(&mut self) -> i64 {
        let own = i64::try_from(self.orders + self.numbers).unwrap_or(0);
        10_000 + own * 1_000 + i64::from(self.rng.random_range(0..10_u32)) * 100
    }
}
