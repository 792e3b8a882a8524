//! Secrets at rest: sealing what must be read again, hashing what must only be recognised, and making new tokens.
//!
//! A sealed value is `0x01`, the key's version (u32, big-endian), a 24-byte nonce of its own, then the ciphertext and tag
//! of XChaCha20-Poly1305. Its associated data names the table, row, column and key version, so that a value copied to
//! another place does not open there.

mod key_file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use rand::Rng as _;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use key_file::KeyFileError;

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;
const HEADER_BYTES: usize = 1 + 4 + NONCE_BYTES;

/// Where a sealed value stands. It opens only there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// What tells the row apart from others for ever: its id, or another key that never changes.
    pub row: String,
    /// The column.
    pub column: &'a str,
}

impl<'a> Place<'a> {
    /// The place of a column of one row.
    pub fn new(table: &'a str, row: &(impl fmt::Display + ?Sized), column: &'a str) -> Self {
        Self { table, row: row.to_string(), column }
    }

    /// Each part with its length before it, so that no two places give the same bytes.
    fn associated_data(&self, version: u32) -> Vec<u8> {
        let mut bytes = b"recon sealed 1".to_vec();
        for part in [self.table, &self.row, self.column] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes
    }
}

/// Why a sealed value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The bytes have not the shape of a sealed value.
    #[error("the sealed value is cut short or of an unknown format")]
    Malformed,
    /// The key file lacks the version that sealed it.
    #[error("the sealed value needs version {0} of the key, which the key file lacks: bring back the file that has it")]
    UnknownKey(u32),
    /// Changed, sealed for another place, or sealed with another key.
    #[error("the sealed value was changed, moved, or sealed with another key")]
    Forged,
    /// The cipher refused the plaintext (it is far too long).
    #[error("the value is too long to be sealed")]
    TooLong,
}

/// The keys that seal secrets at rest, by version; the highest version seals. Debug shows the versions alone.
#[derive(Clone)]
pub struct SecretBox {
    keys: BTreeMap<u32, XChaCha20Poly1305>,
    current: u32,
}

impl SecretBox {
    /// Opens the key file, or makes it with a first key (mode 0600) where there is none.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyFileError> {
        Self::of(path, key_file::open_or_create(path)?)
    }

    /// Adds a new key to the key file and opens it: what is there opens as before, and the new key seals.
    pub fn with_new_key(path: &Path) -> Result<Self, KeyFileError> {
        Self::of(path, key_file::add(path)?)
    }

    /// Takes all keys but the newest out of the key file and opens it. What they sealed opens nowhere any more.
    pub fn with_newest_key_only(path: &Path) -> Result<Self, KeyFileError> {
        Self::of(path, key_file::keep_newest(path)?)
    }

    fn of(path: &Path, keys: BTreeMap<u32, key_file::RawKey>) -> Result<Self, KeyFileError> {
        let current = keys.keys().next_back().copied().ok_or_else(|| KeyFileError::no_key(path))?;
        let keys = keys
            .into_iter()
            .map(|(version, key)| (version, XChaCha20Poly1305::new(&Key::from(*key.expose_secret()))))
            .collect();
        Ok(Self { keys, current })
    }

    /// The version of the key that seals.
    #[must_use]
    pub const fn newest(&self) -> u32 {
        self.current
    }

    /// Whether older keys are there too: a rotation has begun and is not done.
    #[must_use]
    pub fn has_older(&self) -> bool {
        self.keys.len() > 1
    }

    /// The version of the key that sealed a value; none where it has not the shape of one.
    #[must_use]
    pub fn version_of(sealed: &[u8]) -> Option<u32> {
        let (format, rest) = sealed.split_first()?;
        let version = rest.first_chunk::<4>().filter(|_| *format == FORMAT)?;
        Some(u32::from_be_bytes(*version))
    }

    /// Seals a value for one place with the newest key.
    pub fn seal(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let cipher = self.keys.get(&self.current).ok_or(SealError::UnknownKey(self.current))?;
        let mut nonce = [0u8; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let aad = place.associated_data(self.current);
        let sealed =
            cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad }).map_err(|_| SealError::TooLong)?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + sealed.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.current.to_be_bytes());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    /// Opens a value that was sealed for this place.
    pub fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<SecretSlice<u8>, SealError> {
        let (format, rest) = sealed.split_first().ok_or(SealError::Malformed)?;
        let (version, rest) = rest.split_first_chunk::<4>().ok_or(SealError::Malformed)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Malformed)?;
        if *format != FORMAT {
            return Err(SealError::Malformed);
        }
        let version = u32::from_be_bytes(*version);
        let cipher = self.keys.get(&version).ok_or(SealError::UnknownKey(version))?;
        let aad = place.associated_data(version);
        let plain = cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: &aad })
            .map_err(|_| SealError::Forged)?;
        Ok(SecretSlice::from(plain))
    }

    /// Opens a value that is text.
    pub fn open_text(&self, place: &Place<'_>, sealed: &[u8]) -> Result<SecretString, SealError> {
        let plain = self.open(place, sealed)?;
        let text = std::str::from_utf8(plain.expose_secret()).map_err(|_| SealError::Malformed)?;
        Ok(SecretString::from(text))
    }
}

impl fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBox").field("versions", &self.keys.keys().collect::<Vec<_>>()).finish_non_exhaustive()
    }
}

/// SHA-256 of a token: what is stored of a token that must only be recognised. Our tokens carry 256 random bits, so
/// neither salt nor a slow hash adds anything.
#[must_use]
pub fn hash_token(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Whether a presented token is the expected one, in a time that tells nothing of where they differ or how long the
/// expected one is.
#[must_use]
pub fn token_matches(presented: &str, expected: &SecretString) -> bool {
    hash_token(presented).ct_eq(&hash_token(expected.expose_secret())).into()
}

/// A new token: 256 random bits as 43 letters, digits, `-` and `_`, fit for a header and for a URL's path.
#[must_use]
pub fn new_token() -> String {
    let mut bytes = [0u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
