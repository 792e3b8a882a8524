//! Owns the shooter devices: phones that post their SMS to us.

use actix::Message;

use crate::contract::caller::{Answer, Caller};
use crate::contract::device::{Device, DeviceInput};
use crate::contract::page::{Page, PageRequest};
use crate::domain::refusal::Refusal;

/// The actor.
#[derive(Debug)]
pub struct DeviceRegistry;

/// A page of the devices.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<Device>, Refusal>")]
pub struct ListDevices {
    /// Which page.
    pub page: PageRequest,
}

/// Adds a trusted device: 201 with the `NewDevice`.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AddDevice {
    /// Who asks.
    pub caller: Caller,
    /// The device.
    pub device: DeviceInput,
}

/// Deletes a device: 204. Its messages stay.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct DeleteDevice {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}

/// Trusts a device, or not: 200 with the [`Device`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct TrustDevice {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
    /// Whether its messages flow.
    pub trusted: bool,
}

/// Makes or finds the self-registered device of that name.
#[derive(Debug, Message)]
#[rtype(result = "Result<KnownDevice, Refusal>")]
pub struct EnrolDevice {
    /// What it calls itself.
    pub name: String,
}

/// What ingestion knows of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// Ours.
    pub id: i64,
    /// Its own number or label.
    pub line: Option<String>,
    /// Whether its messages flow.
    pub trusted: bool,
    /// Its signing secret.
    pub secret: Option<DeviceSecret>,
}

/// A signing secret; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSecret(pub String);

impl std::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceSecret(...)")
    }
}

/// Finds the device of a URL token; none where there is no such device.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<KnownDevice>, Refusal>")]
pub struct FindDevice {
    /// The token as it stands in the URL.
    pub token: String,
}
