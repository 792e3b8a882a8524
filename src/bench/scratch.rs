//! A directory of one measurement, gone with it. `eval` uses it too.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::clock::Clock;
use crate::secrets::SecretBox;
use crate::store::{Store, StoreOptions};

/// The directory. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes a directory under `parent` that nobody else uses.
    pub(crate) fn make(parent: &Path, name: &str) -> anyhow::Result<Self> {
        let path = parent.join(format!("recon-{}-{name}", std::process::id()));
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::create_dir(&path))
            .with_context(|| format!("the directory {} cannot be made", path.display()))?;
        // Absolute: the daemon runs in it.
        Ok(Self(path.canonicalize()?))
    }

    /// A directory or file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A migrated store in it.
    pub(crate) async fn store(&self, name: &str) -> anyhow::Result<Store> {
        self.store_at(name, Clock::system()).await
    }

    /// The same, or one that is there already, by another clock.
    pub(crate) async fn store_at(&self, name: &str, clock: Clock) -> anyhow::Result<Store> {
        let url = format!("sqlite://{}", self.path(name).display());
        let secrets = SecretBox::open_or_create(&self.path("secrets.key"))?;
        let store = Store::open(&StoreOptions::new(url), clock, secrets).await?;
        store.migrate().await?;
        Ok(store)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("recon: {} could not be removed: {error}", self.0.display());
        }
    }
}
