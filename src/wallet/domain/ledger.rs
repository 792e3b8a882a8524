//! Double entry: money is never made or lost, only posted from one account to another.
//!
//! A positive posting is a credit, a negative one a debit. What a user's account holds is what the shop owes the user; the
//! clearing account's balance is the negative of what came into the bank and was credited.

use std::collections::BTreeMap;

use crate::domain::money::{Currency, Money};

crate::text_enum! {
    /// What an account is for.
    pub enum AccountKind {
        /// What the shop owes a user.
        User = "user",
        /// Where deposits come from.
        DepositsClearing = "deposits_clearing",
    }
}

/// An account: it holds one currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// What it is for.
    pub kind: AccountKind,
    /// Whose; empty for the shop's own.
    pub owner: String,
    /// What it holds.
    pub currency: Currency,
}

/// A part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// To which account.
    pub account: Account,
    /// Minor units of its currency: a credit where positive, a debit where negative.
    pub minor: i64,
}

/// Why something cannot stand in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The postings do not sum to zero in each currency.
    #[error("the postings sum to {0} and not to zero")]
    Unbalanced(i128),
    /// A posting of nothing, or of less than nothing where an amount is credited.
    #[error("an amount must be above zero")]
    Nothing,
    /// The balance does not fit.
    #[error("the balance would be larger than the ledger holds")]
    Overflow,
}

/// Postings that sum to zero in each currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry(Vec<Posting>);

impl Entry {
    /// Holds that the postings balance.
    ///
    /// # Errors
    /// Where they do not, or one of them is zero.
    pub fn new(postings: Vec<Posting>) -> Result<Self, LedgerError> {
        let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
        for posting in &postings {
            if posting.minor == 0 {
                return Err(LedgerError::Nothing);
            }
            *sums.entry(posting.account.currency).or_default() += i128::from(posting.minor);
        }
        match sums.into_values().find(|sum| *sum != 0) {
            Some(sum) => Err(LedgerError::Unbalanced(sum)),
            None => Ok(Self(postings)),
        }
    }

    /// The entry of a deposit that is credited to a user. The user's account stands first: whoever locks accounts in this
    /// order never waits for one who waits for them.
    ///
    /// # Errors
    /// Where the amount is not above zero.
    pub fn credit(user_id: &str, money: Money) -> Result<Self, LedgerError> {
        if money.minor <= 0 {
            return Err(LedgerError::Nothing);
        }
        let account = |kind, owner: &str| Account { kind, owner: owner.to_owned(), currency: money.currency };
        Self::new(vec![
            Posting { account: account(AccountKind::User, user_id), minor: money.minor },
            Posting { account: account(AccountKind::DepositsClearing, ""), minor: -money.minor },
        ])
    }

    /// The postings.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.0
    }
}

/// The balance after a posting.
///
/// # Errors
/// Where it does not fit.
pub fn posted(balance: i64, minor: i64) -> Result<i64, LedgerError> {
    balance.checked_add(minor).ok_or(LedgerError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn account(owner: u8, currency: &str) -> Account {
        let kind = if owner == 0 { AccountKind::DepositsClearing } else { AccountKind::User };
        Account { kind, owner: owner.to_string(), currency: currency.parse().unwrap() }
    }

    #[test]
    fn what_does_not_balance_is_no_entry() {
        let posting = |owner, currency, minor| Posting { account: account(owner, currency), minor };
        assert!(Entry::new(vec![posting(1, "KRW", 5), posting(0, "KRW", -5)]).is_ok());
        let two_currencies = vec![posting(1, "KRW", 5), posting(0, "USD", -5)];
        assert!(matches!(Entry::new(two_currencies), Err(LedgerError::Unbalanced(_))));
        assert_eq!(Entry::new(vec![posting(1, "KRW", 0)]), Err(LedgerError::Nothing));
        let beyond_i64 = vec![posting(1, "KRW", i64::MAX), posting(2, "KRW", i64::MAX), posting(0, "KRW", 2)];
        assert!(matches!(Entry::new(beyond_i64), Err(LedgerError::Unbalanced(_))), "sums do not wrap around");
        for minor in [0, -1] {
            assert_eq!(Entry::credit("u1", Money { minor, currency: Currency::KRW }), Err(LedgerError::Nothing));
        }
        assert_eq!(posted(i64::MAX, 1), Err(LedgerError::Overflow));
    }

    proptest! {
        /// Whatever is credited in whatever order: all postings sum to zero in each currency, and every balance is the sum
        /// of its account's postings.
        #[test]
        fn random_credits_always_sum_to_zero(
            credits in prop::collection::vec((1_u8..5, 0_usize..3, 1_i64..=i64::MAX), 0..60)
        ) {
            let mut balances: BTreeMap<Account, i64> = BTreeMap::new();
            let mut taken: Vec<Posting> = Vec::new();
            for (user, currency, minor) in credits {
                let currency = ["KRW", "USD", "KWD"][currency].parse().unwrap();
                let entry = Entry::credit(&user.to_string(), Money { minor, currency }).unwrap();
                let after: Result<Vec<_>, _> = entry
                    .postings()
                    .iter()
                    .map(|one| posted(balances.get(&one.account).copied().unwrap_or(0), one.minor))
                    .collect();
                // An entry is taken whole or not at all.
                let Ok(after) = after else { continue };
                for (one, balance) in entry.postings().iter().zip(after) {
                    balances.insert(one.account.clone(), balance);
                    taken.push(one.clone());
                }
            }
            let mut by_currency: BTreeMap<Currency, i128> = BTreeMap::new();
            let mut by_account: BTreeMap<Account, i128> = BTreeMap::new();
            for one in taken {
                *by_currency.entry(one.account.currency).or_default() += i128::from(one.minor);
                *by_account.entry(one.account).or_default() += i128::from(one.minor);
            }
            prop_assert!(by_currency.values().all(|sum| *sum == 0));
            prop_assert_eq!(by_account, balances.into_iter().map(|(of, is)| (of, i128::from(is))).collect());
        }
    }
}
