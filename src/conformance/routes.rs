//! The frozen routes: what the contract must cover (docs/reference/recon/middle-server-recon-inventory.md, sections 1 and 3).

/// A frozen route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrozenRoute {
    /// Behind the prefix.
    pub path: &'static str,
    /// Whether it changes something.
    pub mutates: bool,
}

const fn reads(path: &'static str) -> FrozenRoute {
    FrozenRoute { path, mutates: false }
}

const fn writes(path: &'static str) -> FrozenRoute {
    FrozenRoute { path, mutates: true }
}

/// The prefix of the routes in the cases; another server's is put in its place.
pub const PREFIX: &str = "/api/admin";

/// All of them.
pub const FROZEN: [FrozenRoute; 20] = [
    writes("/login"),
    writes("/logout"),
    reads("/me"),
    reads("/pushbullet/device/list"),
    writes("/pushbullet/device/add"),
    writes("/pushbullet/device/delete"),
    reads("/shooter/template/list"),
    writes("/shooter/template/add"),
    writes("/shooter/template/delete"),
    reads("/shooter/phone/list"),
    writes("/shooter/phone/add"),
    writes("/shooter/phone/delete"),
    reads("/shooter/sms/list"),
    reads("/shooter/sms/get"),
    writes("/shooter/sms/reset"),
    writes("/shooter/sms/check"),
    reads("/shooter/device/list"),
    writes("/shooter/device/trust"),
    writes("/shooter/device/delete"),
    reads("/top_info"),
];

/// The frozen route that an address of a case calls.
#[must_use]
pub fn frozen(url: &str) -> Option<&'static FrozenRoute> {
    let (_, path) = url.split_once(PREFIX)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    FROZEN.iter().find(|route| route.path == path)
}

/// Whether a request may be fired at two servers: it calls a frozen route that only reads, or asks with GET.
#[must_use]
pub fn only_reads(method: &str, url: &str) -> bool {
    frozen(url).map_or(method == "GET", |route| !route.mutates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_known_by_its_path() {
        assert_eq!(frozen("{{base_url}}/api/admin/top_info?x=1").unwrap().path, "/top_info");
        assert!(frozen("{{base_url}}/api/admin/nobody").is_none());
        assert!(only_reads("POST", "http://x/api/admin/shooter/sms/list"));
        assert!(!only_reads("POST", "http://x/api/admin/shooter/sms/check"));
        assert!(!only_reads("GET", "http://x/api/admin/shooter/sms/reset"));
        assert!(!only_reads("POST", "http://x/api/admin/unknown") && only_reads("GET", "http://x/api/admin/unknown"));
    }
}
