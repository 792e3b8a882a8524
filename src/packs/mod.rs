//! Packs: checked templates of common banks, one file a bank under `packs/`, built into the binary.
//!
//! Values only: what a pack holds, and how its files are read. Uses the templates of `domain`; the command
//! `recon template install` uses it. `docs/reference/recon/packs.md` lists what is there.

mod built_in;
mod file;

#[cfg(test)]
mod tests;

use crate::domain::template::TemplateSpec;

pub use built_in::{SUMMARIES, Summary, pack};
pub use file::PackError;

/// Templates of the banks of one country or kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Its banks, in the order of the list.
    pub banks: Vec<Bank>,
}

/// A bank with its templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bank {
    /// Its file's name without `.toml`: what `--bank` takes.
    pub key: &'static str,
    /// What people call it.
    pub name: String,
    /// The senders that must be on the phone whitelist for its texts to be read.
    pub whitelist: Vec<String>,
    /// What an operator has to know.
    pub note: Option<String>,
    /// Its templates, with their samples.
    pub templates: Vec<TemplateSpec>,
    /// Texts that look like its deposits and are none. No template of any pack may book them.
    pub never: Vec<String>,
}
