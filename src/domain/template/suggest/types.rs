//! Which type reads all marked values of a field.

use std::collections::BTreeMap;

use crate::domain::money::Currency;
use crate::domain::refusal::FieldError;

use super::super::date::{DateOrder, read_date};
use super::super::field::{FieldName, FieldType};
use super::super::money::MoneyStyle;
use super::super::take::masked;
use super::super::{units, when};
use super::mark::Marked;

/// The type of each field that is marked, the usual one where it will do.
///
/// # Errors
/// Where a value is none of any type of its field.
pub(super) fn of(marked: &[Marked], currency: &str) -> Result<BTreeMap<FieldName, FieldType>, Vec<FieldError>> {
    let currency =
        Currency::of_payments(currency).map_err(|error| vec![FieldError::new("currency", format!("{error}"))])?;
    let (mut types, mut errors) = (BTreeMap::new(), Vec::new());
    for field in FieldName::ALL.iter().copied() {
        let values: Vec<(usize, &str, &str)> = marked
            .iter()
            .enumerate()
            .flat_map(|(at, one)| one.marks.iter().map(move |mark| (at, one, mark)))
            .filter(|(_, _, mark)| mark.field == field)
            .map(|(at, one, mark)| (at, &one.text.text[mark.span.clone()], &one.text.text[mark.span.end..]))
            .collect();
        if values.is_empty() {
            continue;
        }
        let fits = |kind: &FieldType| values.iter().all(|(_, value, _)| reads(field, *kind, currency, value));
        let usual = if field == FieldName::Date && day_first(currency, &values) {
            FieldType::DateDmy
        } else {
            field.default_type()
        };
        let others = FieldType::ALL.iter().copied().filter(|kind| *kind != usual && field.takes(*kind));
        match std::iter::once(usual).chain(others).find(fits) {
            Some(kind) => {
                types.insert(field, kind);
            }
            None => errors.extend(values.iter().find(|(_, value, _)| !reads(field, usual, currency, value)).map(
                |(at, value, _)| {
                    FieldError::new(format!("examples[{at}].fields.{field}"), format!("{value:?} is no {usual}"))
                },
            )),
        }
        let is_money = matches!(field, FieldName::Amount | FieldName::Balance);
        if is_money
            && currency == Currency::KRW
            && let Some((at, ..)) = values.iter().find(|(_, _, behind)| behind.trim_start().starts_with(units::is_unit))
        {
            let message = "the number goes on with a unit: mark it whole (`1,500만`)";
            errors.push(FieldError::new(format!("examples[{at}].fields.{field}"), message));
        }
    }
    if errors.is_empty() { Ok(types) } else { Err(errors) }
}

/// Whether dates like `22/4/26` have their day first: everywhere but where the year or the month goes first.
fn day_first(currency: Currency, values: &[(usize, &str, &str)]) -> bool {
    const YEAR_OR_MONTH_FIRST: [&str; 5] = ["KRW", "JPY", "CNY", "TWD", "USD"];
    let day_first = |value: &str| read_date(value, DateOrder::Dmy);
    !YEAR_OR_MONTH_FIRST.contains(&currency.as_str())
        && values.iter().all(|(_, value, _)| day_first(value).is_some())
        && values.iter().any(|(_, value, _)| day_first(value) != read_date(value, DateOrder::Ymd))
}

fn reads(field: FieldName, kind: FieldType, currency: Currency, value: &str) -> bool {
    match kind {
        FieldType::Money | FieldType::MoneyIn | FieldType::MoneyEu => MoneyStyle::new(currency, kind)
            .read(value)
            .is_some_and(|money| money.minor >= 0 || field == FieldName::Balance),
        FieldType::Date | FieldType::DateDmy | FieldType::DateMdy => {
            read_date(value, DateOrder::of(kind, currency)).is_some()
        }
        FieldType::Time => when::read_time(value).is_some(),
        FieldType::Datetime => {
            value.parse::<crate::domain::time::UnixMs>().is_ok()
                || when::read_datetime(value, DateOrder::of(kind, currency)).is_some()
        }
        FieldType::Account => {
            masked(value).is_some()
                && value.chars().all(|c| c.is_ascii_digit() || "*xX#•●○-".contains(c))
                && !value.starts_with('-')
                && !value.ends_with('-')
        }
        FieldType::Int => value.bytes().all(|byte| byte.is_ascii_digit()),
        FieldType::Word => !value.contains([' ', '\n']),
        FieldType::Text => !value.contains('\n') && value.chars().count() <= field.longest(),
    }
}
