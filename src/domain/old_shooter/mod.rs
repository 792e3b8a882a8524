//! Rows of an old shooter server, as they stand in an export: one JSON object a line.
//! `docs/reference/recon/import.md` is the format's reference.

mod fields;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use self::fields::Fields;
use crate::domain::money::{Currency, Money};
use crate::domain::sms::{Review, SmsState};
use crate::domain::source::SourceKind;
use crate::domain::template::TemplateKind;
use crate::domain::time::UnixMs;

crate::text_enum! {
    /// The tables that can be imported.
    pub enum OldTable {
        /// Messages.
        Sms = "sms",
        /// Templates.
        Template = "template",
        /// The phone whitelist.
        Phone = "phone",
        /// Phones that post their messages.
        ShooterDevice = "shooter_device",
        /// Phones behind Pushbullet.
        PushbulletDevice = "pushbullet_device",
    }
}

/// A row of an export.
#[derive(Clone, PartialEq, Eq)]
pub struct OldRow {
    /// Its table.
    pub table: OldTable,
    /// The id that it keeps.
    pub id: i64,
    /// SHA-256 of what it says, secrets other than tokens left out.
    pub digest: [u8; 32],
    /// What it says.
    pub content: OldContent,
    /// Fields that have no column here, as JSON.
    pub kept: BTreeMap<String, serde_json::Value>,
    /// Fields that are not known, which are left out.
    pub unknown: Vec<String>,
}

impl std::fmt::Debug for OldRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OldRow").field("table", &self.table).field("id", &self.id).finish_non_exhaustive()
    }
}

/// What a row says.
#[derive(Clone, PartialEq, Eq)]
pub enum OldContent {
    /// A message.
    Sms(Box<OldSms>),
    /// A template.
    Template(OldTemplate),
    /// A whitelisted sender.
    Phone(OldPhone),
    /// A phone that posts.
    ShooterDevice(OldShooterDevice),
    /// A phone behind Pushbullet.
    PushbulletDevice(OldPushbulletDevice),
}

/// A message of the old server.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the old table, in the words of the page that freezes them")]
pub struct OldSms {
    pub device_iden: Option<String>,
    pub sms_id: Option<String>,
    pub phone: String,
    pub content: Option<String>,
    pub money: Option<Money>,
    pub balance: Option<Money>,
    pub depositor: Option<String>,
    pub account: Option<String>,
    pub sms_time: UnixMs,
    pub status: i64,
    pub check_status: i64,
    pub check_user: Option<String>,
    pub check_time: Option<UnixMs>,
    pub check_note: Option<String>,
    pub order_id: Option<String>,
    pub template_id: Option<i64>,
    pub source: SourceKind,
    pub create_time: Option<UnixMs>,
    pub update_time: Option<UnixMs>,
}

/// A template of the old server.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the old table, in the words of the page that freezes them")]
pub struct OldTemplate {
    pub name: String,
    pub senders: Vec<String>,
    pub template: String,
    pub kind: TemplateKind,
    pub on: bool,
    pub create_time: Option<UnixMs>,
    pub update_time: Option<UnixMs>,
}

/// A whitelisted sender of the old server.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the old table, in the words of the page that freezes them")]
pub struct OldPhone {
    pub phone: String,
    pub bank: Option<String>,
    pub remark: Option<String>,
    pub create_time: Option<UnixMs>,
}

/// A posting phone of the old server.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the old table, in the words of the page that freezes them")]
pub struct OldShooterDevice {
    pub name: String,
    pub phone: Option<String>,
    pub trusted: bool,
    pub last_time: Option<UnixMs>,
    pub create_time: Option<UnixMs>,
}

/// A phone behind Pushbullet of the old server.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of the old table, in the words of the page that freezes them")]
pub struct OldPushbulletDevice {
    pub name: String,
    pub iden: Option<String>,
    /// None where the export shows it masked, or not at all.
    pub token: Option<String>,
    pub password: Option<String>,
    pub phone: Option<String>,
    pub on: bool,
    pub last_time: Option<UnixMs>,
    pub create_time: Option<UnixMs>,
}

