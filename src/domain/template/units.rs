//! Korean number units: `1,500만`, `1억 2,000만`.

use super::money::ungroup;

/// Korean number units, the largest first.
const BIG_UNITS: [(char, i64); 3] = [('조', 1_000_000_000_000), ('억', 100_000_000), ('만', 10_000)];
const SMALL_UNITS: [(char, i64); 2] = [('천', 1_000), ('백', 100)];

/// Whether `c` multiplies the number before it.
pub(super) fn is_unit(c: char) -> bool {
    BIG_UNITS.iter().chain(&SMALL_UNITS).any(|(unit, _)| *unit == c)
}

/// `1,500만`, `1억 2,000만`, `2천5백만`, `1만 5,000`: each part must be smaller than the unit before it.
pub(super) fn korean_number(text: &str) -> Option<i64> {
    let text = text.trim_end_matches("원").trim_end();
    let (mut total, mut section) = (0_i64, 0_i64);
    let (mut total_limit, mut section_limit) = (i64::MAX, i64::MAX);
    let mut rest = text;
    while !rest.is_empty() {
        let number_len = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(number_len);
        let mut value: i64 = ungroup(number, ',', 3)?.parse().ok()?;
        let units_len = behind.find(|c: char| !is_unit(c)).unwrap_or(behind.len());
        let (units, behind) = behind.split_at(units_len);
        let mut small = 1;
        let mut is_closed = false;
        for unit in units.chars() {
            if is_closed {
                return None; // nothing multiplies 만, 억 or 조
            }
            if let Some((_, times)) = SMALL_UNITS.iter().find(|(small, _)| *small == unit) {
                if small > 1 {
                    return None;
                }
                value = value.checked_mul(*times)?;
                small = *times;
            } else {
                let (_, times) = BIG_UNITS.iter().find(|(big, _)| *big == unit)?;
                let whole = section.checked_add(value).filter(|_| value < section_limit)?.checked_mul(*times)?;
                total = total.checked_add(whole).filter(|_| whole < total_limit)?;
                (section, value, small, is_closed) = (0, 0, 1, true);
                (total_limit, section_limit) = (*times, *times);
            }
        }
        if value >= section_limit {
            return None;
        }
        section = section.checked_add(value)?;
        if small > 1 {
            section_limit = small;
        }
        rest = behind.trim_start_matches(' ');
        if units.is_empty() && !rest.is_empty() {
            return None;
        }
    }
    total.checked_add(section).filter(|_| section < total_limit)
}
