use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use hmac::{KeyInit as _, Mac as _};
use serde_json::{Value, json};

use super::super::fixtures::{OWN_URL, Post, at};
use super::super::{DecodeError, Entry, Format};
use super::*;

const KEY: &str = "signing-key-1";
/// Made by another implementation (CPython's hmac): iat 09:31:00, exp 09:41:00, aud one URL and a list of one.
const VECTORS: [&str; 2] = [
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJodHRwczovL3JlY29uLmV4YW1wbGUuY29tL2luZ2VzdC90MGtlbi9odHRwc21zIiwiZXhw\
     IjoxNzc2ODUwODYwLCJpYXQiOjE3NzY4NTAyNjAsImlzcyI6ImFwaS5odHRwc21zLmNvbSIsIm5iZiI6MTc3Njg0OTY2MCwic3ViIjoidXNlci0xIn0.Jc\
     ISm18YruT2FQh4Lcpap7UDcI5DRv_Ji20e_PYVlzc",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOlsiaHR0cHM6Ly9yZWNvbi5leGFtcGxlLmNvbS9pbmdlc3QvdDBrZW4vaHR0cHNtcyJdLCJl\
     eHAiOjE3NzY4NTA4NjAsImlhdCI6MTc3Njg1MDI2MCwiaXNzIjoiYXBpLmh0dHBzbXMuY29tIiwibmJmIjoxNzc2ODQ5NjYwLCJzdWIiOiJ1c2VyLTEif\
     Q.Nhfyt-VEqp9gTUjojaYkoid-mkXSM3gxxLkO1ELZD30",
];

fn post(authorization: &str) -> Post {
    // An event of another type, so that what passes is ignored.
    Post::new(Format::HttpSms, "application/json", r#"{"type":"message.phone.sent","id":"e1"}"#)
        .secret(KEY)
        .header("Authorization", authorization)
}

fn token(header: &Value, claims: &Value, key: &str) -> String {
    let signed = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims.to_string()));
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", B64.encode(mac.finalize().into_bytes()))
}

fn hs256() -> Value {
    json!({"alg": "HS256", "typ": "JWT"})
}

/// 2026-04-22T09:31:00Z.
const NOW_S: i64 = 1_776_850_260;

fn claims() -> Value {
    json!({"aud": OWN_URL, "exp": NOW_S + 600, "iat": NOW_S, "nbf": NOW_S - 600, "iss": "api.httpsms.com"})
}

fn bearer(token: &str) -> Post {
    post(&format!("Bearer {token}"))
}

fn passes(post: &Post) -> bool {
    match post.entries() {
        Ok(entries) => matches!(entries[..], [Entry::Ignored { .. }]),
        Err(DecodeError::BadSignature(why)) => {
            assert!(!why.contains("t0ken") && !why.contains(KEY), "{why}");
            false
        }
        other => panic!("neither passed nor refused: {other:?}"),
    }
}

#[test]
fn what_another_implementation_signed_passes() {
    for vector in VECTORS {
        assert!(passes(&bearer(vector)));
        assert!(passes(&post(&format!("bearer  {vector} "))), "schemes have no case");
    }
    assert!(passes(&bearer(&token(&hs256(), &claims(), KEY))));
    let minimal = json!({"aud": [format!("{OWN_URL}/"), "https://elsewhere.example.com"], "exp": NOW_S + 1});
    assert!(passes(&bearer(&token(&hs256(), &minimal, KEY))));
}

#[test]
fn a_token_of_anything_else_is_refused() {
    let good = token(&hs256(), &claims(), KEY);
    assert!(!passes(&bearer(&good).secret("another")));
    assert!(!passes(&bearer(&good[..good.len() - 2])), "cut");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    assert!(!passes(&bearer(&format!("{signed}."))));
    let other = json!({"aud": OWN_URL, "exp": NOW_S + 60_000});
    let swapped = token(&hs256(), &other, "guess");
    let (swapped, _) = swapped.rsplit_once('.').unwrap();
    assert!(!passes(&bearer(&format!("{swapped}.{signature}"))), "another's signature");
    for shape in ["x", "x.y", "..", "a.b.c", "\u{1F600}.\u{1F600}.\u{1F600}"] {
        assert!(!passes(&bearer(shape)), "{shape}");
    }
}

/// The oldest trick: a token that says of itself how it is to be checked.
#[test]
fn only_hs256_counts() {
    for algorithm in ["none", "None", "hs256", "HS384", "HS512", "RS256", ""] {
        let header = json!({"alg": algorithm, "typ": "JWT"});
        assert!(!passes(&bearer(&token(&header, &claims(), KEY))), "{algorithm}");
        let unsigned = format!("{}.{}.", B64.encode(header.to_string()), B64.encode(claims().to_string()));
        assert!(!passes(&bearer(&unsigned)), "{algorithm}");
    }
    assert!(!passes(&bearer(&token(&json!({}), &claims(), KEY))));
}

#[test]
fn it_counts_for_this_url_and_this_time() {
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        passes(&bearer(&token(&hs256(), &claims, KEY)))
    };
    for other in [
        "",
        "https://recon.example.com",
        "https://recon.example.com/ingest/t0ken/recon",
        "https://x/ingest/t0ken/httpsms",
    ] {
        assert!(!with("aud", json!(other)), "{other}");
    }
    assert!(!with("aud", json!([])) && !with("aud", json!(null)) && !with("aud", json!(5)));
    for (exp, good) in [(NOW_S, false), (NOW_S + 1, true), (NOW_S - 600, false), (i64::MAX, true), (i64::MIN, false)] {
        assert_eq!(with("exp", json!(exp)), good, "{exp}");
    }
    assert!(!with("exp", json!(null)) && !with("exp", json!("soon")), "a token that never expires is a password");
    for name in ["nbf", "iat"] {
        assert!(with(name, json!(null)), "{name} may be missing");
        assert!(with(name, json!(NOW_S + 300)) && !with(name, json!(NOW_S + 301)), "{name}");
    }
    assert!(!passes(&bearer(VECTORS[0]).at(at("2026-04-22T09:41:00Z"))), "ten minutes later");
}

#[test]
fn no_token_is_no_signature() {
    for none in ["", "Bearer", "Bearer ", "Basic dTpw", "Bearertoken"] {
        assert_eq!(post(none).entries(), Err(DecodeError::MissingSignature), "{none:?}");
    }
    let mut without = post("");
    without.headers.clear();
    assert_eq!(without.entries(), Err(DecodeError::MissingSignature));
}

#[test]
fn an_empty_secret_lets_nobody_in() {
    assert!(!passes(&bearer(&token(&hs256(), &claims(), "")).secret("")));
}
