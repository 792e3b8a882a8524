//! Failed logins, counted by name and by address. Only failures count: who knows the password is slowed by nobody else's
//! mistakes at their address, unless that goes on.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::Denied;
use crate::admin::store::Sessions;
use crate::http::limit::Limiter;

/// So many failed logins of a name in a minute, and no more are looked at.
const OF_A_NAME: u32 = 10;
/// The same for an address: several operators may share it behind a proxy.
const OF_AN_ADDRESS: u32 = 60;
/// So many names or addresses are remembered as shut at once; beyond that those whose time is over are dropped first.
const SHUT_MAX: usize = 10_000;

/// The counts of one process. Those by name are Redis's, where there is one.
#[derive(Debug)]
pub struct LoginFailures {
    by_name: Counted<String>,
    by_address: Counted<IpAddr>,
}

impl Default for LoginFailures {
    fn default() -> Self {
        Self { by_name: Counted::new(OF_A_NAME), by_address: Counted::new(OF_AN_ADDRESS) }
    }
}

impl LoginFailures {
    /// Whether a login is looked at.
    pub(super) async fn may_try(&self, sessions: &Sessions, name: &str, address: IpAddr) -> Result<(), Denied> {
        self.by_address.is_open(&address)?;
        self.by_name.is_open(&name.to_owned())?;
        // Without Redis nobody can log in anyway: there is no place for the session.
        let shared = sessions.failures(name).await.ok().flatten();
        match shared.filter(|failures| failures.count >= OF_A_NAME) {
            Some(failures) => Err(Denied::TooMany(failures.forgotten_in)),
            None => Ok(()),
        }
    }

    /// Counts a login that failed.
    pub(super) async fn count(&self, sessions: &Sessions, name: &str, address: IpAddr) {
        self.by_address.count(address);
        if let Ok(Some(_shared)) = sessions.count_failure(name).await {
            return;
        }
        self.by_name.count(name.to_owned());
    }
}

/// Failures by key, and which keys are shut.
#[derive(Debug)]
struct Counted<K: Clone + std::hash::Hash + Eq> {
    limiter: Limiter<K>,
    shut: Mutex<HashMap<K, Instant>>,
}

impl<K: Clone + std::hash::Hash + Eq> Counted<K> {
    fn new(a_minute: u32) -> Self {
        // The last one that is allowed shuts the key.
        Self { limiter: Limiter::new(a_minute, a_minute - 1), shut: Mutex::default() }
    }

    fn is_open(&self, key: &K) -> Result<(), Denied> {
        let mut shut = self.shut.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(until) = shut.get(key) else { return Ok(()) };
        let left = until.saturating_duration_since(Instant::now());
        if left > Duration::ZERO {
            return Err(Denied::TooMany(left));
        }
        shut.remove(key);
        Ok(())
    }

    fn count(&self, key: K) {
        let Err(wait) = self.limiter.count(&key) else { return };
        let mut shut = self.shut.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if shut.len() >= SHUT_MAX {
            let now = Instant::now();
            shut.retain(|_, until| *until > now);
        }
        shut.insert(key, Instant::now() + wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shut_by_the_last_failure_that_is_allowed_and_alone() {
        let counted = Counted::new(3);
        for _ in 0..2 {
            counted.count("a");
            assert_eq!(counted.is_open(&"a"), Ok(()));
        }
        counted.count("a");
        let Err(Denied::TooMany(left)) = counted.is_open(&"a") else { panic!("still open") };
        assert!(left > Duration::ZERO && left <= Duration::from_secs(20), "{left:?}");
        assert_eq!(counted.is_open(&"b"), Ok(()));
    }
}
