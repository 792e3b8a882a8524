//! Bodies whose fields an app's user lays out: a form or a JSON object, read as names and bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a `Content-Type` says about a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json` and its kin.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// None, or plain text: the body itself must tell.
    Unsaid,
    /// Anything else, or an encoding that is not UTF-8.
    Other,
}

impl MediaType {
    /// Reads the header.
    pub(super) fn of(content_type: Option<&str>) -> Self {
        let mut parts = content_type.unwrap_or("").split(';').map(|part| part.trim().to_ascii_lowercase());
        let essence = parts.next().unwrap_or_default();
        let foreign = parts.any(|parameter| {
            let charset = parameter.strip_prefix("charset=").map(|charset| charset.trim_matches('"').to_owned());
            charset.is_some_and(|charset| !matches!(charset.as_str(), "" | "utf-8" | "utf8" | "us-ascii"))
        });
        match essence.as_str() {
            _ if foreign => Self::Other,
            "" | "text/plain" => Self::Unsaid,
            "application/x-www-form-urlencoded" => Self::Form,
            "application/json" | "text/json" => Self::Json,
            _ if essence.starts_with("application/") && essence.ends_with("+json") => Self::Json,
            _ => Self::Other,
        }
    }
}

/// Fields by name. Bytes, since a form may carry what is no UTF-8.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(BTreeMap<String, Vec<u8>>);

impl Fields {
    /// Reads `a=1&b=2`. The first of several fields with one name counts.
    pub(super) fn of_form(form: &[u8]) -> Self {
        let mut fields = BTreeMap::new();
        for pair in form.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let end = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..end], pair.get(end + 1..).unwrap_or_default());
            let name = String::from_utf8_lossy(&form_decoded(name)).trim().to_owned();
            fields.entry(name).or_insert_with(|| form_decoded(value));
        }
        Self(fields)
    }

    /// Reads a JSON object: its texts, numbers and truth values; what is nested or null is left out. None: no object.
    pub(super) fn of_json(json: &[u8]) -> Result<Option<Self>, serde_json::Error> {
        let serde_json::Value::Object(object) = serde_json::from_slice(json)? else { return Ok(None) };
        Ok(Some(Self::of_object(object)))
    }

    /// The same of an object that was read already.
    pub(super) fn of_object(object: serde_json::Map<String, serde_json::Value>) -> Self {
        let text_of = |value| match value {
            serde_json::Value::String(text) => Some(text.into_bytes()),
            serde_json::Value::Number(number) => Some(number.to_string().into_bytes()),
            serde_json::Value::Bool(yes) => Some(yes.to_string().into_bytes()),
            _ => None,
        };
        Self(object.into_iter().filter_map(|(name, value)| Some((name, text_of(value)?))).collect())
    }

    /// Whether a field says true, as a truth value or in words.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1")
    }

    /// The bytes of a field; none where it is missing or empty.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice).filter(|bytes| !bytes.is_empty())
    }

    /// The text of a field, what is no UTF-8 replaced; none where it is missing or empty.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.bytes(name).map(String::from_utf8_lossy)
    }
}

/// Undoes form encoding. A percent sign that begins no escape stands for itself.
fn form_decoded(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = bytes.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

/// Undoes the escapes of HTML that forwarders add, as often as they stand nested, up to three times.
pub(super) fn html_unescaped(text: &str) -> String {
    const ROUNDS: usize = 3;
    let mut text = text.to_owned();
    for _ in 0..ROUNDS {
        let once = unescaped_once(&text);
        if once == text {
            break;
        }
        text = once;
    }
    text
}

fn unescaped_once(text: &str) -> String {
    const ENTITIES: [(&str, char); 7] = [
        ("&amp;", '&'),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&#34;", '"'),
        ("&#39;", '\''),
        ("&apos;", '\''),
    ];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity));
        let (character, length) = found.map_or(('&', 1), |(entity, character)| (*character, entity.len()));
        plain.push(character);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types_are_read_as_clients_write_them() {
        assert_eq!(MediaType::of(Some("application/json; charset=UTF-8")), MediaType::Json);
        assert_eq!(MediaType::of(Some("APPLICATION/JSON;charset=\"utf-8\"")), MediaType::Json);
        assert_eq!(MediaType::of(Some("application/vnd.x+json")), MediaType::Json);
        assert_eq!(MediaType::of(Some("application/x-www-form-urlencoded")), MediaType::Form);
        assert_eq!(MediaType::of(None), MediaType::Unsaid);
        assert_eq!(MediaType::of(Some("application/json; charset=euc-kr")), MediaType::Other);
        assert_eq!(MediaType::of(Some("multipart/form-data; boundary=x")), MediaType::Other);
    }

    #[test]
    fn forms_are_decoded_to_bytes() {
        let fields =
            Fields::of_form(b"from=1588-1688&org_content=%EC%9E%85%EA%B8%88+%2B1%&bad=%FF&empty=&=x&alone&from=2");
        assert_eq!(fields.text("from").unwrap(), "1588-1688");
        assert_eq!(fields.text("org_content").unwrap(), "입금 +1%");
        assert_eq!(fields.bytes("bad").unwrap(), [0xff]);
        assert_eq!(fields.bytes("empty"), None);
        assert_eq!(fields.bytes("alone"), None);
    }

    #[test]
    fn json_fields_may_be_texts_or_numbers() {
        let fields =
            Fields::of_json(br#"{"timestamp":1790000000123,"from":"1","none":null,"deep":{"a":1}}"#).unwrap().unwrap();
        assert_eq!(fields.text("timestamp").unwrap(), "1790000000123");
        assert_eq!(fields.bytes("none"), None);
        assert_eq!(fields.bytes("deep"), None);
        assert!(Fields::of_json(b"[1]").unwrap().is_none());
        Fields::of_json(b"{").unwrap_err();
    }

    #[test]
    fn html_escapes_are_undone_up_to_three_times() {
        assert_eq!(html_unescaped("a &lt;b&gt; &quot;c&quot; &amp; d"), "a <b> \"c\" & d");
        assert_eq!(html_unescaped("&amp;amp;lt;"), "<");
        assert_eq!(html_unescaped("&amp;amp;amp;lt;"), "&lt;", "a fourth time is not undone");
        assert_eq!(html_unescaped("R&D & &unknown; &"), "R&D & &unknown; &");
    }
}
