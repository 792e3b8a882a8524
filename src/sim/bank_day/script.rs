//! From a plan to the steps of its day.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::banks::{Bank, Told, banks, grouped};
use super::{DayPlan, Event, FALLS_SILENT, Fate, LINES, Line, SimOrder, SimSms, Step};
use crate::domain::time::UnixMs;

/// Family and given names, which make fictional customers.
const FAMILY: [&str; 10] = ["홍", "김", "이", "박", "최", "정", "강", "조", "윤", "장"];
const GIVEN: [&str; 12] =
    ["길동", "철수", "영희", "민수", "지우", "하늘", "바다", "서준", "도윤", "하은", "수아", "지호"];

/// How long an SMS is on its way, at most.
const ON_ITS_WAY: Duration = Duration::from_secs(4);

/// The steps of the day, in their order.
#[must_use]
pub fn script(plan: &DayPlan) -> Vec<Step> {
    let mut day = Day {
        plan,
        rng: StdRng::seed_from_u64(plan.seed),
        steps: Vec::new(),
        numbers: 0,
        orders: 0,
        balance: 5_000_000,
    };
    for _ in 0..plan.deposits {
        day.something();
    }
    let silent_from = plan.start.plus(plan.length / 2);
    day.push(silent_from, Event::FallsSilent(FALLS_SILENT));
    let mut steps = day.steps;
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
    balance: i64,
}

impl Day<'_> {
    /// One of the things that happen on such a day, most of them ordinary.
    fn something(&mut self) {
        let at = self.moment();
        match self.rng.random_range(0..100_u32) {
            0..62 => self.ordinary(at),
            62..70 => self.early(at),
            70..76 => self.twins(at),
            76..82 => self.not_ordered(at),
            82..88 => self.not_paid(at),
            88..92 => self.withdrawal(at),
            92..96 => self.forged(at),
            _ => self.strange(at),
        }
    }

    /// A customer orders and pays a few minutes later (the "late" ones much later).
    fn ordinary(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        let order_id = self.order(at, &name, amount);
        let wait = if self.rng.random_ratio(1, 8) { 6 } else { 1 };
        let paid = at.plus(self.share(0, wait));
        self.pays(paid, &name, amount, Fate::Matched(order_id));
    }

    /// A customer pays first and orders then.
    fn early(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        let later = at.plus(self.share(1, 2));
        let order_id = self.order(later, &name, amount);
        self.pays(at, &name, amount, Fate::Matched(order_id));
    }

    /// Two customers of one name order and pay the same, within a minute and through one bank, whose texts are then the same
    /// to the letter.
    fn twins(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
        self.order(at, &name, amount);
        let (bank, line) = self.bank_and_line();
        let account = self.account();
        let paid = at.plus(self.share(0, 1)).floor_to_minute();
        let text = self.booked(bank, paid, &account, &name, amount, "입금", self.balance);
        for second in [10, 25] {
            self.sms(paid.plus(Duration::from_secs(second)), line, bank.sender, text.clone(), Fate::Twin);
        }
    }

    /// Somebody pays what nobody ordered.
    fn not_ordered(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.pays(at, &name, amount, Fate::Unmatched);
    }

    /// Somebody orders and never pays: the message that is missing.
    fn not_paid(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
    }

    /// The shop spends money.
    fn withdrawal(&mut self, at: UnixMs) {
        let (amount, (bank, line), account) = (self.amount(), self.bank_and_line(), self.account());
        self.balance = (self.balance - amount).max(100_000);
        let text = self.booked(bank, at, &account, "월세", amount, "출금", self.balance);
        self.sms(at, line, bank.sender, text, Fate::Ignored);
    }

    /// A customer orders, and texts the shop a deposit himself.
    fn forged(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        self.order(at, &name, amount);
        let ((bank, line), account) = (self.bank_and_line(), self.account());
        let text = self.booked(bank, at, &account, &name, amount, "입금", self.balance + amount);
        let sender = format!("010{:08}", self.rng.random_range(0..100_000_000_u32));
        self.sms(at.plus(Duration::from_secs(20)), line, &sender, text, Fate::Rejected);
    }

    /// A bank writes in a way that no template knows.
    fn strange(&mut self, at: UnixMs) {
        let (name, amount) = (self.name(), self.amount());
        let (bank, line) = self.bank_and_line();
        let text = format!("[{}] {}원 입금되었습니다. 보낸 분: {name}", bank.name, grouped(amount));
        self.sms(at, line, bank.sender, text, Fate::Unparsed);
    }

    fn order(&mut self, at: UnixMs, depositor: &str, amount: i64) -> String {
        self.orders += 1;
        let order_id = format!("S{}-{}", self.plan.seed, self.orders);
        let user_id = format!("user-{}", self.orders);
        let order =
            SimOrder { order_id: order_id.clone(), user_id, amount, depositor: depositor.to_owned(), created_at: at };
        self.push(at, Event::Order(order));
        order_id
    }

    fn pays(&mut self, at: UnixMs, name: &str, amount: i64, fate: Fate) {
        let ((bank, line), account) = (self.bank_and_line(), self.account());
        self.balance += amount;
        let text = self.booked(bank, at, &account, name, amount, "입금", self.balance);
        let way = self.rng.random_range(0..ON_ITS_WAY.as_millis());
        let heard = at.plus(Duration::from_millis(u64::try_from(way).unwrap_or(0)));
        self.sms(heard, line, bank.sender, text, fate);
    }

    #[allow(clippy::too_many_arguments, reason = "what a bank prints, each once")]
    fn booked(
        &self,
        bank: Bank,
        at: UnixMs,
        account: &str,
        name: &str,
        amount: i64,
        word: &str,
        balance: i64,
    ) -> String {
        let local = at.to_timestamp().to_zoned_datetime(self.plan.time_zone.clone()).datetime();
        let date = format!("{:02}/{:02}", local.month(), local.day());
        let time = format!("{:02}:{:02}", local.hour(), local.minute());
        bank.text(&Told { date: &date, time: &time, account, name, amount, balance, word })
    }

    fn sms(&mut self, at: UnixMs, line: Line, sender: &str, text: String, fate: Fate) {
        self.numbers += 1;
        let sms = SimSms { number: self.numbers, line, sender: sender.to_owned(), text, fate };
        self.push(at, Event::Sms(sms));
    }

    fn push(&mut self, at: UnixMs, what: Event) {
        self.steps.push(Step { at, what });
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

    fn bank_and_line(&mut self) -> (Bank, Line) {
        let bank = banks().choose(&mut self.rng).copied().unwrap_or(banks()[0]);
        (bank, self.rng.random_range(0..LINES.len()))
    }

    fn account(&mut self) -> String {
        format!("{:06}**{:03}", self.rng.random_range(0..1_000_000_u32), self.rng.random_range(0..1_000_u32))
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
