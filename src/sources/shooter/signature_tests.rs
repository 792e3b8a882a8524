use super::super::fixtures::{Post, at};
use super::super::{DecodeError, Format};
use super::*;

/// The vector that Standard Webhooks publishes.
mod standard {
    pub(super) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    pub(super) const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    pub(super) const TIMESTAMP: &str = "1614265330";
    pub(super) const BODY: &str = r#"{"test": 2432232314}"#;
    pub(super) const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
}

fn standard(signature: &str) -> Post {
    Post::new(Format::Recon, "application/json", standard::BODY)
        .at(UnixMs(1_614_265_330_000))
        .secret(standard::SECRET)
        .header("webhook-id", standard::ID)
        .header("webhook-timestamp", standard::TIMESTAMP)
        .header("webhook-signature", signature)
}

/// Past the signature, the vector's body is refused for its unknown field: that is how these tests tell.
fn passes(post: &Post) -> bool {
    match post.entries() {
        Err(DecodeError::Invalid(_)) => true,
        Err(DecodeError::BadSignature(_)) => false,
        other => panic!("neither passed nor refused: {other:?}"),
    }
}

#[test]
fn the_published_vector_passes() {
    assert!(passes(&standard(standard::SIGNATURE)));
    assert!(passes(&standard(standard::SIGNATURE.trim_end_matches('='))), "without padding");
    let rotated = format!("v1,{} v1a,x {}", BASE64.encode([7; 32]), standard::SIGNATURE);
    assert!(passes(&standard(&rotated)), "among others while the secret is changed");
}

#[test]
fn a_signature_of_anything_else_is_refused() {
    assert!(!passes(&standard(&BASE64.encode([7; 32]))));
    assert!(!passes(&standard(&standard::SIGNATURE.replace("v1,", "v2,"))), "another version");
    assert!(!passes(&standard("v1,")));
    assert!(!passes(&standard("v1,g0hM9SsE+OTPJTGt")), "a part of it");
    let mut changed = standard(standard::SIGNATURE);
    changed.body.push(b' ');
    assert!(!passes(&changed));
    let mut replayed = standard(standard::SIGNATURE);
    replayed.headers[0].1 = "msg_other".into();
    assert!(!passes(&replayed));
    let mut moved = standard(standard::SIGNATURE);
    moved.headers[1].1 = "1614265331".into();
    assert!(!passes(&moved));
    assert!(!passes(&standard(standard::SIGNATURE).secret("whsec_AAAA")));
}

#[test]
fn a_missing_header_is_no_signature() {
    for index in 0..3 {
        let mut post = standard(standard::SIGNATURE);
        post.headers.remove(index);
        assert_eq!(post.entries(), Err(DecodeError::MissingSignature));
    }
    assert_eq!(standard("").entries(), Err(DecodeError::MissingSignature));
}

#[test]
fn the_time_of_signing_must_be_near() {
    for (now, near) in
        [(1_614_265_630_000, true), (1_614_265_630_001, false), (1_614_265_030_000, true), (1_614_265_029_999, false)]
    {
        assert_eq!(passes(&standard(standard::SIGNATURE).at(UnixMs(now))), near, "{now}");
    }
    for odd in ["", "soon", "-5", "1614265330.5", "99999999999999999999"] {
        let mut post = standard(standard::SIGNATURE);
        post.headers[1].1 = odd.into();
        let refused = post.entries().unwrap_err();
        assert!(matches!(refused, DecodeError::BadSignature(_) | DecodeError::MissingSignature), "{odd}: {refused:?}");
    }
}

#[test]
fn secrets_become_keys() {
    assert_eq!(key_of("whsec_AAEC").unwrap(), [0, 1, 2]);
    assert_eq!(key_of("plain words").unwrap(), b"plain words");
    key_of("whsec_***").unwrap_err();
    key_of("whsec_").unwrap_err();
    key_of("").unwrap_err();
}

