//! Turns the text of a value into its type. An error is the cure, to stand after "KEY is VALUE: ".

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use secrecy::SecretString;

use super::url::BaseUrl;

/// What would end or alter the path of a `sqlite://` address.
const PATH_ENDS: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

/// Longer durations are slips of the pen, and would overflow sums of milliseconds.
const DURATION_MAX: Duration = Duration::from_hours(24 * 365 * 10);

pub(super) fn bind(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

/// A duration of zero or more.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "give a number with its unit, such as 45s, 2m, 24h or 90d".to_owned())?;
    if duration > DURATION_MAX { Err("give ten years (3650d) or less".to_owned()) } else { Ok(duration) }
}

/// A duration of at least a millisecond.
pub(super) fn positive(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration < Duration::from_millis(1) {
        Err("give more than nothing, such as 1s".to_owned())
    } else {
        Ok(duration)
    }
}

pub(super) fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("give a whole number from 0 to {}", u32::MAX))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "give true or false".to_owned())
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() || text.contains('\0') { Err("give a path".to_owned()) } else { Ok(PathBuf::from(text)) }
}

pub(super) fn time_zone(text: &str) -> Result<jiff::tz::TimeZone, String> {
    jiff::tz::TimeZone::get(text).map_err(|_| format!("{text:?} is not a time zone like Asia/Seoul"))
}

pub(super) fn http_url(text: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse(text, &["http", "https"])
}

pub(super) fn ws_url(text: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse(text, &["ws", "wss"])
}

/// Takes empty for "none".
pub(super) fn optional<T>(
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> impl FnOnce(&str) -> Result<Option<T>, String> {
    |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// A token that travels in an HTTP header.
pub(super) fn token(text: &str) -> Result<SecretString, String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(SecretString::from(text))
    } else {
        Err("give visible ASCII characters without spaces".to_owned())
    }
}

/// A token that travels in a URL's path.
pub(super) fn path_token(text: &str) -> Result<SecretString, String> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
        Ok(SecretString::from(text))
    } else {
        Err("give letters, digits and - . _ ~ only: it is a part of the phones' URL".to_owned())
    }
}

/// A data directory as it stands in a `sqlite://` address.
pub(super) fn sqlite_path_text(data_dir: &str) -> String {
    utf8_percent_encode(data_dir, PATH_ENDS).to_string()
}

/// A bind address as a client on the same machine reaches it; text that is no address stays as it is.
pub(super) fn reachable_text(bind_text: &str) -> String {
    bind(bind_text).map_or_else(|_| bind_text.to_owned(), |bind| super::url::reachable(bind).to_string())
}

/// The address with its password, and whatever its query calls a secret, left out.
pub(super) fn mask_url(text: &str) -> String {
    let text = mask_userinfo(text);
    let Some((head, query)) = text.split_once('?') else { return text };
    let pairs: Vec<String> = query.split('&').map(mask_pair).collect();
    format!("{head}?{}", pairs.join("&"))
}

/// Takes the last `@` for the end of the user's part, so that a password which was not percent-encoded is masked too.
fn mask_userinfo(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    match rest.rsplit_once('@') {
        Some((userinfo, place)) => match userinfo.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:***@{place}"),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    }
}

fn mask_pair(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default();
    let secret = ["pass", "secret", "token", "key"].iter().any(|word| name.to_lowercase().contains(word));
    if secret { format!("{name}=***") } else { pair.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_a_unit_and_an_upper_bound() {
        assert_eq!(duration("90d").unwrap(), Duration::from_hours(90 * 24));
        assert_eq!(duration("0s").unwrap(), Duration::ZERO);
        assert!(duration("45").is_err());
        assert!(duration("").is_err());
        assert!(duration("1000y").is_err());
        assert!(positive("0s").is_err());
        assert!(positive("1ns").is_err());
    }

    #[test]
    fn passwords_in_addresses_are_masked() {
        assert_eq!(mask_url("postgres://recon:hunter2@db/recon"), "postgres://recon:***@db/recon");
        assert_eq!(mask_url("postgres://recon:p@ss@db/recon"), "postgres://recon:***@db/recon");
        assert_eq!(mask_url("postgres://db/recon?user=a&password=b"), "postgres://db/recon?user=a&password=***");
        assert_eq!(mask_url("redis://:pw@cache"), "redis://:***@cache");
        assert_eq!(mask_url("sqlite://data/recon.db"), "sqlite://data/recon.db");
        assert_eq!(mask_url("postgres://u:pa?ss@db/x"), "postgres://u:***@db/x");
    }

    #[test]
    fn tokens_fit_where_they_travel() {
        assert!(token("a b").is_err());
        assert!(token("한글").is_err());
        assert!(path_token("a/b").is_err());
        assert!(path_token("enrol-1_x.y~z").is_ok());
    }
}
