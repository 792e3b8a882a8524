//! Whatever arrives, decoding answers: it never panics, and what it takes can be stored.

use proptest::prelude::*;

use super::fixtures::{Post, device};
use super::{DecodeError, Entry, Format};
use crate::domain::time::UnixMs;

/// Bytes, and bytes that look enough like a request to get far.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("\"2026-04-22T09:30:00Z\"".to_owned()),
        Just("[{}]".to_owned()),
        Just("\"sms:received\"".to_owned()),
        Just("\"message.phone.received\"".to_owned()),
        nested(),
    ];
    let name = prop::sample::select(vec![
        "id",
        "sender",
        "text",
        "received_at",
        "line",
        "messages",
        "from",
        "content",
        "org_content",
        "timestamp",
        "sign",
        "sentStamp",
        "receivedStamp",
        "type",
        "data",
        "event",
        "payload",
        "encrypted",
    ]);
    let json = prop::collection::vec((name.clone(), value), 0..7).prop_map(|fields| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    let form = prop::collection::vec((name, "[ -~]{0,12}|%[0-9a-f]{2}|[0-9]{10,13}"), 0..7).prop_map(|fields| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        fields.join("&").into_bytes()
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), json, form]
}

/// What stands in an event's `data` or `payload`.
fn nested() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("true".to_owned()),
        Just("\"2026-04-22T09:30:00Z\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
    ];
    let name = prop::sample::select(vec![
        "message_id",
        "contact",
        "content",
        "timestamp",
        "encrypted",
        "owner",
        "messageId",
        "message",
        "sender",
        "phoneNumber",
        "receivedAt",
        "recipient",
    ]);
    prop::collection::vec((name, value), 0..7).prop_map(|fields| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

fn posts() -> impl Strategy<Value = Post> {
    let content_type =
        prop::sample::select(vec!["", "application/json", "application/x-www-form-urlencoded", "text/plain", ";"]);
    let headers = prop::collection::vec(
        (
            prop::sample::select(vec![
                "webhook-id",
                "webhook-timestamp",
                "webhook-signature",
                "authorization",
                "x-timestamp",
                "x-signature",
            ]),
            ".{0,40}|v1,[a-zA-Z0-9+/=]{0,48}|[0-9]{1,20}|[0-9a-f]{64}|Bearer [a-zA-Z0-9_-]{0,40}[.][a-zA-Z0-9_-]{0,40}[.].{0,40}",
        ),
        0..5,
    );
    let secret = prop::option::of(".{0,8}|whsec_[a-zA-Z0-9]{0,8}");
    (prop::sample::select(Format::ALL), content_type, headers, "[ -~]{0,20}", bodies(), any::<i64>(), secret).prop_map(
        |(format, content_type, headers, query, body, now, secret)| Post {
            format,
            content_type: (!content_type.is_empty()).then(|| content_type.to_owned()),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            query,
            body,
            now: UnixMs(now),
            device: device(secret.as_deref()),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_arrives_is_answered_and_what_is_taken_can_be_stored(post in posts()) {
        match post.entries() {
            Err(DecodeError::Invalid(errors)) => prop_assert!(!errors.is_empty()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(entries) => {
                prop_assert!(!entries.is_empty());
                prop_assert!(post.device.secret.is_none(), "nobody guesses a signature");
                for entry in entries {
                    let Entry::Message(delivery) = entry else { continue };
                    prop_assert!(!delivery.key.0.is_empty() && delivery.key.0.len() <= 29);
                    prop_assert!(!delivery.sender.contains('\0'));
                    prop_assert!(!delivery.text.as_deref().unwrap_or_default().contains('\0'));
                    prop_assert_eq!(delivery.text.is_none(), delivery.quarantine.is_some());
                    prop_assert!(delivery.text.is_some() || delivery.raw.is_some(), "nothing that came is lost");
                }
            }
        }
    }
}
