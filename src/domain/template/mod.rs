//! stub
#![allow(missing_docs, clippy::all, clippy::pedantic)]
use crate::domain::flags::Flags;
use crate::domain::money::Money;
use crate::domain::refusal::FieldError;
use crate::domain::sms::*;
use crate::domain::time::UnixMs;
use std::sync::Arc;
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct TemplateSpec {
    pub name: String,
    pub name_max: Option<u32>,
    pub account: Option<String>,
    pub senders: Vec<String>,
    pub enabled: bool,
}
#[derive(Debug)]
pub struct Compiled {
    pub warnings: Vec<String>,
}
impl TemplateSpec {
    pub fn compile(&self) -> Result<Compiled, Vec<FieldError>> {
        Err(vec![])
    }
}
#[derive(Clone, Debug)]
pub struct Fields {
    pub amount: Option<Money>,
    pub balance: Option<Money>,
    pub name: Option<String>,
    pub account: Option<String>,
    pub reference: Option<String>,
    pub kind: Option<String>,
    pub sender_bank: Option<String>,
    pub memo: Option<String>,
    pub occurred_at: Option<UnixMs>,
    pub to_the_minute: bool,
}
#[derive(Clone, Debug)]
pub struct Reading {
    pub direction: Direction,
    pub fields: Fields,
    pub spans: std::collections::BTreeMap<String, (usize, usize)>,
    pub flags: Flags,
}
#[derive(Debug)]
pub struct TemplateEntry {
    pub id: i64,
    pub version: i64,
    pub spec: Arc<TemplateSpec>,
    pub compiled: Arc<Compiled>,
}
#[derive(Debug)]
pub struct TemplateBook;
pub struct Parsed {
    pub state: SmsState,
    pub need_check: bool,
    pub flags: Flags,
    pub reading: Option<(i64, i64, Reading)>,
    pub fitting: Vec<i64>,
}
impl TemplateBook {
    pub fn build(_e: Vec<TemplateEntry>) -> Self {
        Self
    }
    pub fn parse(&self, _s: &str, _t: &crate::domain::text::Normalised, _r: UnixMs) -> Parsed {
        Parsed { state: SmsState::Unparsed, need_check: true, flags: Flags::NONE, reading: None, fitting: vec![] }
    }
    pub fn entry(&self, _id: i64) -> Option<&TemplateEntry> {
        None
    }
}
impl Compiled {
    pub fn read(&self, _t: &crate::domain::text::Normalised, _r: UnixMs) -> Option<Reading> {
        None
    }
}
impl Fields {
    pub fn to_map(&self) -> std::collections::BTreeMap<String, String> {
        std::collections::BTreeMap::new()
    }
}
