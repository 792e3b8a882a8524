//! From the lines of a day to the day.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde_json::Value;

use super::crowd::{self, CrowdLine};
use super::ledger::{Account, Entry};
use super::lines::{sender_of, shape};
use super::moment::Calendar;
use super::shapes::{AgainLine, ChangeLine, CheckLine, DayLine, OrderLine, RestartLine, SmsLine};
use super::{Day, Happening, Is, Message, Step, Truth};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{OrderInput, OrderStatus};
use crate::domain::source::{SourceChoice, SourceKind, SourceRef};
use crate::domain::time::UnixMs;

/// The handset of messages that name none.
const LINE: &str = "010-0000-0001";

/// A message of an account, to be written once all that was booked before it is known.
struct Booking {
    message: usize,
    account: String,
    booked: UnixMs,
    name: String,
    memo: String,
    word: String,
    sign: &'static str,
    /// What it moves, with its sign; nothing where it is forged.
    moves: i64,
    amount: i64,
    shown: Option<i64>,
}

/// A day in the making.
pub(super) struct Draft {
    line: usize,
    calendar: Calendar,
    accounts: HashMap<String, Account>,
    orders: BTreeMap<String, OrderInput>,
    names: HashMap<String, usize>,
    /// Orders that a message is said to pay, with the line that says it.
    paid: Vec<(usize, String)>,
    bookings: Vec<Booking>,
    day: Day,
}

impl Draft {
    /// A day with the accounts that stand above it, and its own.
    pub(super) fn begin(line: DayLine, number: usize, shared: &HashMap<String, Account>) -> Result<Self, String> {
        let calendar = Calendar::new(&line.date, &line.timezone)?;
        let mut accounts = shared.clone();
        for (name, account) in line.accounts {
            let account = account.account().map_err(|message| format!("accounts.{name}.{message}"))?;
            accounts.insert(name, account);
        }
        let starts = calendar.midnight()?;
        let approve_after = Duration::from_mins(line.approve_after_minutes);
        let senders = accounts.values().map(|account| account.sender.clone()).collect();
        let (messages, steps) = (Vec::new(), Vec::new());
        let day = Day { name: line.name, why: line.why, starts, approve_after, senders, messages, steps };
        let (orders, names, paid, bookings) = (BTreeMap::new(), HashMap::new(), Vec::new(), Vec::new());
        Ok(Self { line: number, calendar, accounts, orders, names, paid, bookings, day })
    }

    /// Takes a step of the day.
    pub(super) fn step(&mut self, kind: &str, value: Value, number: usize) -> Result<(), String> {
        match kind {
            "order" => self.order(shape(value)?),
            "change" => self.change(shape(value)?),
            "sms" => self.sms(shape(value)?, number),
            "again" => self.again(shape(value)?),
            "check" => self.check(shape(value)?),
            "crowd" => self.crowd(&shape(value)?, number),
            _ => {
                let RestartLine { at } = shape(value)?;
                let at = self.at(&at)?;
                self.push(at, Happening::Restart);
                Ok(())
            }
        }
    }

    fn at(&self, text: &str) -> Result<UnixMs, String> {
        self.calendar.moment(text).map_err(|error| format!("at: {error}"))
    }

    fn push(&mut self, at: UnixMs, what: Happening) {
        self.day.steps.push(Step { at, what });
    }

    fn order(&mut self, line: OrderLine) -> Result<(), String> {
        let at = self.at(&line.at)?;
        let money = minor(&line.amount, line.currency).map_err(|error| format!("amount: {error}"))?;
        if money <= 0 {
            return Err("amount: an order asks for more than 0".to_owned());
        }
        let order = OrderInput {
            user_id: line.user.unwrap_or_else(|| format!("user of {}", line.id)),
            order_id: line.id,
            amount: line.amount,
            currency: line.currency.as_str().to_owned(),
            depositor: line.name,
            reference: line.reference,
            account: line.account,
            status: OrderStatus::Open,
            created_at: at,
            expires_at: line.minutes.map(|minutes| at.plus(Duration::from_mins(minutes))),
            version: 1,
        };
        self.place(order)
    }

    /// Takes a new order.
    pub(super) fn place(&mut self, order: OrderInput) -> Result<(), String> {
        if self.orders.contains_key(&order.order_id) {
            return Err(format!("id: there is an order {:?} already; `change` changes it", order.order_id));
        }
        self.orders.insert(order.order_id.clone(), order.clone());
        self.push(order.created_at, Happening::Order(Box::new(order)));
        Ok(())
    }

