//! The banks' books: what is booked on each account, from which come the balances that its texts state.

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::Line;
use super::banks::{Bank, banks};
use crate::domain::time::UnixMs;

/// What an account begins the day with, at least: no withdrawal of a day comes near it.
const BEGINS_WITH: i64 = 50_000_000;

/// An account of the shop: its bank tells one handset of it.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) bank: Bank,
    pub(super) line: Line,
    pub(super) number: String,
    /// Whether its texts state the balance.
    pub(super) states_balance: bool,
    begins_with: i64,
}

/// A movement, and the text that tells of it.
#[derive(Clone, Debug)]
pub(super) struct Booking {
    /// Which account.
    pub(super) account: usize,
    /// When.
    pub(super) at: UnixMs,
    pub(super) name: String,
    /// Below zero for a withdrawal.
    pub(super) moved: i64,
    /// Whether the bank made it, or somebody only says so.
    pub(super) is_real: bool,
    /// By how much a forger's balance is wrong.
    pub(super) off: i64,
    /// The step that gets the text; none where it is lost on its way.
    pub(super) step: Option<usize>,
}

/// All accounts and what is booked on them.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) accounts: Vec<Account>,
    bookings: Vec<Booking>,
}

impl Books {
    /// One account of each bank for each of so many handsets, at their places in `lines` by `banks`.
    pub(super) fn open(lines: usize, rng: &mut StdRng) -> Self {
        let mut books = Self::default();
        for line in 0..lines {
            for bank in banks() {
                books.open_account(*bank, line, true, rng);
            }
        }
        books
    }

    /// The place of the account that a bank tells a handset of.
    pub(super) fn place(bank: usize, line: Line) -> usize {
        line * banks().len() + bank
    }

    /// Opens an account and answers its place.
    pub(super) fn open_account(&mut self, bank: Bank, line: Line, states_balance: bool, rng: &mut StdRng) -> usize {
        let number = format!("{:06}**{:03}", rng.random_range(0..1_000_000_u32), rng.random_range(0..1_000_u32));
        let begins_with = BEGINS_WITH + i64::from(rng.random_range(0..10_000_u32)) * 1_000;
        self.accounts.push(Account { bank, line, number, states_balance, begins_with });
        self.accounts.len() - 1
    }

    pub(super) fn book(&mut self, booking: Booking) {
        self.bookings.push(booking);
    }

    /// Every booking that is told, with its account and the balance that its text states.
    pub(super) fn balanced(mut self) -> Vec<(Booking, Account, Option<i64>)> {
        self.bookings.sort_by_key(|booking| booking.at);
        let mut balances: Vec<i64> = self.accounts.iter().map(|account| account.begins_with).collect();
        let mut told = Vec::with_capacity(self.bookings.len());
        for booking in self.bookings {
            let account = &self.accounts[booking.account];
            let balance = &mut balances[booking.account];
            let after = *balance + booking.moved;
            if booking.is_real {
                *balance = after;
            }
            if booking.step.is_some() {
                let stated = account.states_balance.then_some(after + booking.off);
                told.push((booking, account.clone(), stated));
            }
        }
        told
    }
}
