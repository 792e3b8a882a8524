//! Tells systemd, when it started us, that we are ready, alive and stopping. Anywhere else nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

fn tell(state: &[NotifyState<'_>]) {
    // It reads NOTIFY_SOCKET and does nothing where that is not set.
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told of our state");
    }
}

/// The service answers.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The service is stopping.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The service is alive.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often systemd wants to hear that we are alive at the least, where it wants to.
#[must_use]
pub fn wanted_every() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}