#[test]
fn an_empty_secret_lets_nobody_in() {
    assert!(!passes(&standard(standard::SIGNATURE).secret("")));
    let mut by_anybody = mac_of(b"").unwrap();
    by_anybody.update(format!("{APP_TIMESTAMP}\n").as_bytes());
    let sign = BASE64.encode(by_anybody.finalize().into_bytes()).replace('+', "%2B");
    let refused = smsforwarder(&sign).secret("").entries();
    assert!(matches!(refused, Err(DecodeError::BadSignature(_))), "{refused:?}");
}

const APP_TIMESTAMP: &str = "1790000000123";
const APP_SIGN: &str = "01gS3Mla3BkNVPYosr3l/bSyAGG7pJzGf0byvjVcsbM=";

fn smsforwarder(sign: &str) -> Post {
    let body = format!("from=15881688&org_content=a&timestamp={APP_TIMESTAMP}&sign={sign}");
    Post::new(Format::SmsForwarder, "application/x-www-form-urlencoded", body)
        .at(UnixMs(1_790_000_000_123))
        .secret("SECabc123")
}

#[test]
fn the_app_signs_encoded_or_not() {
    let once = APP_SIGN.replace('/', "%2F").replace('=', "%3D");
    for sign in [APP_SIGN, &once, &once.replace('%', "%25")] {
        assert_eq!(smsforwarder(sign).one().text.as_deref(), Some("a"), "{sign}");
        let mut by_json = smsforwarder("");
        let fields = serde_json::json!({"content": "a", "timestamp": APP_TIMESTAMP, "sign": sign});
        by_json.body = fields.to_string().into_bytes();
        by_json.content_type = Some("application/json".into());
        assert_eq!(by_json.one().text.as_deref(), Some("a"), "{sign}");
    }
    // The app's secret has a signature with a plus sign at this time; a form turns it into a space.
    let at_plus = (0..).map(|n| format!("{}", 1_790_000_000_123_i64 + n)).find_map(|timestamp| {
        let mut mac = mac_of(b"SECabc123").unwrap();
        mac.update(format!("{timestamp}\nSECabc123").as_bytes());
        let sign = BASE64.encode(mac.finalize().into_bytes());
        sign.contains('+').then_some((timestamp, sign))
    });
    let (timestamp, sign) = at_plus.unwrap();
    let mut post = smsforwarder("");
    post.body = format!("content=a&timestamp={timestamp}&sign={sign}").into_bytes();
    post.one();
    post.body = serde_json::json!({"content": "a", "timestamp": timestamp, "sign": sign}).to_string().into_bytes();
    post.content_type = Some("application/json".into());
    post.one();
}

#[test]
fn the_app_may_sign_in_the_query() {
    let mut post = smsforwarder("");
    post.query = format!("sign={APP_SIGN}");
    post.one();
    post.body = b"{broken".to_vec();
    post.content_type = Some("application/json".into());
    assert_eq!(post.entries(), Err(DecodeError::MissingSignature), "the timestamp is in the body");
    post.query = format!("sign={APP_SIGN}&timestamp={APP_TIMESTAMP}");
    assert!(post.one().quarantine.is_some());
}

#[test]
fn the_app_must_sign_with_the_secret_and_within_an_hour() {
    let refused = |post: Post| matches!(post.entries(), Err(DecodeError::BadSignature(_)));
    assert!(refused(smsforwarder(APP_SIGN).secret("another")));
    assert!(refused(smsforwarder("AAAA")));
    assert_eq!(smsforwarder("").entries(), Err(DecodeError::MissingSignature));
    let hour = 3_600_000;
    for (offset, outside) in [(hour, false), (hour + 1, true), (-hour, false), (-hour - 1, true)] {
        assert_eq!(refused(smsforwarder(APP_SIGN).at(UnixMs(1_790_000_000_123 + offset))), outside, "{offset}");
    }
    assert_eq!(at("2026-09-21T14:13:20.123Z"), UnixMs(1_790_000_000_123), "the vector's time");
}
