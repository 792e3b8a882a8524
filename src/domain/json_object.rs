//! JSON objects and nothing else. serde's derived structs also take an array, by position: `["R-1","u1","50000",...]`
//! would be an order, and a field added in the middle would silently change what such a body means.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A `T` that was written as an object.
#[derive(Debug)]
pub struct JsonObject<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for JsonObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectOnly(PhantomData)).map(Self)
    }
}

struct ObjectOnly<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOnly<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// For `deserialize_with`: one object.
///
/// # Errors
/// Where it is none, or not what `T` takes.
pub fn one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    JsonObject::deserialize(deserializer).map(|JsonObject(value)| value)
}

/// For `deserialize_with`: an object or null.
///
/// # Errors
/// As [`one`].
pub fn optional<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<JsonObject<T>>::deserialize(deserializer)?.map(|JsonObject(value)| value))
}

/// For `deserialize_with`: an array of objects.
///
/// # Errors
/// As [`one`].
pub fn many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<JsonObject<T>>::deserialize(deserializer)?.into_iter().map(|JsonObject(value)| value).collect())
}

/// For `deserialize_with`: an array of objects, or null.
///
/// # Errors
/// As [`one`].
pub fn optional_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let objects = Option::<Vec<JsonObject<T>>>::deserialize(deserializer)?;
    Ok(objects.map(|objects| objects.into_iter().map(|JsonObject(value)| value).collect()))
}

/// What serde_json says of a field, without its line and column: the field's path says where.
#[must_use]
pub fn plain_words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}
