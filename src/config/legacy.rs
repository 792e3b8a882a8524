//! `admin.legacy.*`: what old back-office programs expect of answers, headers and sessions. A preset names the stack that they
//! were written for; each value can be changed by itself.

mod preset;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;

pub use preset::Preset;

/// Every value but the preset is empty by default: as the preset has it.
const AS_PRESET: &str = "";

pub(super) const KEYS: &[Key] = &[
    key(
        "admin.legacy.preset",
        Kind::Text,
        "gin-vue-admin",
        "the stack that old programs were written for: gin-vue-admin, vue-element-admin, ruoyi or vben5; an empty key below is as \
         the preset has it",
    ),
    key("admin.legacy.code_key", Kind::Text, AS_PRESET, "the answer's code"),
    key("admin.legacy.data_key", Kind::Text, AS_PRESET, "the answer's data"),
    key("admin.legacy.message_key", Kind::Text, AS_PRESET, "the answer's message"),
    key("admin.legacy.code_ok", Kind::Text, AS_PRESET, "the code of success"),
    key("admin.legacy.code_no_token", Kind::Text, AS_PRESET, "no token, or an unknown one"),
    key("admin.legacy.code_expired", Kind::Text, AS_PRESET, "a token that was good once"),
    key("admin.legacy.code_ended", Kind::Text, AS_PRESET, "a session that was ended from elsewhere"),
    key("admin.legacy.code_wrong_password", Kind::Text, AS_PRESET, "a login that failed"),
    key("admin.legacy.code_invalid", Kind::Text, AS_PRESET, "a request that cannot be taken"),
    key("admin.legacy.code_forbidden", Kind::Text, AS_PRESET, "too few rights"),
    key("admin.legacy.code_not_found", Kind::Text, AS_PRESET, "nothing there"),
    key("admin.legacy.code_conflict", Kind::Text, AS_PRESET, "what was asked for no longer holds"),
    key("admin.legacy.code_too_many", Kind::Text, AS_PRESET, "too many tries"),
    key("admin.legacy.code_unavailable", Kind::Text, AS_PRESET, "recon or the wallet cannot answer now"),
    key("admin.legacy.code_failed", Kind::Text, AS_PRESET, "a fault of ours"),
    key("admin.legacy.auth_status", Kind::Text, AS_PRESET, "the HTTP status with the three codes of tokens"),
    key("admin.legacy.forbidden_status", Kind::Text, AS_PRESET, "the HTTP status with too few rights"),
    key("admin.legacy.list_key", Kind::Text, AS_PRESET, "the items of a page"),
    key("admin.legacy.total_key", Kind::Text, AS_PRESET, "how many there are in all"),
    key("admin.legacy.page_key", Kind::Text, AS_PRESET, "the page's number, in requests and answers"),
    key("admin.legacy.page_size_key", Kind::Text, AS_PRESET, "the items of a page at most, in requests and answers"),
    key("admin.legacy.list_in", Kind::Text, AS_PRESET, "where a page stands: data, or envelope (beside the code)"),
    key("admin.legacy.token_headers", Kind::Text, AS_PRESET, "headers that carry the token, separated by commas"),
    key("admin.legacy.lifetime", Kind::Text, AS_PRESET, "sliding (a session in use goes on) or absolute (it ends)"),
    key(
        "admin.legacy.new_token_header",
        Kind::Text,
        AS_PRESET,
        "the header with a session's next token; none: a sliding session keeps its token",
    ),
    key(
        "admin.legacy.new_expiry_header",
        Kind::Text,
        AS_PRESET,
        "the header with that token's expiry, in Unix seconds",
    ),
    key("admin.legacy.single_login", Kind::Text, AS_PRESET, "true: a newer login ends the older ones"),
];

/// What old programs expect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyConfig {
    /// The keys of every answer.
    pub envelope: Envelope,
    /// The codes.
    pub codes: Codes,
    /// The HTTP status with the codes of tokens.
    pub auth_status: u16,
    /// The HTTP status with too few rights.
    pub forbidden_status: u16,
    /// How pages are asked for and answered.
    pub paging: Paging,
    /// The headers that carry the token, in lower case, in the order in which they are looked at.
    pub token_headers: Vec<String>,
    /// Whether a session in use goes on.
    pub sliding: bool,
    /// The header with a session's next token, in lower case; none: a sliding session keeps its token.
    pub new_token_header: Option<String>,
    /// The header with that token's expiry, in lower case.
    pub new_expiry_header: Option<String>,
    /// Whether a newer login ends the older ones.
    pub single_login: bool,
}

/// The keys of every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The code's.
    pub code: String,
    /// The data's.
    pub data: String,
    /// The message's.
    pub message: String,
}

