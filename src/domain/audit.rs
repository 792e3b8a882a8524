//! The audit chain: every row's hash covers the row and the hash before it, so that no row can be changed, removed or
//! moved without all later hashes ceasing to fit.
//!
//! Ids are part of the chain: the first row is 1 and each next one is one more (INV-A1), so that a removed row shows as
//! a gap. Whoever can rewrite the whole table can also recompute it: keep the head's hash elsewhere and compare it with
//! [`Verifier::finish`] to find that, and a cut-off end.

use sha2::{Digest, Sha256};

use super::time::UnixMs;

/// What stands before the first row.
pub const GENESIS: [u8; 32] = [0; 32];

/// Sets these hashes apart from any other use of SHA-256, and from a later form of the row.
const DOMAIN: &[u8] = b"recon.audit.row.v1";

/// One audited act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// 1 for the first row, then one more each.
    pub id: i64,
    /// When it was done.
    pub at: UnixMs,
    /// Who did it.
    pub operator: String,
    /// What was done, such as `sms.reset`.
    pub action: String,
    /// To what, such as `sms/17`.
    pub subject: String,
    /// Further facts as JSON text, hashed exactly as it is stored.
    pub detail: String,
}

/// The hash of a row that follows the row with the hash `previous` (or [`GENESIS`]).
///
/// Every text goes in behind its length, so that no two rows have the same bytes.
#[must_use]
pub fn chain(previous: &[u8; 32], row: &AuditRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    hash.update(previous);
    hash.update(row.id.to_be_bytes());
    hash.update(row.at.0.to_be_bytes());
    for text in [&row.operator, &row.action, &row.subject, &row.detail] {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

/// The first row at which a chain does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampering {
    /// The row is not the one whose hash was stored, or not at the place where it was written.
    #[error("audit row {id} was changed or moved")]
    Changed {
        /// Its id.
        id: i64,
    },
    /// There is no such row, but a later one.
    #[error("audit row {id} was removed")]
    Removed {
        /// The first id that is missing.
        id: i64,
    },
    /// The row comes after one with the same or a higher id.
    #[error("audit row {id} was moved or written twice")]
    Moved {
        /// Its id.
        id: i64,
    },
    /// The chain ends before the head that was written down elsewhere, or leads to another one.
    #[error("the audit trail ends at row {id}, which is not the head that was noted")]
    OtherHead {
        /// The id of the last row there is.
        id: i64,
    },
}

/// Checks a chain, fed row by row in the order of ids. It stops at the first fault: what follows one proves nothing.
#[derive(Clone, Debug)]
pub struct Verifier {
    last_id: i64,
    last_hash: [u8; 32],
}

impl Default for Verifier {
    fn default() -> Self {
        Self::after(0, GENESIS)
    }
}

impl Verifier {
    /// Starts behind a row that is known to be sound.
    #[must_use]
    pub fn after(id: i64, hash: [u8; 32]) -> Self {
        Self { last_id: id, last_hash: hash }
    }

    /// Checks the next row against the hash stored with it.
    ///
    /// # Errors
    /// [`Tampering`] names the first row that was changed, removed or moved.
    pub fn check(&mut self, row: &AuditRow, stored_hash: &[u8]) -> Result<(), Tampering> {
        if row.id <= self.last_id {
            return Err(Tampering::Moved { id: row.id });
        }
        if row.id > self.last_id.saturating_add(1) {
            return Err(Tampering::Removed { id: self.last_id.saturating_add(1) });
        }
        let hash = chain(&self.last_hash, row);
        if hash != stored_hash {
            return Err(Tampering::Changed { id: row.id });
        }
        (self.last_id, self.last_hash) = (row.id, hash);
        Ok(())
    }

    /// The last sound row: its id (0 where there is none) and its hash.
    #[must_use]
    pub fn head(&self) -> (i64, [u8; 32]) {
        (self.last_id, self.last_hash)
    }

    /// Compares the end of the chain with a head that was noted elsewhere.
    ///
    /// # Errors
    /// [`Tampering::OtherHead`] where rows are missing at the end, or all hashes were computed anew.
    pub fn finish(&self, noted: (i64, [u8; 32])) -> Result<(), Tampering> {
        if self.head() == noted { Ok(()) } else { Err(Tampering::OtherHead { id: self.last_id }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64) -> AuditRow {
        AuditRow {
            id,
            at: UnixMs(1_000 * id),
            operator: "op".to_owned(),
            action: "sms.check".to_owned(),
            subject: format!("sms/{id}"),
            detail: "{}".to_owned(),
        }
    }

    fn trail(length: i64) -> Vec<(AuditRow, [u8; 32])> {
        let mut previous = GENESIS;
        (1..=length)
            .map(|id| {
                previous = chain(&previous, &row(id));
                (row(id), previous)
            })
            .collect()
    }

    fn verify(trail: &[(AuditRow, [u8; 32])]) -> Result<(i64, [u8; 32]), Tampering> {
        let mut verifier = Verifier::default();
        trail.iter().try_for_each(|(row, hash)| verifier.check(row, hash))?;
        Ok(verifier.head())
    }

    #[test]
    fn a_sound_trail_verifies() {
        let trail = trail(5);
        assert_eq!(verify(&trail), Ok((5, trail[4].1)));
        assert_eq!(verify(&[]), Ok((0, GENESIS)));
    }

    /// INV-A1: the first row that was changed, removed or moved is named.
    #[test]
    fn every_field_of_a_row_is_covered() {
        let changes: [fn(&mut AuditRow); 5] = [
            |row| row.at.0 += 1,
            |row| row.operator.push('x'),
            |row| row.action.push('x'),
            |row| row.subject.push('x'),
            |row| row.detail.push(' '),
        ];
        for change in changes {
            let mut trail = trail(5);
            change(&mut trail[2].0);
            assert_eq!(verify(&trail), Err(Tampering::Changed { id: 3 }));
        }
    }

    /// INV-A2: no two rows have the same bytes.
    #[test]
    fn text_moved_from_one_field_to_the_next_is_another_row() {
        let mut moved = row(1);
        moved.operator = "o".to_owned();
        moved.action = "psms.check".to_owned();
        assert_ne!(chain(&GENESIS, &moved), chain(&GENESIS, &row(1)));
    }

    /// INV-A1.
    #[test]
    fn a_row_taken_out_leaves_a_gap_even_when_all_later_hashes_are_computed_anew() {
        let mut removed = trail(5);
        removed.remove(2);
        assert_eq!(verify(&removed), Err(Tampering::Removed { id: 3 }));
        assert_eq!(verify(&trail(5)[1..]), Err(Tampering::Removed { id: 1 }));

        let mut previous = removed[1].1;
        for (row, hash) in &mut removed[2..] {
            previous = chain(&previous, row);
            *hash = previous;
        }
        assert_eq!(verify(&removed), Err(Tampering::Removed { id: 3 }));
    }

    /// INV-A1.
    #[test]
    fn rows_that_changed_places_are_named() {
        let mut fed_out_of_order = trail(5);
        fed_out_of_order.swap(3, 4);
        assert_eq!(verify(&fed_out_of_order), Err(Tampering::Removed { id: 4 }));

        let mut given_each_others_ids = trail(5);
        given_each_others_ids.swap(1, 2);
        given_each_others_ids[1].0.id = 2;
        given_each_others_ids[2].0.id = 3;
        assert_eq!(verify(&given_each_others_ids), Err(Tampering::Changed { id: 2 }));

        let mut twice = trail(3);
        twice.insert(2, twice[1].clone());
        assert_eq!(verify(&twice), Err(Tampering::Moved { id: 2 }));
    }

    /// INV-A3: a head noted elsewhere finds what the chain alone cannot.
    #[test]
    fn a_cut_off_end_is_found_by_a_noted_head() {
        let whole = trail(5);
        let mut verifier = Verifier::default();
        for (row, hash) in &whole[..4] {
            verifier.check(row, hash).unwrap();
        }
        assert_eq!(verifier.finish((5, whole[4].1)), Err(Tampering::OtherHead { id: 4 }));
        verifier.check(&whole[4].0, &whole[4].1).unwrap();
        assert_eq!(verifier.finish((5, whole[4].1)), Ok(()));
    }

    /// The stored hashes of existing trails depend on this form: a change of it needs a new domain tag.
    #[test]
    fn the_form_of_a_row_is_fixed() {
        assert_eq!(
            hex::encode(chain(&GENESIS, &row(1))),
            "4f2cb33a846483cc8ae2388529dfb14b42ae5775950238b8da86d9df108c67fa"
        );
    }
}
