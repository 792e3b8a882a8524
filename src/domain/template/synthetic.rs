//! Made-up templates and texts, for measuring the cost of parsing. Nobody's data.

use std::sync::Arc;

use crate::domain::refusal::FieldError;
use crate::domain::sms::Direction;

use super::book::TemplateEntry;
use super::spec::{TemplateKind, TemplateSpec};

/// Names for made-up depositors.
const NAMES: [&str; 8] = ["홍길동", "김철수", "이영희", "박민수", "최지우", "정하늘", "강바다", "㈜가나상사"];

/// How the synthetic templates are divided among senders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// All of one sender: [`SENDER`].
    OneSender,
    /// All for every sender (`*`).
    Everyone,
}

/// The sender of the synthetic texts.
pub const SENDER: &str = "15880000";

/// The `n`th made-up template: a bank of its own, in one of four shapes.
#[must_use]
pub fn spec(n: usize, spread: Spread) -> TemplateSpec {
    let bank = bank(n);
    let pattern = match n % 4 {
        0 => format!(
            "[{bank}]{{date}} {{time}}\n{{account}}\n{{name}}\n<전자금융입금|입금>\n{{amount}}[[\n잔액{{balance}}]]"
        ),
        1 => format!("{bank}{{date}} {{time}}\n{{account}}\n입금 {{amount}}\n잔액 {{balance}}\n{{name}}"),
        2 => format!("{bank} 입금{{amount}}원\n{{date}} {{time}} {{account}} {{name}} 잔액{{balance}}원"),
        _ => format!("{bank},{{date}},{{time}}\n{{account}}\n입금{{amount}}원\n{{name}}[[\n잔액{{balance}}원]]"),
    };
    TemplateSpec {
        name: format!("{bank} deposit"),
        kind: TemplateKind::Typed,
        pattern,
        senders: vec![if spread == Spread::Everyone { "*" } else { SENDER }.to_owned()],
        direction: Direction::Deposit,
        currency: "KRW".to_owned(),
        timezone: "Asia/Seoul".to_owned(),
        account: None,
        priority: 0,
        enabled: true,
        name_max: None,
        max_amount: None,
        samples: Vec::new(),
    }
}

/// The first `count` made-up templates, compiled.
pub fn entries(count: usize, spread: Spread) -> Result<Vec<TemplateEntry>, Vec<FieldError>> {
    (0..count)
        .map(|n| {
            let spec = spec(n, spread);
            let compiled = Arc::new(spec.compile()?);
            Ok(TemplateEntry { id: i64::try_from(n).unwrap_or(i64::MAX), version: 1, spec: Arc::new(spec), compiled })
        })
        .collect()
}

/// `count` raw texts, each of which exactly one of the first `templates` templates reads.
#[must_use]
pub fn texts(count: usize, templates: usize) -> Vec<String> {
    (0..count).map(|n| text(n.wrapping_mul(7919) % templates.max(1), n)).collect()
}

/// The `n`th raw text of a template, and so of its bank.
#[must_use]
pub fn text(template: usize, n: usize) -> String {
    let bank = bank(template);
    let name = NAMES[n % NAMES.len()];
    let (month, day, hour, minute) = (n % 12 + 1, n % 28 + 1, n % 24, n % 60);
    let when = format!("{month:02}/{day:02}");
    let time = format!("{hour:02}:{minute:02}");
    let amount = grouped(n % 900 * 1000 + 1000);
    let balance = grouped(n % 9000 * 1000 + 1_000_000);
    let account = format!("{:06}**{:03}", n % 1_000_000, n % 1000);
    match template % 4 {
        0 => format!("[Web발신]\n[{bank}]{when} {time}\n{account}\n{name}\n전자금융입금\n{amount}\n잔액{balance}"),
        1 => format!("[Web발신]\n{bank}{when} {time}\n{account}\n입금     {amount}\n잔액    {balance}\n {name}"),
        2 => format!("[Web발신]\n{bank} 입금{amount}원\n{when} {time} {account} {name} 잔액{balance}원"),
        _ => format!("[Web발신]\n{bank},{when},{time}\n{account}\n입금{amount}원\n{name}\n잔액{balance}원"),
    }
}

/// A bank's made-up name: syllables counted like digits, so that no name is part of another.
fn bank(n: usize) -> String {
    const SYLLABLES: [char; 16] =
        ['가', '나', '다', '라', '마', '바', '사', '아', '자', '차', '카', '타', '파', '하', '고', '노'];
    let syllables: String = (0..4).map(|place| SYLLABLES[n / 16_usize.pow(3 - place) % 16]).collect();
    format!("{syllables}은행")
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
