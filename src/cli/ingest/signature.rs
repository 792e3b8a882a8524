//! Standard Webhooks signatures: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::{Digest as _, Sha256};

use crate::domain::time::UnixMs;

/// What signs the requests of one phone.
#[derive(Debug)]
pub(super) struct Signer(SecretSlice<u8>);

impl Signer {
    /// `whsec_` and base64, or any other text as its UTF-8 bytes. The error is a sentence.
    pub(super) fn new(secret: &SecretString) -> Result<Self, String> {
        let secret = secret.expose_secret();
        let key = match secret.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| {
                "the phone's secret starts with whsec_ but is no base64 after it: copy it whole".to_owned()
            })?,
            None => secret.as_bytes().to_vec(),
        };
        Ok(Self(SecretSlice::from(key)))
    }

    /// The three headers of a body that is sent at this time. The id repeats with the body, as a retry's should.
    pub(super) fn headers(&self, body: &str, at: UnixMs) -> HeaderMap {
        let digest: [u8; 32] = Sha256::digest(body).into();
        let id = format!("msg_{}", hex::encode(digest));
        let seconds = at.0.div_euclid(1000).to_string();
        let signature = self.sign(&id, &seconds, body);
        let mut headers = HeaderMap::new();
        for (name, value) in [("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signature)] {
            // Letters, digits and base64 always fit a header.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn sign(&self, id: &str, seconds: &str, body: &str) -> String {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else { return String::new() };
        mac.update(format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_of_standard_webhooks_is_reproduced() {
        let signer = Signer::new(&SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        let signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_of_plain_text_is_its_bytes_and_a_damaged_one_is_refused() {
        assert!(Signer::new(&SecretString::from("any words")).is_ok());
        let error = Signer::new(&SecretString::from("whsec_canary!")).unwrap_err();
        assert!(error.contains("base64") && !error.contains("canary"));
    }

    #[test]
    fn a_repeated_body_keeps_its_id() {
        let signer = Signer::new(&SecretString::from("s")).unwrap();
        let (one, two) = (signer.headers("{}", UnixMs(1_000)), signer.headers("{}", UnixMs(9_999)));
        assert_eq!(one["webhook-id"], two["webhook-id"]);
        assert_eq!(two["webhook-timestamp"], "9");
        assert_ne!(one["webhook-signature"], two["webhook-signature"]);
    }
}
