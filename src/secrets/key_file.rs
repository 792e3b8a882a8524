//! The key file: a heading, then a version and a key of 256 bits in hex on each line. Rotation adds a line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand::Rng as _;
use secrecy::ExposeSecret as _;

use crate::private_file::{self, PrivateFileError};

/// A key that is wiped from memory when dropped.
pub(super) type RawKey = secrecy::SecretBox<[u8; 32]>;

const HEADING: &str = "# Seals the secrets in recon's database. Without it they cannot be read: keep a copy apart.";

/// Why the key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It can be neither read nor made.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// It does not say what a key file says. The text of the line is not told: it may be a key.
    #[error("{} line {line} is no key (a version and 64 hex digits): bring back the file as recon made it", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 for a file without any key.
        line: usize,
    },
}

impl KeyFileError {
    pub(super) fn no_key(path: &Path) -> Self {
        Self::Line { path: path.to_owned(), line: 0 }
    }
}

pub(super) fn open_or_create(path: &Path) -> Result<BTreeMap<u32, RawKey>, KeyFileError> {
    keys_of(path, &private_file::read_or_create(path, first_text)?)
}

/// Adds a key of the next version, made from the machine's random numbers.
pub(super) fn add(path: &Path) -> Result<BTreeMap<u32, RawKey>, KeyFileError> {
    let text = private_file::read_or_create(path, first_text)?;
    let newest = keys_of(path, &text)?.keys().next_back().copied().unwrap_or(0);
    replace(path, &format!("{}\n{}", text.trim_end(), line(newest + 1)))
}

/// Takes all keys but the newest out.
pub(super) fn keep_newest(path: &Path) -> Result<BTreeMap<u32, RawKey>, KeyFileError> {
    let keys = open_or_create(path)?;
    let (version, key) = keys.last_key_value().ok_or_else(|| KeyFileError::no_key(path))?;
    replace(path, &format!("{HEADING}\n{version} {}\n", hex::encode(key.expose_secret())))
}

fn replace(path: &Path, text: &str) -> Result<BTreeMap<u32, RawKey>, KeyFileError> {
    private_file::replace(path, text)?;
    keys_of(path, text)
}

fn keys_of(path: &Path, text: &str) -> Result<BTreeMap<u32, RawKey>, KeyFileError> {
    let mut keys = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parsed = parse(line).filter(|(version, _)| !keys.contains_key(version));
        let (version, key) = parsed.ok_or_else(|| KeyFileError::Line { path: path.to_owned(), line: index + 1 })?;
        keys.insert(version, key);
    }
    Ok(keys)
}

fn first_text() -> String {
    format!("{HEADING}\n{}", line(1))
}

/// The line of a new key.
fn line(version: u32) -> String {
    let mut key = [0u8; 32];
    rand::rng().fill_bytes(&mut key);
    format!("{version} {}\n", hex::encode(key))
}

fn parse(line: &str) -> Option<(u32, RawKey)> {
    let (version, digits) = line.split_once(' ')?;
    let version = version.parse().ok().filter(|version| *version > 0)?;
    let mut key = Box::new([0u8; 32]);
    hex::decode_to_slice(digits.trim(), key.as_mut_slice()).ok()?;
    Some((version, RawKey::new(key)))
}
