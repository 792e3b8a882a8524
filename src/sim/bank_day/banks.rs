//! The made-up banks: how each writes, and the templates that read it.

use serde_json::{Value, json};

/// A bank and how it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bank {
    /// Its name as its texts have it.
    pub name: &'static str,
    /// The number that it sends from.
    pub sender: &'static str,
    shape: Shape,
}

/// Where a bank puts what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `[가나]04/22 14:07`, account, name, word, amount, balance: each on a line of its own.
    Lines,
    /// Space-padded, the name last.
    NameLast,
    /// One line, amount first.
    OneLine,
    /// A header with commas.
    Commas,
}

const BANKS: [Bank; 4] = [
    Bank { name: "가나", sender: "15880001", shape: Shape::Lines },
    Bank { name: "다라", sender: "15880002", shape: Shape::NameLast },
    Bank { name: "마바", sender: "15880003", shape: Shape::OneLine },
    Bank { name: "사아", sender: "15880004", shape: Shape::Commas },
];

/// All of them.
#[must_use]
pub const fn banks() -> &'static [Bank] {
    &BANKS
}

/// What a bank tells.
pub(super) struct Told<'a> {
    /// `04/22`.
    pub date: &'a str,
    /// `14:07`.
    pub time: &'a str,
    pub account: &'a str,
    pub name: &'a str,
    pub amount: i64,
    /// None: this account's texts state none.
    pub balance: Option<i64>,
    /// 입금 or 출금.
    pub word: &'a str,
}

impl Bank {
    /// Whether its templates read a text without a balance, too.
    pub(super) const fn may_hide_balance(self) -> bool {
        matches!(self.shape, Shape::Lines | Shape::Commas)
    }

    /// The text of a booking.
    pub(super) fn text(&self, told: &Told<'_>) -> String {
        let Told { date, time, account, name, word, .. } = told;
        let (bank, amount) = (self.name, grouped(told.amount));
        let balance = |before: &str, after: &str| {
            told.balance.map_or_else(String::new, |balance| format!("{before}{}{after}", grouped(balance)))
        };
        match self.shape {
            Shape::Lines => {
                let balance = balance("\n잔액", "");
                format!("[Web발신]\n[{bank}]{date} {time}\n{account}\n{name}\n{word}\n{amount}{balance}")
            }
            Shape::NameLast => {
                let balance = balance("\n잔액    ", "");
                format!("[Web발신]\n{bank}{date} {time}\n{account}\n{word}     {amount}{balance}\n {name}")
            }
            Shape::OneLine => {
                let balance = balance(" 잔액", "원");
                format!("{bank} {word}{amount}원\n{date} {time} {account} {name}{balance}")
            }
            Shape::Commas => {
                let balance = balance("\n잔액", "원");
                format!("[Web발신]\n{bank},{date},{time}\n{account}\n{word}{amount}원\n{name}{balance}")
            }
        }
    }

    /// The bodies of `POST /internal/v2/templates` that read this bank: deposits and withdrawals.
    #[must_use]
    pub fn templates(&self) -> [Value; 2] {
        [("deposit", "입금"), ("withdrawal", "출금")].map(|(direction, word)| {
            let bank = self.name;
            let pattern = match self.shape {
                Shape::Lines => {
                    format!("[{bank}]{{date}} {{time}}\n{{account}}\n{{name}}\n{word}\n{{amount}}[[\n잔액{{balance}}]]")
                }
                Shape::NameLast => {
                    format!("{bank}{{date}} {{time}}\n{{account}}\n{word} {{amount}}\n잔액 {{balance}}\n{{name}}")
                }
                Shape::OneLine => {
                    format!("{bank} {word}{{amount}}원\n{{date}} {{time}} {{account}} {{name}} 잔액{{balance}}원")
                }
                Shape::Commas => format!(
                    "{bank},{{date}},{{time}}\n{{account}}\n{word}{{amount}}원\n{{name}}[[\n잔액{{balance}}원]]"
                ),
            };
            json!({
                "name": format!("{bank} {direction}"), "kind": "typed", "pattern": pattern, "senders": [self.sender],
                "direction": direction, "currency": "KRW", "timezone": "Asia/Seoul",
            })
        })
    }
}

/// 1,234,567.
pub(super) fn grouped(amount: i64) -> String {
    let digits = amount.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