/// Reads a line of an export: `{"table":"sms","row":{...}}`, or the fields beside the table.
///
/// # Errors
/// What is wrong with it, as one sentence.
pub fn read_line(line: &str) -> Result<OldRow, String> {
    let mut fields = Fields::read(line)?;
    let table = fields.needed_text("table")?;
    let table =
        table.strip_prefix("shooter_").filter(|rest| ["sms", "template", "phone"].contains(rest)).unwrap_or(&table);
    let table: OldTable = table.parse().map_err(|_| {
        format!("table {table:.40} is not known: sms, template, phone, shooter_device or pushbullet_device")
    })?;
    if let Some(row) = fields.raw("row") {
        if let Some(stray) = fields.left().first() {
            return Err(format!("{stray} stands beside row: put it into the row"));
        }
        fields = Fields::read(&row).map_err(|error| format!("row {error}"))?;
    }
    let digest = digest_of(table, &fields);
    let id = fields.id()?;
    let mut kept = BTreeMap::new();
    let content = match table {
        OldTable::Sms => OldContent::Sms(Box::new(sms(&mut fields, &mut kept)?)),
        OldTable::Template => OldContent::Template(template(&mut fields, id)?),
        OldTable::Phone => OldContent::Phone(phone(&mut fields)?),
        OldTable::ShooterDevice => OldContent::ShooterDevice(shooter_device(&mut fields, id, &mut kept)?),
        OldTable::PushbulletDevice => OldContent::PushbulletDevice(pushbullet_device(&mut fields, id)?),
    };
    let unknown = fields.left().into_iter().map(str::to_owned).collect();
    Ok(OldRow { table, id, digest, content, kept, unknown })
}