/// The codes of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    /// Success.
    pub ok: i64,
    /// No token, or an unknown one.
    pub no_token: i64,
    /// A token that was good once.
    pub expired: i64,
    /// A session that was ended from elsewhere.
    pub ended: i64,
    /// A login that failed.
    pub wrong_password: i64,
    /// A request that cannot be taken.
    pub invalid: i64,
    /// Too few rights.
    pub forbidden: i64,
    /// Nothing there.
    pub not_found: i64,
    /// What was asked for no longer holds.
    pub conflict: i64,
    /// Too many tries.
    pub too_many: i64,
    /// recon or the wallet cannot answer now.
    pub unavailable: i64,
    /// A fault of ours.
    pub failed: i64,
}

/// How pages are asked for and answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The items.
    pub list: String,
    /// How many there are in all.
    pub total: String,
    /// The page's number, from 1.
    pub page: String,
    /// The items at most.
    pub page_size: String,
    /// Whether the answer repeats number and size.
    pub repeats_page: bool,
    /// Whether the page stands in the envelope, beside the code, and not in the data.
    pub in_envelope: bool,
}

impl LegacyConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let preset = layers.read("admin.legacy.preset", |text| {
            text.parse::<Preset>().map_err(|_| "give gin-vue-admin, vue-element-admin, ruoyi or vben5".to_owned())
        });
        // With a wrong preset the rest is read all the same, to tell of everything that is wrong.
        let mut config = preset.unwrap_or(Preset::GinVueAdmin).values();
        let mut all_read = preset.is_some();
        let mut take = |ok: Option<()>| all_read &= ok.is_some();
        for (name, place) in [
            ("admin.legacy.code_key", &mut config.envelope.code),
            ("admin.legacy.data_key", &mut config.envelope.data),
            ("admin.legacy.message_key", &mut config.envelope.message),
            ("admin.legacy.list_key", &mut config.paging.list),
            ("admin.legacy.total_key", &mut config.paging.total),
            ("admin.legacy.page_key", &mut config.paging.page),
            ("admin.legacy.page_size_key", &mut config.paging.page_size),
        ] {
            take(put(layers, name, place, json_key));
        }
        for (name, place) in [
            ("admin.legacy.code_ok", &mut config.codes.ok),
            ("admin.legacy.code_no_token", &mut config.codes.no_token),
            ("admin.legacy.code_expired", &mut config.codes.expired),
            ("admin.legacy.code_ended", &mut config.codes.ended),
            ("admin.legacy.code_wrong_password", &mut config.codes.wrong_password),
            ("admin.legacy.code_invalid", &mut config.codes.invalid),
            ("admin.legacy.code_forbidden", &mut config.codes.forbidden),
            ("admin.legacy.code_not_found", &mut config.codes.not_found),
            ("admin.legacy.code_conflict", &mut config.codes.conflict),
            ("admin.legacy.code_too_many", &mut config.codes.too_many),
            ("admin.legacy.code_unavailable", &mut config.codes.unavailable),
            ("admin.legacy.code_failed", &mut config.codes.failed),
        ] {
            take(put(layers, name, place, code));
        }
        take(put(layers, "admin.legacy.auth_status", &mut config.auth_status, status));
        take(put(layers, "admin.legacy.forbidden_status", &mut config.forbidden_status, status));
        take(put(layers, "admin.legacy.list_in", &mut config.paging.in_envelope, list_in));
        take(put(layers, "admin.legacy.token_headers", &mut config.token_headers, headers));
        take(put(layers, "admin.legacy.lifetime", &mut config.sliding, lifetime));
        take(put(layers, "admin.legacy.new_token_header", &mut config.new_token_header, header_or_none));
        take(put(layers, "admin.legacy.new_expiry_header", &mut config.new_expiry_header, header_or_none));
        take(put(layers, "admin.legacy.single_login", &mut config.single_login, parse::switch));
        all_read.then_some(config)
    }
}

/// Puts a key's value in its place, where it has one. None where it cannot be taken.
fn put<T>(
    layers: &mut Layers,
    name: &'static str,
    place: &mut T,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<()> {
    if let Some(value) = layers.read(name, parse::optional(parse))? {
        *place = value;
    }
    Some(())
}

fn json_key(text: &str) -> Result<String, String> {
    if text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("give a name of up to 64 visible ASCII characters".to_owned())
    }
}

fn code(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "give a whole number".to_owned())
}

fn status(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|status| (200..600).contains(status))
        .ok_or_else(|| "give an HTTP status such as 200, 401 or 403".to_owned())
}

fn list_in(text: &str) -> Result<bool, String> {
    match text {
        "data" => Ok(false),
        "envelope" => Ok(true),
        _ => Err("give data or envelope".to_owned()),
    }
}

fn lifetime(text: &str) -> Result<bool, String> {
    match text {
        "sliding" => Ok(true),
        "absolute" => Ok(false),
        _ => Err("give sliding or absolute".to_owned()),
    }
}

fn header(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        Ok(text)
    } else {
        Err("give names of headers, such as x-token".to_owned())
    }
}

fn headers(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(header).collect()
}

fn header_or_none(text: &str) -> Result<Option<String>, String> {
    if text == "none" { Ok(None) } else { header(text).map(Some) }
}
