//! The simulated phones and the decoders agree; and the apps give up when the real ones do.

use super::*;
use crate::registry::device_registry::{DeviceSecret, KnownDevice};
use crate::sources::shooter::{DecodeError, Entry, RawRequest, decode};

const URL: &str = "https://recon.example.com/ingest/t0ken/any";

fn phone(format: Format, secret: Option<&str>) -> SimPhone {
    SimPhone { format, url: URL.to_owned(), secret: secret.map(str::to_owned), number: "01011112222".to_owned() }
}

fn sms(number: u64) -> ReceivedSms {
    let at = UnixMs(1_776_850_200_123);
    ReceivedSms { number, sender: "15881688".to_owned(), text: "[KB] 주)A&B <1> \"입금\"\n50,000".to_owned(), at }
}

fn decoded(phone: &SimPhone, post: &SimPost, secret: Option<&str>, now: UnixMs) -> Result<Vec<Entry>, DecodeError> {
    let header = |name: &str| {
        post.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    let request = RawRequest {
        content_type: header("content-type"),
        header: &header,
        url: URL,
        query: "",
        body: &post.body,
        now,
    };
    let secret = secret.map(|secret| DeviceSecret(secret.to_owned()));
    let device = KnownDevice { id: 1, line: None, trusted: true, secret };
    decode(phone.format, &request, &device).map(|decoded| decoded.entries)
}

#[test]
fn what_a_phone_posts_is_read() {
    for format in Format::ALL {
        for secret in [None, Some("a-long-random-word"), Some("whsec_AAECAwQF")] {
            let phone = phone(*format, secret);
            let (sms, now) = (sms(7), sms(7).at.plus(Duration::from_secs(1)));
            let entries = decoded(&phone, &phone.post(&sms, now), secret.filter(|_| format.signable()), now).unwrap();
            let [Entry::Message(delivery)] = &entries[..] else { panic!("{format}: {entries:?}") };
            assert_eq!(delivery.text.as_deref(), Some(sms.text.as_str()), "{format}");
            let received = if *format == Format::SmsForwarder { now } else { sms.at };
            assert_eq!((delivery.sender.as_str(), delivery.received_at), ("15881688", received), "{format}");
            // An hour later the same SMS is the same message, and another one is another.
            let later = now.plus(Duration::from_mins(50));
            let key = |number| {
                let other =
                    ReceivedSms { number, at: UnixMs(sms.at.0 + i64::try_from(number).unwrap() - 7), ..sms.clone() };
                match &decoded(&phone, &phone.post(&other, later), None, later).unwrap()[..] {
                    [Entry::Message(delivery)] => delivery.key.clone(),
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(key(7) == delivery.key, *format != Format::SmsForwarder, "{format}");
            assert_ne!(key(8), delivery.key, "{format}");
        }
    }
}

#[test]
fn a_wrong_secret_is_noticed() {
    for format in Format::ALL.iter().filter(|format| format.signable()) {
        let phone = phone(*format, Some("right"));
        let (sms, now) = (sms(1), sms(1).at);
        let post = phone.post(&sms, now);
        assert!(decoded(&phone, &post, Some("right"), now).is_ok(), "{format}");
        assert!(matches!(decoded(&phone, &post, Some("wrong"), now), Err(DecodeError::BadSignature(_))), "{format}");
        let late = now.plus(Duration::from_hours(2));
        assert!(matches!(decoded(&phone, &post, Some("right"), late), Err(DecodeError::BadSignature(_))), "{format}");
    }
}

#[test]
fn a_ping_is_no_message() {
    let now = sms(1).at;
    for format in Format::ALL {
        let phone = phone(*format, Some("a-secret"));
        let Some(ping) = phone.ping(now) else { continue };
        let entries = decoded(&phone, &ping, Some("a-secret"), now).unwrap();
        assert!(matches!(entries[..], [Entry::Ignored { .. }]), "{format}: {entries:?}");
    }
}

#[test]
fn apps_give_up_when_the_real_ones_do() {
    let tries = |format| (1..100).take_while(|failed| phone(format, None).retry_after(*failed).is_some()).count();
    assert_eq!(tries(Format::SmsForwarder), 0);
    assert_eq!(tries(Format::HttpSms), 1);
    assert_eq!(tries(Format::IncomingSms), 10);
    assert_eq!(tries(Format::AndroidSmsGateway), 14);
    assert_eq!(tries(Format::Recon), 99);
    let total: Duration =
        (1..=14).filter_map(|failed| phone(Format::AndroidSmsGateway, None).retry_after(failed)).sum();
    assert!(total > Duration::from_hours(40), "about two days: {total:?}");
}

#[test]
fn debug_output_shows_no_token_and_no_secret() {
    let phone = phone(Format::Recon, Some("canary-secret"));
    let shown = format!("{phone:?} {:?}", phone.post(&sms(1), sms(1).at));
    assert!(!shown.contains("canary") && !shown.contains("t0ken") && !shown.contains("v1,"), "{shown}");
}