    fn change(&mut self, line: ChangeLine) -> Result<(), String> {
        let at = self.at(&line.at)?;
        let Some(order) = self.orders.get_mut(&line.order) else {
            return Err(format!("order: there is no order {:?} above", line.order));
        };
        if let Some(amount) = line.amount {
            let currency: Currency = order.currency.parse().map_err(|error| format!("currency: {error}"))?;
            minor(&amount, currency).map_err(|error| format!("amount: {error}"))?;
            order.amount = amount;
        }
        if let Some(name) = line.name {
            order.depositor = name;
        }
        if let Some(minutes) = line.minutes {
            order.expires_at = Some(at.plus(Duration::from_mins(minutes)));
        }
        order.status = line.status.unwrap_or(order.status);
        let order = order.clone();
        self.push(at, Happening::Order(Box::new(order)));
        Ok(())
    }

    fn sms(&mut self, line: SmsLine, number: usize) -> Result<(), String> {
        let at = self.at(&line.at)?;
        let is = line.is.unwrap_or(Is::Deposit);
        if line.pays.is_some() && is != Is::Deposit {
            return Err(format!("pays: what is {is} pays no order"));
        }
        if line.certain.is_some() && line.pays.is_none() {
            return Err("certain: that is said of a message that `pays` an order".to_owned());
        }
        if let Some(order) = &line.pays {
            self.paid.push((number, order.clone()));
        }
        let truth = Truth { is, certain: line.certain.unwrap_or(line.pays.is_some()), pays: line.pays.clone() };
        let message = self.day.messages.len();
        let id = line.id.clone().unwrap_or_else(|| format!("line {number}"));
        if self.names.insert(id.clone(), message).is_some() {
            return Err(format!("id: there is an sms {id:?} already"));
        }
        let (bank, sender) = self.sent_by(&line, message, at, is)?;
        self.day.messages.push(Message {
            id,
            bank,
            sender,
            text: line.text.unwrap_or_default(),
            line: line.line.unwrap_or_else(|| LINE.to_owned()),
            received_at: at,
            heard: !line.lost,
            truth,
        });
        if !line.lost {
            let over = sources(line.over)?;
            self.push(at, Happening::Delivery { message, over, times: line.times });
        }
        Ok(())
    }

    /// The bank and sender of a message; one that an account's bank writes is booked there.
    fn sent_by(&mut self, line: &SmsLine, message: usize, at: UnixMs, is: Is) -> Result<(String, String), String> {
        let account = match &line.on {
            None => None,
            Some(name) => {
                let known = self.accounts.get(name);
                Some(known.ok_or_else(|| format!("on: the day has no account {name:?}"))?.clone())
            }
        };
        match (&line.text, account) {
            (Some(_), account) => {
                let own = account.map(|account| (account.bank, account.sender));
                let bank = line.bank.clone().or_else(|| own.as_ref().map(|own| own.0.clone()));
                let bank =
                    bank.ok_or("bank: a message with a `text` needs its `bank`, or the account that it is `on`")?;
                let sender = line.sender.clone().or_else(|| own.map(|own| own.1));
                let sender = sender.map_or_else(|| sender_of(&bank), Ok)?;
                Ok((bank, sender))
            }
            (None, None) => {
                Err("text: give the `text`, or the account that it is `on`, whose bank writes it".to_owned())
            }
            (None, Some(account)) => {
                let amount = line.amount.as_ref().ok_or("amount: how much the bank is to write")?;
                let amount = minor(amount, account.currency).map_err(|error| format!("amount: {error}"))?;
                let shown = line.balance.as_ref().map(|balance| minor(balance, account.currency)).transpose();
                let booked = line.booked.as_ref().map_or(Ok(at), |text| self.calendar.moment(text));
                let (sign, word) = if is == Is::Withdrawal { ("-", "출금") } else { ("+", "입금") };
                self.bookings.push(Booking {
                    message,
                    account: line.on.clone().unwrap_or_default(),
                    booked: booked.map_err(|error| format!("booked: {error}"))?,
                    name: line.name.clone(),
                    memo: line.memo.clone(),
                    word: line.word.clone().unwrap_or_else(|| word.to_owned()),
                    sign,
                    moves: match is {
                        Is::Deposit => amount,
                        Is::Withdrawal => -amount,
                        Is::Forged | Is::Other => 0,
                    },
                    amount,
                    shown: shown.map_err(|error| format!("balance: {error}"))?,
                });
                Ok((account.bank, line.sender.clone().unwrap_or(account.sender)))
            }
        }
    }

