//! The lines of a day, as they are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Is;
use super::draft::minor;
use super::ledger::Account;
use super::lines::{sender_of, shape};
use crate::domain::money::Currency;
use crate::domain::order::OrderStatus;
use crate::domain::sms::CheckDecision;
use crate::domain::source::SourceChoice;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DayLine {
    pub name: String,
    #[serde(default)]
    pub why: String,
    #[serde(default = "first_date")]
    pub date: String,
    #[serde(default = "seoul")]
    pub timezone: String,
    #[serde(default = "five")]
    pub approve_after_minutes: u64,
    #[serde(default)]
    pub accounts: BTreeMap<String, AccountLine>,
}

fn first_date() -> String {
    "2026-04-22".to_owned()
}

fn seoul() -> String {
    "Asia/Seoul".to_owned()
}

const fn five() -> u64 {
    5
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountLine {
    pub bank: String,
    #[serde(default)]
    pub sender: Option<String>,
    pub writes: String,
    #[serde(default = "krw")]
    pub currency: Currency,
    #[serde(default)]
    pub account: String,
    #[serde(default = "nothing", deserialize_with = "amount")]
    pub balance: String,
}

/// An account of every day below its line.
#[derive(Debug)]
pub(super) struct NamedAccount {
    pub name: String,
    pub account: AccountLine,
}

impl<'de> Deserialize<'de> for NamedAccount {
    /// By hand: a flattened struct would take fields that nobody knows.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        let name = value.as_object_mut().and_then(|object| object.remove("name"));
        let Some(Value::String(name)) = name else {
            return Err(serde::de::Error::custom("name: an account needs a name, which steps are `on`"));
        };
        let account = shape(value).map_err(serde::de::Error::custom)?;
        Ok(Self { name, account })
    }
}

impl AccountLine {
    /// The account, with its books at the start of a day.
    pub(super) fn account(self) -> Result<Account, String> {
        let sender = self.sender.map_or_else(|| sender_of(&self.bank), Ok)?;
        let balance = minor(&self.balance, self.currency).map_err(|error| format!("balance: {error}"))?;
        let account = Account {
            bank: self.bank,
            sender,
            writes: self.writes,
            currency: self.currency,
            number: self.account,
            balance,
        };
        account.fault().map_or(Ok(account), Err)
    }
}

const fn krw() -> Currency {
    Currency::KRW
}

fn nothing() -> String {
    "0".to_owned()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderLine {
    pub at: String,
    pub id: String,
    pub name: String,
    #[serde(deserialize_with = "amount")]
    pub amount: String,
    #[serde(default = "krw")]
    pub currency: Currency,
    #[serde(default)]
    pub reference: Option<String>,
    #[serde(default)]
    pub account: Option<String>,
    /// Until when, in minutes from `at`.
    #[serde(default)]
    pub minutes: Option<u64>,
    #[serde(default)]
    pub user: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeLine {
    pub at: String,
    pub order: String,
    #[serde(default)]
    pub status: Option<OrderStatus>,
    #[serde(default, deserialize_with = "some_amount")]
    pub amount: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub minutes: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SmsLine {
    pub at: String,
    #[serde(default)]
    pub id: Option<String>,
    /// The account whose bank writes it.
    #[serde(default)]
    pub on: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub bank: Option<String>,
    #[serde(default)]
    pub sender: Option<String>,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub memo: String,
    #[serde(default)]
    pub word: Option<String>,
    #[serde(default, deserialize_with = "some_amount")]
    pub amount: Option<String>,
    /// What the text says is on the account, where that is not what the books say.
    #[serde(default, deserialize_with = "some_amount")]
    pub balance: Option<String>,
    /// When the bank booked it, where it came later.
    #[serde(default)]
    pub booked: Option<String>,
    #[serde(default)]
    pub is: Option<Is>,
    #[serde(default)]
    pub pays: Option<String>,
    #[serde(default)]
    pub certain: Option<bool>,
    #[serde(default)]
    pub lost: bool,
    #[serde(default)]
    pub over: Option<Vec<SourceChoice>>,
    #[serde(default = "once")]
    pub times: u32,
    #[serde(default)]
    pub line: Option<String>,
}

const fn once() -> u32 {
    1
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AgainLine {
    pub at: String,
    pub sms: String,
    #[serde(default)]
    pub over: Option<Vec<SourceChoice>>,
    #[serde(default = "once")]
    pub times: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RestartLine {
    pub at: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckLine {
    pub at: String,
    pub sms: String,
    pub decision: CheckDecision,
    #[serde(default)]
    pub order: Option<String>,
}

/// An amount: `"50000"`, `"12.50"` or a whole number.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) if number.is_u64() || number.is_i64() => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("an amount is a string like \"12.50\", or a whole number")),
    }
}

fn some_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    amount(deserializer).map(Some)
}
