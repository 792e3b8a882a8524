//! Tokens of sessions: 256 random bits, kept only as their SHA-256.
//!
//! A renewed token has to be given to every caller of the old one, while only hashes are kept. So the new token is sealed
//! under the old one (ADR-015): whoever holds the old token can open it, and nobody who reads the database can.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

const NONCE_BYTES: usize = 24;
/// What the key that seals is derived for.
const PURPOSE: &[u8] = b"recon admin session: the token that renews this one";

/// A session's token. Debug does not show it.
#[derive(Clone)]
pub struct Token(SecretString);

/// The SHA-256 of a token, in hex: what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub String);

impl Token {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(SecretString::from(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())))
    }

    /// The one that a caller presents.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// The text, for the caller whose token it is.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(hex::encode(Sha256::digest(self.expose().as_bytes())))
    }

    /// Seals the token that renews this one. None where the cipher cannot: it can.
    #[must_use]
    pub fn seal(&self, successor: &Self) -> Option<String> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: successor.expose().as_bytes(), aad: PURPOSE };
        let sealed = self.cipher()?.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(hex::encode([&nonce[..], &sealed].concat()))
    }

    /// Opens what [`Self::seal`] sealed under this token.
    #[must_use]
    pub fn open(&self, sealed: &str) -> Option<Self> {
        let bytes = hex::decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let plain = self.cipher()?.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: PURPOSE }).ok()?;
        Some(Self(SecretString::from(String::from_utf8(plain).ok()?)))
    }

    fn cipher(&self) -> Option<XChaCha20Poly1305> {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.expose().as_bytes()).ok()?;
        mac.update(PURPOSE);
        let key: [u8; 32] = mac.finalize().into_bytes().into();
        Some(XChaCha20Poly1305::new(&Key::from(key)))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_256_random_bits_and_shown_nowhere() {
        let token = Token::random();
        assert_eq!(URL_SAFE_NO_PAD.decode(token.expose()).unwrap().len(), 32);
        assert_ne!(token.hash(), Token::random().hash());
        assert_eq!(format!("{token:?}"), "Token(...)");
        assert_eq!(token.hash().0.len(), 64);
    }

    #[test]
    fn only_who_holds_the_old_token_opens_the_new_one() {
        let (old, new) = (Token::random(), Token::random());
        let sealed = old.seal(&new).unwrap();
        assert_eq!(old.open(&sealed).unwrap().expose(), new.expose());
        assert!(Token::random().open(&sealed).is_none());
        assert!(old.open("").is_none() && old.open("00ff").is_none() && old.open("no hex").is_none());
        assert!(Token::presented(&old.hash().0).open(&sealed).is_none(), "what is kept opens nothing");
    }
}
