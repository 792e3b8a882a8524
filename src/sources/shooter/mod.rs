//! Phones that post their SMS to us ("shooter devices"): from a request's bytes to deliveries.
//!
//! Pure functions: no clock, no I/O, no actors. The ingest route reads the body, finds the device by its URL token, calls
//! [`decode`] and hands the result to the inbox. A further format is one file here, one variant of [`Format`] and one arm
//! in each of its matches. What is accepted and refused is written for people in `docs/reference/recon/ingest.md`.

mod android_sms_gateway;
mod app_event;
mod body;
mod httpsms;
mod incoming_sms;
mod jwt;
mod recon;
mod signature;
mod smsforwarder;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod fuzz_tests;

use std::time::Duration;

use self::app_event::AppRequest;
use crate::domain::refusal::FieldError;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Delivery;
use crate::registry::device_registry::KnownDevice;

pub use recon::{MessageInput, PostInput};
pub use signature::key_of as signing_key_of;

crate::text_enum! {
    /// A wire format: the last part of an ingest URL.
    pub enum Format {
        /// Our own, also for scripts.
        Recon = "recon",
        /// SmsForwarder (pppscn).
        SmsForwarder = "smsforwarder",
        /// Incoming SMS to URL forwarder (android_income_sms_gateway_webhook).
        IncomingSms = "incoming-sms",
        /// httpSMS.
        HttpSms = "httpsms",
        /// SMS Gateway for Android (capcom6).
        AndroidSmsGateway = "android-sms-gateway",
    }
}

impl Format {
    /// The largest body that is read, in bytes.
    #[must_use]
    pub const fn body_limit(self) -> usize {
        match self {
            Self::Recon => 1024 * 1024,
            Self::SmsForwarder | Self::IncomingSms | Self::HttpSms | Self::AndroidSmsGateway => 64 * 1024,
        }
    }

    /// Whether its requests can carry a signature. A device with a secret takes only such formats: through any other the
    /// signature could be gone round.
    #[must_use]
    pub const fn signable(self) -> bool {
        match self {
            Self::Recon | Self::SmsForwarder | Self::HttpSms | Self::AndroidSmsGateway => true,
            Self::IncomingSms => false,
        }
    }
}

/// The URL that a phone with this token posts to. `public_url` has no slash at its end.
#[must_use]
pub fn ingest_url(public_url: &str, token: &str, format: Format) -> String {
    format!("{public_url}/ingest/{token}/{format}")
}

/// A request as it came, its device token taken off.
#[derive(Clone, Copy)]
pub struct RawRequest<'a> {
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// Looks a header up by its name, whatever its case; none also where its value is not text.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The URL that the phone was told to post to: what the signer of httpSMS signs.
    pub url: &'a str,
    /// The query string, without its question mark.
    pub query: &'a str,
    /// The body, within the format's limit.
    pub body: &'a [u8],
    /// When it arrived.
    pub now: UnixMs,
}

/// What a request brought, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// At least one.
    pub entries: Vec<Entry>,
}

/// One thing that a request brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A message to be stored.
    Message(Delivery),
    /// No message (an app's ping, another event): answered, counted and left.
    Ignored {
        /// The sender's own id of it, echoed in the answer.
        external_id: Option<String>,
    },
}

/// Why nothing of a request was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// 415.
    #[error("this format is not read from that Content-Type")]
    UnsupportedMediaType,
    /// 400: not what its Content-Type says.
    #[error("{0}")]
    Malformed(String),
    /// 422: readable, but its fields are wrong.
    #[error("{}", .0.first().map_or("the request is invalid", |error| error.message.as_str()))]
    Invalid(Vec<FieldError>),
    /// 401.
    #[error("this device has a signing secret, and the request is not signed")]
    MissingSignature,
    /// 403.
    #[error("{0}")]
    BadSignature(String),
    /// 403.
    #[error("this device has a signing secret, and this format cannot be signed")]
    UnsignableFormat,
}

/// Checks the signature where the device has a secret, and reads the messages. All or none.
pub fn decode(format: Format, request: &RawRequest<'_>, device: &KnownDevice) -> Result<Decoded, DecodeError> {
    if device.secret.is_some() && !format.signable() {
        return Err(DecodeError::UnsignableFormat);
    }
    let app = AppRequest { format, request, device };
    let entries = match format {
        Format::Recon => recon::decode(request, device)?,
        Format::SmsForwarder => smsforwarder::decode(app)?,
        Format::IncomingSms => incoming_sms::decode(app)?,
        Format::HttpSms => httpsms::decode(app)?,
        Format::AndroidSmsGateway => android_sms_gateway::decode(app)?,
    };
    Ok(Decoded { entries })
}

/// The longest text that is read: the longest concatenated SMS has about a third of it. A longer one is quarantined.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// The longest sender, line and their like, in characters.
const NAME_CHARS_MAX: usize = 64;
/// A message received longer ago than this may have been handled by people already: it is never matched on its own.
const OLD_AFTER: Duration = Duration::from_hours(24);
/// A time further ahead than this is a clock set wrong, no clock running fast.
pub(in crate::sources) const FUTURE_MAX: Duration = Duration::from_hours(24);

/// Whether a message received at `received_at` is an old event at `now`.
pub(in crate::sources) fn is_old(received_at: UnixMs, now: UnixMs) -> bool {
    now.since(received_at) > OLD_AFTER
}

/// Why `text` cannot be read, if so: such a message is stored as quarantined, its raw form kept. It is not refused, since
/// its sender has no say in what it reads and would send it for ever.
pub(in crate::sources) fn unreadable(text: &str) -> Option<String> {
    if text.contains('\0') {
        // PostgreSQL cannot hold it in a text, and no bank writes it.
        return Some("the text has a NUL character".to_owned());
    }
    (text.len() > TEXT_BYTES_MAX).then(|| format!("the text is longer than {TEXT_BYTES_MAX} bytes"))
}