/// A password is guessed from its hash, so that it is no part of this; a token is not.
fn digest_of(table: OldTable, fields: &Fields) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(table.as_str());
    for (name, raw) in fields.each().filter(|(name, _)| *name != "password") {
        for part in [name, raw] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

fn keep(fields: &mut Fields, kept: &mut BTreeMap<String, serde_json::Value>, name: &str) -> Result<(), String> {
    if let Some(text) = fields.text(name)? {
        kept.insert(name.to_owned(), text.into());
    }
    Ok(())
}

fn sms(fields: &mut Fields, kept: &mut BTreeMap<String, serde_json::Value>) -> Result<OldSms, String> {
    let written = fields.text("currency")?;
    let currency = written.as_deref().unwrap_or(Currency::KRW.as_str());
    let currency: Currency = currency.parse().map_err(|error| format!("currency: {error}"))?;
    let device_iden = fields.text("device_iden")?;
    let source = match fields.text("source")?.as_deref() {
        None if device_iden.is_some() => SourceKind::Pushbullet,
        None => SourceKind::Shooter,
        Some(word) => word
            .parse()
            .ok()
            .filter(|kind| *kind != SourceKind::Heartbeat)
            .ok_or_else(|| format!("source {word:.40} is not known: pushbullet, telegram or shooter"))?,
    };
    for name in ["thread_id", "name"] {
        keep(fields, kept, name)?;
    }
    if let Some(iden) = &device_iden {
        kept.insert("device_iden".to_owned(), iden.clone().into());
    }
    let row = OldSms {
        sms_id: fields.text("sms_id")?,
        phone: fields.text("phone")?.unwrap_or_default(),
        content: fields.text("content")?,
        money: fields.money("money", currency)?,
        balance: fields.money("balance", currency)?,
        depositor: fields.text("depositor")?,
        account: fields.text("account")?,
        sms_time: fields.time("sms_time")?.ok_or("sms_time is missing")?,
        status: fields.whole("status")?.ok_or("status is missing")?,
        check_status: fields.whole("check_status")?.unwrap_or(0),
        check_user: fields.text("check_user")?,
        check_time: fields.time("check_time")?,
        check_note: fields.text("check_note")?,
        order_id: fields.text("order_id")?,
        template_id: fields.whole("template_id")?.filter(|id| *id != 0),
        create_time: fields.time("create_time")?,
        update_time: fields.time("update_time")?,
        device_iden,
        source,
    };
    keep_what_has_no_column(&row, written, kept)?;
    if row.status == 2 && row.order_id.is_none() {
        return Err("status 2 (matched) needs an order_id".to_owned());
    }
    let (state, review) = (row.state()?, row.review()?);
    if state == SmsState::Matched && review == Review::Rejected {
        return Err("it is matched (status 2) and rejected (check_status 3) at once".to_owned());
    }
    if [SmsState::Matched, SmsState::Unmatched, SmsState::Ambiguous].contains(&state) && row.money.is_none() {
        return Err(format!("status {} needs money", row.status));
    }
    Ok(row)
}

/// A message without money has no currency here, and one that people have not decided on has nobody's check: what the old
/// server had written of both is shown all the same.
fn keep_what_has_no_column(
    row: &OldSms,
    currency: Option<String>,
    kept: &mut BTreeMap<String, serde_json::Value>,
) -> Result<(), String> {
    if let Some(currency) = currency.filter(|_| row.money.is_none() && row.balance.is_none()) {
        kept.insert("currency".to_owned(), currency.into());
    }
    if ![Review::Confirmed, Review::Rejected].contains(&row.review()?) {
        let time = row.check_time.map(|at| at.0.into());
        let texts = [("check_user", &row.check_user), ("check_note", &row.check_note)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?.into())));
        kept.extend(texts.chain(time.map(|time| ("check_time", time))).map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(())
}

impl OldSms {
    /// What `status` means here. What the old server had not finished with is left to people: it must not be decided anew
    /// on its own.
    ///
    /// # Errors
    /// Where it is none of 0 to 10.
    pub fn state(&self) -> Result<SmsState, String> {
        Ok(match self.status {
            1 if self.money.is_some() => SmsState::Unmatched,
            0 | 1 | 5 => SmsState::Unparsed,
            2 => SmsState::Matched,
            3 => SmsState::Unmatched,
            4 => SmsState::Ambiguous,
            6 => SmsState::Ignored,
            7 => SmsState::Rejected,
            8 => SmsState::Held,
            9 => SmsState::Quarantined,
            10 => SmsState::Settled,
            other => return Err(format!("status {other} is not known: 0 to 10")),
        })
    }

    /// What `check_status` means here.
    ///
    /// # Errors
    /// Where it is none of 0 to 3.
    pub fn review(&self) -> Result<Review, String> {
        Ok(match self.check_status {
            0 if self.is_unfinished() => Review::NeedCheck,
            0 => Review::None,
            1 => Review::NeedCheck,
            2 => Review::Confirmed,
            3 => Review::Rejected,
            other => return Err(format!("check_status {other} is not known: 0 to 3")),
        })
    }

    /// Whether the old server still had work to do on it.
    #[must_use]
    pub const fn is_unfinished(&self) -> bool {
        matches!(self.status, 0 | 1)
    }
}

fn template(fields: &mut Fields, id: i64) -> Result<OldTemplate, String> {
    let kind = match fields.text("kind")?.as_deref() {
        None | Some("typed") => TemplateKind::Typed,
        Some("regex") => TemplateKind::Regex,
        Some(other) => return Err(format!("kind {other:.40} is not known: typed or regex")),
    };
    let senders: Vec<String> = fields
        .text("phone")?
        .unwrap_or_default()
        .split([',', ';'])
        .map(|sender| sender.trim().to_owned())
        .filter(|sender| !sender.is_empty())
        .collect();
    Ok(OldTemplate {
        name: fields.text("name")?.unwrap_or_else(|| format!("template {id}")),
        senders: if senders.is_empty() { vec!["*".to_owned()] } else { senders },
        template: fields.needed_text("template")?,
        kind,
        on: fields.flag("status")?.unwrap_or(true),
        create_time: fields.time("create_time")?,
        update_time: fields.time("update_time")?,
    })
}

fn phone(fields: &mut Fields) -> Result<OldPhone, String> {
    Ok(OldPhone {
        phone: fields.needed_text("phone")?,
        bank: fields.text("bank")?,
        remark: fields.text("remark")?,
        create_time: fields.time("create_time")?,
    })
}

fn shooter_device(
    fields: &mut Fields,
    id: i64,
    kept: &mut BTreeMap<String, serde_json::Value>,
) -> Result<OldShooterDevice, String> {
    let device_id = fields.text("device_id")?;
    let name = fields.text("name")?.or_else(|| device_id.clone()).unwrap_or_else(|| format!("device {id}"));
    if let Some(device_id) = device_id {
        kept.insert("device_id".to_owned(), device_id.into());
    }
    // Whether it was on line then says nothing now.
    fields.flag("online")?;
    Ok(OldShooterDevice {
        name,
        phone: fields.text("phone")?,
        trusted: fields.flag("trusted")?.unwrap_or(false),
        last_time: fields.time("last_time")?,
        create_time: fields.time("create_time")?,
    })
}

fn pushbullet_device(fields: &mut Fields, id: i64) -> Result<OldPushbulletDevice, String> {
    let is_masked = |token: &String| token.contains(['*', '…']) || token.contains("...");
    Ok(OldPushbulletDevice {
        iden: fields.text("iden")?,
        name: fields.text("name")?.unwrap_or_else(|| format!("phone {id}")),
        token: fields.text("token")?.filter(|token| !is_masked(token)),
        password: fields.text("password")?,
        phone: fields.text("phone")?,
        on: fields.flag("status")?.unwrap_or(true),
        last_time: fields.time("last_time")?,
        create_time: fields.time("create_time")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_in_both_forms_and_its_strangers_are_named() {
        let nested = read_line(r#"{"table":"phone","row":{"id":3,"phone":"15881688","bank":"KB","extra":1}}"#).unwrap();
        assert_eq!(
            (nested.table, nested.id, nested.unknown.as_slice()),
            (OldTable::Phone, 3, &["extra".to_owned()][..])
        );
        let inline = read_line(r#"{"table":"shooter_phone","id":3,"phone":"15881688","bank":"KB","extra":1}"#).unwrap();
        assert!(inline == nested);
        for (line, told) in [
            ("nothing", "is no JSON object"),
            (r#"{"table":"order","row":{"id":1}}"#, "table order is not known"),
            (r#"{"row":{"id":1}}"#, "table is missing"),
            (r#"{"table":"phone","id":1,"row":{"id":1,"phone":"1"}}"#, "id stands beside row"),
            (r#"{"table":"phone","row":{"phone":"1"}}"#, "id is missing"),
            (
                r#"{"table":"sms","row":{"id":1,"phone":"1","sms_time":1777000000,"status":11}}"#,
                "status 11 is not known",
            ),
            (
                r#"{"table":"sms","row":{"id":1,"phone":"1","sms_time":1777000000,"status":2,"money":1}}"#,
                "needs an order_id",
            ),
            (r#"{"table":"sms","row":{"id":1,"phone":"1","sms_time":1777000000,"status":3}}"#, "needs money"),
            (r#"{"table":"sms","row":{"id":1,"phone":"1","status":5}}"#, "sms_time is missing"),
        ] {
            let error = read_line(line).unwrap_err();
            assert!(error.contains(told), "{line}: {error}");
        }
    }

    #[test]
    fn the_digest_tells_rows_apart_by_all_but_the_password() {
        let digest = |row: &str| {
            read_line(&format!(r#"{{"table":"pushbullet_device","row":{{"id":1,{row}}}}}"#)).unwrap().digest
        };
        assert_eq!(digest(r#""token":"a","password":"x""#), digest(r#""password":"y","token":"a""#));
        assert_ne!(digest(r#""token":"a""#), digest(r#""token":"b""#));
    }
}
