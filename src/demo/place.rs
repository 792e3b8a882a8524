//! The demo's own directory.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::private_file;
use crate::secrets::new_token;

/// A fresh directory for this user alone. It is removed when this is dropped, unless it is to be kept.
#[derive(Debug)]
pub struct Place {
    dir: PathBuf,
    keep: bool,
}

impl Place {
    /// Makes one where this machine keeps what is temporary.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn make(keep: bool) -> anyhow::Result<Self> {
        let name: String = new_token().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
        let dir = std::env::temp_dir().join(format!("recon-demo-{name}"));
        private_file::create_dir(&dir).context("the demo has no directory")?;
        Ok(Self { dir, keep })
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.dir)
        {
            eprintln!("recon: {} could not be removed: {error}", self.dir.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_with_its_holder_unless_it_is_to_be_kept() {
        let (gone, kept) = (Place::make(false).unwrap(), Place::make(true).unwrap());
        let dirs = [gone.dir().to_owned(), kept.dir().to_owned()];
        assert!(dirs.iter().all(|dir| dir.is_dir()) && dirs[0] != dirs[1]);
        drop((gone, kept));
        assert_eq!(dirs.each_ref().map(|dir| dir.is_dir()), [false, true]);
        std::fs::remove_dir(&dirs[1]).unwrap();
    }
}
