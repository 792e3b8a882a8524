//! Addresses: of HTTP services, of databases, of Redis, and of a bind as others reach it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// The address under which a service's paths hang, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads an address of one of these schemes, without user, query or fragment. The error is the cure.
    pub fn parse(text: &str, schemes: &[&str]) -> Result<Self, String> {
        let cure = || format!("give an address such as {}://example.com", schemes.first().unwrap_or(&"https"));
        let url = Url::parse(text).map_err(|_| cure())?;
        let bare = url.username().is_empty() && url.password().is_none();
        if !schemes.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
            return Err(cure());
        }
        if !bare || url.query().is_some() || url.fragment().is_some() {
            return Err("give the address without a user, a ? or a #".to_owned());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The address of a bind, as a client on the same machine reaches it.
    #[must_use]
    pub fn of_bind(bind: SocketAddr) -> Self {
        Self(format!("http://{}", reachable(bind)))
    }

    /// The address as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let url = Url::parse(&self.0).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a client on the same machine reaches a bind: `0.0.0.0` and `[::]` are addresses to listen on, not to call.
#[must_use]
pub fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

/// Which database an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A server, which several processes can share.
    Postgres,
}

/// The address of a database. It may carry a password: Debug masks it, only [`DatabaseUrl::expose`] shows it.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: SecretString,
    backend: Backend,
}

impl DatabaseUrl {
    /// Reads `sqlite://PATH` or `postgres://...`. The error is the cure.
    pub fn parse(text: &str) -> Result<Self, String> {
        let backend = match text.split_once("://") {
            Some(("sqlite", rest)) => Backend::Sqlite(sqlite_path(rest)?),
            Some(("postgres" | "postgresql", _)) => postgres(text)?,
            _ => return Err("give sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE".to_owned()),
        };
        Ok(Self { url: SecretString::from(text), backend })
    }

    /// The address for the database's driver.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.url.expose_secret()
    }

    /// The address as people and logs may see it.
    #[must_use]
    pub fn masked(&self) -> String {
        super::parse::mask_url(self.url.expose_secret())
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.masked())
    }
}

fn sqlite_path(rest: &str) -> Result<PathBuf, String> {
    let path = rest.split('?').next().unwrap_or_default();
    if path.is_empty() {
        return Err(
            "give the file's path, such as sqlite://data/recon.db or sqlite:///var/lib/recon/recon.db".to_owned()
        );
    }
    if path == ":memory:" || rest.contains("mode=memory") {
        return Err("give a file: a database in memory would lose messages that were acknowledged".to_owned());
    }
    let path = percent_decode_str(path).decode_utf8().map_err(|_| "give a path in UTF-8".to_owned())?;
    Ok(PathBuf::from(path.into_owned()))
}

fn postgres(text: &str) -> Result<Backend, String> {
    Url::parse(text).map(|_| Backend::Postgres).map_err(|error| {
        format!("give postgres://USER:PASSWORD@HOST/DATABASE with special characters percent-encoded ({error})")
    })
}

/// Reads a `redis://` address. The error is the cure.
pub(super) fn redis(text: &str) -> Result<SecretString, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "redis" && url.has_host() => Ok(SecretString::from(text)),
        _ => Err("give an address such as redis://127.0.0.1:6379".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_lose_their_last_slash_and_refuse_what_cannot_carry_a_path() {
        let parse = |text| BaseUrl::parse(text, &["http", "https"]);
        assert_eq!(parse("https://recon.example/base/").unwrap().as_str(), "https://recon.example/base");
        for bad in
            ["", "recon.example", "ftp://recon.example", "http://", "http://u:p@x", "http://x/?a=1", "http://x/#a"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bind_to_every_address_is_reached_by_loopback() {
        assert_eq!(BaseUrl::of_bind("0.0.0.0:8080".parse().unwrap()).as_str(), "http://127.0.0.1:8080");
        assert_eq!(BaseUrl::of_bind("[::]:8080".parse().unwrap()).as_str(), "http://[::1]:8080");
        assert_eq!(BaseUrl::of_bind("10.0.0.7:1".parse().unwrap()).as_str(), "http://10.0.0.7:1");
    }

    #[test]
    fn database_addresses_name_their_backend() {
        let backend = |text: &str| DatabaseUrl::parse(text).map(|url| url.backend().clone());
        assert_eq!(backend("sqlite://data/recon.db").unwrap(), Backend::Sqlite("data/recon.db".into()));
        assert_eq!(backend("sqlite:///a%3Fb/recon.db?mode=rwc").unwrap(), Backend::Sqlite("/a?b/recon.db".into()));
        assert_eq!(backend("postgres://u:p@db/recon").unwrap(), Backend::Postgres);
        for bad in
            ["", "recon.db", "sqlite:recon.db", "sqlite://", "sqlite://:memory:", "mysql://db/x", "postgres://u:p@:x"]
        {
            assert!(backend(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_hides_the_password() {
        let url = DatabaseUrl::parse("postgres://u:hunter2@db/recon").unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
    }
}
