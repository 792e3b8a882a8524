//! Passwords of operators: argon2id, as PHC strings. Each call takes tens of milliseconds and 19 MiB: never on a thread
//! that others wait for.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The shortest password that people may choose, in characters.
pub const LENGTH_MIN: usize = 10;
/// The longest, in bytes: hashing must not become somebody's way to keep the processor busy.
pub const BYTES_MAX: usize = 1024;

/// Of a password that nobody knows: who is not there takes as long as who is.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIG91cnM$\
                      Zm9yIGEgcGFzc3dvcmQgdGhhdCBub2JvZHkga25vd3M";

/// Why a password cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// It is easily guessed.
    #[error("the password is shorter than {LENGTH_MIN} characters: give a longer one")]
    TooShort,
    /// It is no password any more.
    #[error("the password is longer than {BYTES_MAX} bytes: give a shorter one")]
    TooLong,
    /// The machine has no randomness or memory for it.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}

/// Hashes a password that somebody chose.
///
/// # Errors
/// [`PasswordError`].
pub fn hash(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < LENGTH_MIN {
        return Err(PasswordError::TooShort);
    }
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|error| PasswordError::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether this is the password of `hash`. It takes as long for one that is not, and for a `hash` of nobody.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    if password.len() > BYTES_MAX {
        return false;
    }
    let known = hash.is_some();
    let Ok(hash) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known
}

/// A random password of 144 bits, which people can copy.
#[must_use]
pub fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("correct horsf", Some(&hash)) && !verify("", Some(&hash)));
        assert!(!verify("correct horse", None) && !verify("correct horse", Some("no hash")));
        assert_ne!(super::hash("correct horse").unwrap(), hash, "each has a salt of its own");
    }

    #[test]
    fn the_hash_of_nobody_costs_what_any_other_costs() {
        let started = tokio::time::Instant::now();
        assert!(!verify("correct horse", None));
        let nobody = started.elapsed();
        let hash = hash("correct horse").unwrap();
        let started = tokio::time::Instant::now();
        assert!(verify("correct horse", Some(&hash)));
        let somebody = started.elapsed();
        assert!(nobody * 4 > somebody, "{nobody:?} {somebody:?}: the hash of nobody is not even looked at");
    }

    #[test]
    fn what_is_easily_guessed_or_endless_is_refused() {
        assert_eq!(hash("123456789"), Err(PasswordError::TooShort));
        assert_eq!(hash(&"x".repeat(BYTES_MAX + 1)), Err(PasswordError::TooLong));
        assert_eq!(random().len(), 24);
        assert_ne!(random(), random());
    }
}
