//! Points in time as whole milliseconds: what is stored, compared and sent.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// This moment plus `duration`, held at the largest representable moment.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment less `duration`, held at the smallest representable moment.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero where it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The start of this moment's minute: bank texts carry no seconds.
    #[must_use]
    pub fn floor_to_minute(self) -> Self {
        Self(self.0.div_euclid(60_000) * 60_000)
    }

    /// The same moment as a `jiff` timestamp; a moment out of its range becomes the nearest end of it.
    #[must_use]
    pub fn to_timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for UnixMs {
    fn from(at: jiff::Timestamp) -> Self {
        Self(at.as_millisecond())
    }
}

impl fmt::Display for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_timestamp())
    }
}

impl fmt::Debug for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for UnixMs {
    type Err = String;

    /// Reads RFC 3339 with an offset; a time without one is refused, since it names no moment.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .or_else(|| year_9999(text))
            .map(Self::from)
            .ok_or_else(|| format!("{text:?} is not a time like 2026-04-22T09:30:00Z"))
    }
}

/// `9999-12-31T23:59:59Z` is how many programs write "never", and lies just beyond what `jiff` holds: it becomes the last
/// moment that there is.
fn year_9999(text: &str) -> Option<jiff::Timestamp> {
    let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
    let says_when = pieces.time().is_some() && pieces.to_numeric_offset().is_some();
    (says_when && pieces.date() >= jiff::civil::date(9999, 12, 30)).then_some(jiff::Timestamp::MAX)
}

impl Serialize for UnixMs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for UnixMs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for UnixMs {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for UnixMs {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_names_a_moment_and_never_is_the_last_one() {
        assert_eq!("2026-04-22T18:30:00+09:00".parse::<UnixMs>().unwrap().to_string(), "2026-04-22T09:30:00Z");
        for never in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999+09:00", "9999-12-30T23:59:59Z"] {
            assert_eq!(never.parse::<UnixMs>().unwrap(), UnixMs::from(jiff::Timestamp::MAX), "{never}");
        }
        for wrong in
            ["2026-04-22T09:30:00", "2026-04-22", "9999-12-31", "9999-12-31T23:59:59", "10000-01-01T00:00:00Z", ""]
        {
            wrong.parse::<UnixMs>().unwrap_err();
        }
    }
}
