//! The form of a bank's file.

use serde::Deserialize;

use crate::domain::sms::Direction;
use crate::domain::template::{TemplateKind, TemplateSample, TemplateSpec};

use super::Bank;

/// A file that cannot be read: a fault of the build, which the tests find.
#[derive(Debug, thiserror::Error)]
#[error("the pack's file {key}.toml cannot be read: {source}")]
pub struct PackError {
    key: &'static str,
    source: toml::de::Error,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BankFile {
    bank: String,
    /// Of its templates.
    senders: Vec<String>,
    /// Where it differs from `senders`, as where those are `*`.
    #[serde(default)]
    whitelist: Option<Vec<String>>,
    currency: String,
    timezone: String,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    never: Vec<String>,
    template: Vec<TemplateFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    name: String,
    direction: Direction,
    #[serde(default)]
    name_max: Option<u32>,
    pattern: String,
    sample: Vec<TemplateSample>,
}

/// Reads a bank's file.
pub(super) fn read(key: &'static str, text: &str) -> Result<Bank, PackError> {
    let file: BankFile = toml::from_str(text).map_err(|source| PackError { key, source })?;
    let BankFile { bank, senders, whitelist, currency, timezone, note, never, template } = file;
    let templates = template.into_iter().map(|template| TemplateSpec {
        name: template.name,
        kind: TemplateKind::Typed,
        pattern: template.pattern,
        senders: senders.clone(),
        direction: template.direction,
        currency: currency.clone(),
        timezone: timezone.clone(),
        account: None,
        priority: 0,
        enabled: true,
        name_max: template.name_max,
        max_amount: None,
        samples: template.sample,
    });
    let templates = templates.collect();
    let whitelist = whitelist.unwrap_or_else(|| senders.iter().filter(|sender| *sender != "*").cloned().collect());
    Ok(Bank { key, name: bank, whitelist, note, templates, never })
}
