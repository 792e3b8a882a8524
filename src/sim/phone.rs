//! A phone with one of the apps that post SMS: what it sends, how it signs it, and when it tries again.
//!
//! Signs by itself rather than with the code that checks signatures, so that the two can disagree.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::domain::time::UnixMs;
use crate::sources::shooter::Format;

/// A phone: its app, and what its owner typed into it.
#[derive(Clone)]
pub struct SimPhone {
    /// The app.
    pub format: Format,
    /// The URL that the operator was given for it.
    pub url: String,
    /// The signing secret, where the device has one.
    pub secret: Option<String>,
    /// The number of its SIM.
    pub number: String,
}

impl std::fmt::Debug for SimPhone {
    /// Without the URL, which holds the token, and the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimPhone").field("format", &self.format).field("number", &self.number).finish_non_exhaustive()
    }
}

/// An SMS as a phone receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedSms {
    /// Counts the phone's messages: what its apps make ids of.
    pub number: u64,
    /// Who sent it.
    pub sender: String,
    /// Its text.
    pub text: String,
    /// When the phone received it.
    pub at: UnixMs,
}

/// A POST that an app makes.
#[derive(Clone, PartialEq, Eq)]
pub struct SimPost {
    /// Where to.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The bytes.
    pub body: Vec<u8>,
    /// Whether the app sends it in chunks, without a length.
    pub chunked: bool,
}

impl std::fmt::Debug for SimPost {
    /// Without the URL, which holds the token, and the headers, which hold signatures.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimPost")
            .field("bytes", &self.body.len())
            .field("chunked", &self.chunked)
            .finish_non_exhaustive()
    }
}

impl SimPhone {
    /// The attempt to post an SMS that the app makes at `now`. An SMS is posted under the same id each time; what is signed
    /// with a time is signed anew.
    #[must_use]
    pub fn post(&self, sms: &ReceivedSms, now: UnixMs) -> SimPost {
        match self.format {
            Format::Recon => self.recon(sms, now),
            Format::SmsForwarder => self.smsforwarder(sms, now),
            Format::IncomingSms => self.incoming_sms(sms),
            Format::HttpSms => self.httpsms(&received_event(sms, &self.number), now),
            Format::AndroidSmsGateway => self.android_sms_gateway(&received_webhook(sms, &self.number), now),
        }
    }

    /// An event of the app that is no SMS; none where the app has no such thing.
    #[must_use]
    pub fn ping(&self, now: UnixMs) -> Option<SimPost> {
        match self.format {
            Format::HttpSms => {
                let event = json!({"specversion": "1.0", "id": format!("hb-{}", now.0), "type": "phone.heartbeat.online", "data": {}});
                Some(self.httpsms(&event, now))
            }
            Format::AndroidSmsGateway => {
                let event =
                    json!({"deviceId": "sim", "event": "system:ping", "id": format!("ping-{}", now.0), "payload": {}});
                Some(self.android_sms_gateway(&event, now))
            }
            Format::Recon | Format::SmsForwarder | Format::IncomingSms => None,
        }
    }

    /// How long the app waits after so many failed attempts; none: it has given up and the message is lost to it.
    #[must_use]
    pub fn retry_after(&self, failed: u32) -> Option<Duration> {
        let doubling = |first: u64, most: u64| {
            Duration::from_secs(first.saturating_mul(1 << failed.saturating_sub(1).min(30)).min(most))
        };
        match self.format {
            // A program keeps a message until it is taken.
            Format::Recon => Some(doubling(1, 60)),
            Format::SmsForwarder => None,
            // Android's WorkManager: exponential up to five hours.
            Format::IncomingSms => (failed <= 10).then(|| doubling(10, 5 * 3600)),
            Format::HttpSms => (failed < 2).then_some(Duration::from_millis(100)),
            Format::AndroidSmsGateway => (failed <= 14).then(|| doubling(10, u64::MAX)),
        }
    }

    fn request(&self, content_type: &str, body: String) -> SimPost {
        let headers = vec![("Content-Type", content_type.to_owned())];
        SimPost { url: self.url.clone(), headers, body: body.into_bytes(), chunked: false }
    }

