//! Pushbullet's end-to-end encryption: AES-256-GCM under a key made of the password and the account's iden.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use sha2::Sha256;

const ROUNDS: u32 = 30_000;
const VERSION: u8 = b'1';
const TAG_BYTES: usize = 16;
const IV_BYTES: usize = 12;

/// The key of an account. Making one takes some tens of milliseconds: that is its purpose.
#[derive(Clone)]
pub struct E2eKey(Aes256Gcm);

/// Why a ciphertext does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No base64, or too short.
    #[error("the ciphertext is cut short or no base64")]
    Malformed,
    /// Another version of the scheme.
    #[error("the ciphertext has a version of the encryption that is not known")]
    Version,
    /// The tag does not fit.
    #[error("the ciphertext does not open: is the encryption password the phone's?")]
    Forged,
}

impl E2eKey {
    /// PBKDF2-HMAC-SHA256 of the password, salted with the account's iden.
    #[must_use]
    pub fn of(password: &str, user_iden: &str) -> Self {
        Self::of_bytes(derive(password, user_iden))
    }

    /// A key that was made before.
    #[must_use]
    pub fn of_bytes(key: [u8; 32]) -> Self {
        Self(Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)))
    }

    /// base64 of version, tag, iv and ciphertext, in this order.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(&self, ciphertext: &str) -> Result<Vec<u8>, OpenError> {
        let bytes = STANDARD.decode(ciphertext.trim()).map_err(|_| OpenError::Malformed)?;
        let (version, rest) = bytes.split_first().ok_or(OpenError::Malformed)?;
        if *version != VERSION {
            return Err(OpenError::Version);
        }
        let (tag, rest) = rest.split_first_chunk::<TAG_BYTES>().ok_or(OpenError::Malformed)?;
        let (iv, sealed) = rest.split_first_chunk::<IV_BYTES>().ok_or(OpenError::Malformed)?;
        // The cipher takes the tag behind the ciphertext.
        let sealed = [sealed, tag].concat();
        self.0.decrypt(&Nonce::from(*iv), sealed.as_slice()).map_err(|_| OpenError::Forged)
    }

    /// What [`E2eKey::open`] opens: for the simulator.
    ///
    /// # Errors
    /// [`OpenError::Malformed`] for a text that is far too long.
    pub fn seal(&self, plain: &[u8], iv: [u8; IV_BYTES]) -> Result<String, OpenError> {
        let sealed = self.0.encrypt(&Nonce::from(iv), plain).map_err(|_| OpenError::Malformed)?;
        let (body, tag) = sealed.split_at(sealed.len().saturating_sub(TAG_BYTES));
        Ok(STANDARD.encode([&[VERSION], tag, &iv[..], body].concat()))
    }
}

fn derive(password: &str, user_iden: &str) -> [u8; 32] {
    let mut key = [0; 32];
    // An HMAC takes a key of any length: this cannot fail.
    let _ = pbkdf2::pbkdf2::<Hmac<Sha256>>(password.as_bytes(), user_iden.as_bytes(), ROUNDS, &mut key);
    key
}

impl fmt::Debug for E2eKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("E2eKey(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors that Pushbullet publishes.
    #[test]
    fn the_published_vectors_open() {
        assert_eq!(STANDARD.encode(derive("hunter2", "up0snaKOsn")), "1sW28zp7CWv5TtGjlQpDHHG4Cbr9v36fG5o4f74LsKg=");
        let key = E2eKey::of("hunter2", "up0snaKOsn");
        let opened = key.open("MSfJxxY5YdjttlfUkCaKA57qU9SuCN8+ZhYg/xieI+lDnQ==").unwrap();
        assert_eq!(opened, b"meow!");
        let object = "MXAdvN64uXWtLXCRaqYHEtGhiogR1VHyXX21Lpjp4jv3v+JWygMBA9Wp5npbQdfeZAgOZI+JT3y3pbmq+OrKXrK1rg==";
        assert_eq!(key.open(object).unwrap(), br#"{ "key1": "value1", "key2": "value2" }"#);
        assert_eq!(key.seal(&key.open(object).unwrap(), iv_of(object)).unwrap(), object);
    }

    fn iv_of(ciphertext: &str) -> [u8; IV_BYTES] {
        STANDARD.decode(ciphertext).unwrap()[17..29].try_into().unwrap()
    }

    #[test]
    fn what_is_changed_cut_or_of_another_version_does_not_open() {
        let key = E2eKey::of("hunter2", "up0snaKOsn");
        let good = STANDARD.decode("MSfJxxY5YdjttlfUkCaKA57qU9SuCN8+ZhYg/xieI+lDnQ==").unwrap();
        for place in 1..good.len() {
            let mut changed = good.clone();
            changed[place] ^= 1;
            assert_eq!(key.open(&STANDARD.encode(changed)), Err(OpenError::Forged), "{place}");
        }
        let mut other = good.clone();
        other[0] = b'2';
        assert_eq!(key.open(&STANDARD.encode(other)), Err(OpenError::Version));
        for bad in ["", "!!", "MQ==", "MSfJxxY5YdjttlfUkCaKA57qU9SuCN8="] {
            assert_eq!(key.open(bad), Err(OpenError::Malformed), "{bad}");
        }
        let wrong = E2eKey::of("hunter3", "up0snaKOsn");
        assert_eq!(wrong.open(&STANDARD.encode(&good)), Err(OpenError::Forged));
    }
}