    fn message(&self, id: &str) -> Result<usize, String> {
        self.names.get(id).copied().ok_or_else(|| format!("sms: there is no sms {id:?} above"))
    }

    fn again(&mut self, line: AgainLine) -> Result<(), String> {
        let (at, message) = (self.at(&line.at)?, self.message(&line.sms)?);
        self.day.messages[message].heard = true;
        let over = sources(line.over)?;
        self.push(at, Happening::Delivery { message, over, times: line.times });
        Ok(())
    }

    fn check(&mut self, line: CheckLine) -> Result<(), String> {
        let (at, message) = (self.at(&line.at)?, self.message(&line.sms)?);
        self.push(at, Happening::Check { message, decision: line.decision, order_id: line.order });
        Ok(())
    }

    fn crowd(&mut self, line: &CrowdLine, number: usize) -> Result<(), String> {
        let (from, to) = (self.at(&line.from)?, self.at(&line.to)?);
        let crowd = crowd::make(line, from, to)?;
        for account in &line.on {
            if !self.accounts.contains_key(account) {
                return Err(format!("on: the day has no account {account:?}"));
            }
        }
        for order in crowd.orders {
            self.place(order)?;
        }
        for (nth, payment) in crowd.payments.into_iter().enumerate() {
            let message = self.day.messages.len();
            let account = self.accounts.get(&payment.account).ok_or("on: the day has no such account")?;
            let is = if payment.out { Is::Withdrawal } else { Is::Deposit };
            self.day.messages.push(Message {
                id: format!("line {number}, payment {nth}"),
                bank: account.bank.clone(),
                sender: account.sender.clone(),
                text: String::new(),
                line: LINE.to_owned(),
                received_at: payment.at,
                heard: true,
                truth: Truth { is, pays: payment.pays, certain: payment.certain },
            });
            let amount = minor(&payment.amount, account.currency).map_err(|error| format!("amounts: {error}"))?;
            self.bookings.push(Booking {
                message,
                account: payment.account,
                booked: payment.at,
                name: payment.name,
                memo: String::new(),
                word: if payment.out { "출금" } else { "입금" }.to_owned(),
                sign: if payment.out { "-" } else { "+" },
                moves: if payment.out { -amount } else { amount },
                amount,
                shown: None,
            });
            let over = sources(None)?;
            self.push(payment.at, Happening::Delivery { message, over, times: 1 });
        }
        Ok(())
    }

    /// The whole day: what was booked is written in the order of the books, and the steps stand in the order of time.
    pub(super) fn finish(mut self) -> Result<Day, (usize, String)> {
        if self.day.messages.is_empty() {
            return Err((self.line, "a day needs at least one sms below it".to_owned()));
        }
        let known: BTreeSet<&String> = self.orders.keys().collect();
        if let Some((line, order)) = self.paid.iter().find(|(_, order)| !known.contains(order)) {
            return Err((*line, format!("pays: the day has no order {order:?}")));
        }
        self.bookings.sort_by_key(|booking| booking.booked);
        for booking in &self.bookings {
            let Some(account) = self.accounts.get_mut(&booking.account) else { continue };
            account.balance += booking.moves;
            let entry = Entry {
                at: booking.booked,
                name: &booking.name,
                memo: &booking.memo,
                word: &booking.word,
                sign: booking.sign,
                amount: booking.amount,
                balance: booking.shown.unwrap_or(account.balance),
            };
            self.day.messages[booking.message].text = account.text(&entry, &self.calendar.zone);
        }
        self.day.steps.sort_by_key(|step| step.at);
        Ok(self.day)
    }
}

/// An amount in minor units.
pub(super) fn minor(amount: &str, currency: Currency) -> Result<i64, String> {
    Money::from_major(amount, currency).map(|money| money.minor).map_err(|error| error.to_string())
}

fn sources(over: Option<Vec<SourceChoice>>) -> Result<Vec<SourceRef>, String> {
    let over = over.unwrap_or_else(|| vec![SourceChoice { kind: SourceKind::Shooter, id: Some(1) }]);
    if over.is_empty() {
        return Err("over: name at least one source, like shooter/1".to_owned());
    }
    Ok(over.into_iter().map(|source| SourceRef { kind: source.kind, id: source.id.unwrap_or(1) }).collect())
}
