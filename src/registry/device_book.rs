//! The shooter devices as their registry last read them, for those who look for one at every delivery.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::secrets::hash_token;
use crate::store::device::{KnownDevice, KnownDevices};

/// How long a device is taken from memory without asking whether another process changed it.
pub(super) const FRESH: Duration = Duration::from_secs(1);

/// What the registry wrote down last. Cheap to clone; all clones are one book.
#[derive(Clone, Debug, Default)]
pub struct DeviceBook(Arc<RwLock<Option<Known>>>);

#[derive(Clone, Debug)]
struct Known {
    devices: Arc<KnownDevices>,
    checked_at: Instant,
}

impl DeviceBook {
    /// The device of a URL token. None does not say that there is none: the registry knows.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<KnownDevice> {
        self.checked_within(FRESH)?.by_token.get(&hash_token(token)).cloned()
    }

    /// The devices, where they were compared with the store at most `fresh` ago.
    pub(super) fn checked_within(&self, fresh: Duration) -> Option<Arc<KnownDevices>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| known.checked_at.elapsed() < fresh).map(|known| Arc::clone(&known.devices))
    }

    /// The devices, however old.
    pub(super) fn last(&self) -> Option<Arc<KnownDevices>> {
        self.checked_within(Duration::MAX)
    }

    /// Writes down what the store holds now.
    pub(super) fn write(&self, devices: Arc<KnownDevices>) {
        let known = Known { devices, checked_at: Instant::now() };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }

    /// Forgets what a change has made untrue.
    pub(super) fn clear(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
