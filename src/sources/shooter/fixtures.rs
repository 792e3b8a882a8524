//! Devices and requests for the tests of this folder.

use super::{DecodeError, Entry, Format, RawRequest, decode};
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Delivery;
use crate::registry::device_registry::{DeviceSecret, KnownDevice};

/// What the device was told to post to.
pub(super) const OWN_URL: &str = "https://recon.example.com/ingest/t0ken/httpsms";

/// A device, signing with `secret` if any.
pub(super) fn device(secret: Option<&str>) -> KnownDevice {
    KnownDevice {
        id: 3,
        line: Some("counter-1".to_owned()),
        trusted: true,
        secret: secret.map(|secret| DeviceSecret(secret.to_owned())),
    }
}

/// A request to be changed as a test needs it.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) format: Format,
    pub(super) content_type: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: String,
    pub(super) body: Vec<u8>,
    pub(super) now: UnixMs,
    pub(super) device: KnownDevice,
}

impl Post {
    pub(super) fn new(format: Format, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            format,
            content_type: Some(content_type.to_owned()),
            headers: Vec::new(),
            query: String::new(),
            body: body.into(),
            now: at("2026-04-22T09:31:00Z"),
            device: device(None),
        }
    }

    pub(super) fn at(mut self, now: UnixMs) -> Self {
        self.now = now;
        self
    }

    pub(super) fn secret(mut self, secret: &str) -> Self {
        self.device = device(Some(secret));
        self
    }

    pub(super) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn entries(&self) -> Result<Vec<Entry>, DecodeError> {
        let header = |name: &str| {
            self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
        };
        let request = RawRequest {
            content_type: self.content_type.as_deref(),
            header: &header,
            url: OWN_URL,
            query: &self.query,
            body: &self.body,
            now: self.now,
        };
        decode(self.format, &request, &self.device).map(|decoded| decoded.entries)
    }

    /// The deliveries of a request that is taken.
    pub(super) fn taken(&self) -> Vec<Delivery> {
        let delivery = |entry| match entry {
            Entry::Message(delivery) => delivery,
            Entry::Ignored { .. } => panic!("a message was ignored"),
        };
        self.entries().unwrap().into_iter().map(delivery).collect()
    }

    /// The one delivery of a request that is taken.
    pub(super) fn one(&self) -> Delivery {
        let [delivery] = self.taken().try_into().unwrap();
        delivery
    }

    /// The fields that a request is refused for.
    pub(super) fn wrong_fields(&self) -> Vec<String> {
        match self.entries() {
            Err(DecodeError::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            other => panic!("not refused for its fields: {other:?}"),
        }
    }
}

pub(super) fn at(time: &str) -> UnixMs {
    time.parse().unwrap()
}
