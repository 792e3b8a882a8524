//! One daemon to a SQLite file.
//!
//! What a daemon knows of the file it keeps in memory too (open orders, templates, who was told what), and nothing tells it
//! what another process writes there. So two daemons on one file would each decide on half of the orders.

use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::store::sqlite_file;

/// Holds the SQLite file at `url` for this process, as long as the answer lives; a killed process holds it no longer.
/// None on PostgreSQL, which is there for several processes.
///
/// # Errors
/// Where another daemon has it.
pub(crate) fn hold(url: &str) -> anyhow::Result<Option<File>> {
    let Some(path) = sqlite_file(url) else { return Ok(None) };
    let path = path.display();
    // A file of its own: SQLite's own locks go when anybody in the process closes the database's file.
    let lock_path = PathBuf::from(format!("{path}.lock"));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&lock_path)
        .with_context(|| format!("{} cannot be opened", lock_path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another daemon works on {path}: stop it, give this one another data_dir, or use PostgreSQL for several"
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", lock_path.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_file_has_one_daemon_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("recon.db").display());
        let held = hold(&url).unwrap();
        assert!(held.is_some());
        let refused = hold(&url).unwrap_err().to_string();
        assert!(refused.starts_with("another daemon works on "), "{refused}");
        drop(held);
        assert!(hold(&url).unwrap().is_some(), "the lock goes with its holder");
    }
}