    /// Standard Webhooks, with the id of the message.
    fn recon(&self, sms: &ReceivedSms, now: UnixMs) -> SimPost {
        let id = format!("sim-{}", sms.number);
        let body = json!({"id": id, "sender": sms.sender, "text": sms.text, "received_at": sms.at}).to_string();
        let mut post = self.request("application/json", body);
        if let Some(secret) = &self.secret {
            let key = secret.strip_prefix("whsec_").and_then(|encoded| STANDARD.decode(encoded).ok());
            let key = key.unwrap_or_else(|| secret.clone().into_bytes());
            let seconds = seconds(now);
            let signed = [id.as_bytes(), b".", seconds.as_bytes(), b".", &post.body].concat();
            let signature = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &signed)));
            post.headers.extend([("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signature)]);
        }
        post
    }

    /// A form, its text escaped as the app may do; the signature percent-encoded once more than the form needs.
    fn smsforwarder(&self, sms: &ReceivedSms, now: UnixMs) -> SimPost {
        let escaped = sms.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        // The time of the attempt: another one where it is tried again, and then nothing tells a repeat from a second SMS.
        let timestamp = now.0.to_string();
        let local = sms.at.to_timestamp().to_string();
        let mut fields = vec![
            ("from", sms.sender.clone()),
            ("org_content", escaped.clone()),
            ("content", format!("{}\n{escaped}\nSIM1", sms.sender)),
            ("card_slot", "SIM1".to_owned()),
            ("device", "sim".to_owned()),
            ("receive_time", local),
            ("timestamp", timestamp.clone()),
        ];
        if let Some(secret) = &self.secret {
            let mac = hmac_sha256(secret.as_bytes(), format!("{timestamp}\n{secret}").as_bytes());
            let sign = STANDARD.encode(mac).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
            fields.push(("sign", sign));
        }
        let body = serde_urlencoded::to_string(&fields).unwrap_or_default();
        self.request("application/x-www-form-urlencoded", body)
    }

    /// The app's own template, in chunks. Made once, so that it does not depend on when it is sent.
    fn incoming_sms(&self, sms: &ReceivedSms) -> SimPost {
        let (from, text) = (Value::from(sms.sender.as_str()), Value::from(sms.text.as_str()));
        let (sent, received) = (sms.at.0 / 1000 * 1000, sms.at.0);
        let body = format!(
            "{{\n  \"from\":{from},\n  \"text\":{text},\n  \"sentStamp\":{sent},\n  \"receivedStamp\":{received},\n  \"sim\":\"sim1\"\n}}"
        );
        SimPost { chunked: true, ..self.request("application/json; charset=utf-8", body) }
    }

    /// A token for ten minutes.
    fn httpsms(&self, event: &Value, now: UnixMs) -> SimPost {
        let mut post = self.request("application/json", event.to_string());
        if let Some(secret) = &self.secret {
            let now = now.0 / 1000;
            let claims = json!({
                "aud": [self.url], "exp": now + 600, "iat": now, "iss": "api.httpsms.com", "nbf": now - 600, "sub": "sim",
            });
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
            let mac = URL_SAFE_NO_PAD.encode(hmac_sha256(secret.as_bytes(), signed.as_bytes()));
            post.headers.push(("Authorization", format!("Bearer {signed}.{mac}")));
        }
        post
    }

    /// Signs always; with a key of its own where its owner set none.
    fn android_sms_gateway(&self, event: &Value, now: UnixMs) -> SimPost {
        let mut post = self.request("application/json; charset=UTF-8", event.to_string());
        let key = self.secret.as_deref().unwrap_or("its-own-key");
        let timestamp = seconds(now);
        let signature = hex::encode(hmac_sha256(key.as_bytes(), &[&post.body, timestamp.as_bytes()].concat()));
        post.headers.extend([("X-Timestamp", timestamp), ("X-Signature", signature)]);
        post
    }
}

/// The CloudEvent of httpSMS for an SMS.
fn received_event(sms: &ReceivedSms, owner: &str) -> Value {
    json!({
        "specversion": "1.0", "id": uuid_of(sms, "event"), "source": "/v1/messages/receive",
        "type": "message.phone.received", "datacontenttype": "application/json", "time": sms.at,
        "data": {
            "message_id": uuid_of(sms, "message"), "user_id": "sim", "owner": owner, "encrypted": false,
            "contact": sms.sender, "timestamp": sms.at, "content": sms.text, "sim": "SIM1", "attachments": [],
        },
    })
}

/// The webhook of SMS Gateway for Android for an SMS.
fn received_webhook(sms: &ReceivedSms, recipient: &str) -> Value {
    let message_id = hash(sms, "content").get(..8).unwrap_or_default().to_owned();
    json!({
        "deviceId": "sim", "event": "sms:received", "id": hash(sms, "event").get(..21), "webhookId": "sim",
        "payload": {
            "messageId": message_id, "message": sms.text, "sender": sms.sender, "phoneNumber": sms.sender,
            "recipient": recipient, "simNumber": 1, "receivedAt": sms.at,
        },
    })
}

fn hash(sms: &ReceivedSms, of: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(format!("{of} {} {} {}", sms.number, sms.sender, sms.at.0)).into();
    hex::encode(digest)
}

fn uuid_of(sms: &ReceivedSms, of: &str) -> String {
    let digits = hash(sms, of);
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn seconds(at: UnixMs) -> String {
    at.0.div_euclid(1000).to_string()
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length: the error has no case.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
