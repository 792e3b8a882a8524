//! What sources call messages, and what an old server had written of imported ones beside the rest: looked up for a page at
//! a time, by indexes.

use std::collections::{HashMap, HashSet};

use entity::{imported_row, pushbullet_device, sighting, sms};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;

use super::import::FORMAT;
use super::{StoreError, sms::word};
use crate::contract::sms::{OldCheck, SmsOrigin};
use crate::domain::old_shooter::OldTable;
use crate::domain::source::SourceKind;
use crate::domain::time::UnixMs;

/// Ids in one statement, far below the bind limits of both engines.
const IDS: usize = 500;
/// A row that was imported and has not changed since.
const FIRST_VERSION: i64 = 1;

/// What is looked at of a sighting.
#[derive(FromQueryResult)]
struct Seen {
    id: i64,
    sms_id: i64,
    source_kind: String,
    source_id: i64,
    external_id: Option<String>,
    format: String,
}

/// What an import keeps of an old message (`imported_row.kept`).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    device_iden: Option<String>,
    thread_id: Option<String>,
    name: Option<String>,
    currency: Option<String>,
    check_user: Option<String>,
    check_time: Option<i64>,
    check_note: Option<String>,
}

/// The origins of messages, by id.
///
/// # Errors
/// Where the database fails, or holds what no version of this program wrote.
pub(super) async fn origins(
    db: &impl ConnectionTrait,
    rows: &[sms::Model],
) -> Result<HashMap<i64, SmsOrigin>, StoreError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let seen = sightings(db, &ids).await?;
    let phones = phones(db, &seen).await?;
    let kept = kept(db, &seen).await?;
    let mut seen_of: HashMap<i64, Vec<Seen>> = HashMap::new();
    for one in seen {
        seen_of.entry(one.sms_id).or_default().push(one);
    }
    let origin = |row: &sms::Model| {
        let seen = seen_of.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        Ok((row.id, of_row(row, seen, &phones, kept.get(&row.id))?))
    };
    rows.iter().map(origin).collect()
}

/// What came with an import stands before what a source brought later.
fn of_row(
    row: &sms::Model,
    seen: &[Seen],
    phones: &HashMap<i64, String>,
    kept: Option<&Kept>,
) -> Result<SmsOrigin, StoreError> {
    let mut origin = SmsOrigin::default();
    if let Some(kept) = kept {
        origin.device_iden.clone_from(&kept.device_iden);
        origin.thread_id.clone_from(&kept.thread_id);
        origin.name.clone_from(&kept.name);
        origin.currency = kept.currency.clone().filter(|_| row.currency.is_none());
        let check =
            OldCheck { by: kept.check_user.clone(), at: kept.check_time.map(UnixMs), note: kept.check_note.clone() };
        origin.check = Some(check).filter(|check| row.version == FIRST_VERSION && *check != OldCheck::default());
        origin.sms_id = seen.iter().find(|one| one.format == FORMAT).and_then(|one| one.external_id.clone());
    }
    for one in seen.iter().filter(|one| one.format != FORMAT) {
        let kind: SourceKind = word("sighting.source_kind", one.id, &one.source_kind)?;
        if kind == SourceKind::Pushbullet && origin.device_iden.is_none() {
            origin.device_iden = phones.get(&one.source_id).cloned();
        }
        let Some(external) = one.external_id.as_deref() else { continue };
        // Both write the conversation before the message.
        let (thread, message) = match kind {
            SourceKind::Pushbullet | SourceKind::Telegram => {
                external.rsplit_once('/').map_or((None, external), |(thread, message)| (Some(thread), message))
            }
            SourceKind::Shooter | SourceKind::Heartbeat => (None, external),
        };
        if origin.sms_id.is_none() {
            origin.sms_id = Some(message.to_owned());
            origin.thread_id = origin.thread_id.or_else(|| thread.map(str::to_owned));
        }
    }
    if origin.name.is_none() && row.sender_key.is_empty() && !row.sender.is_empty() {
        origin.name = Some(row.sender.clone());
    }
    Ok(origin)
}

/// The sightings of these messages, those of Pushbullet first, whose ids say most; else the oldest first.
async fn sightings(db: &impl ConnectionTrait, ids: &[i64]) -> Result<Vec<Seen>, StoreError> {
    let mut seen: Vec<Seen> = Vec::new();
    for chunk in ids.chunks(IDS) {
        let rows = sighting::Entity::find()
            .select_only()
            .columns([
                sighting::Column::Id,
                sighting::Column::SmsId,
                sighting::Column::SourceKind,
                sighting::Column::SourceId,
                sighting::Column::ExternalId,
                sighting::Column::Format,
            ])
            .filter(sighting::Column::SmsId.is_in(chunk.iter().copied()))
            .order_by_asc(sighting::Column::Id)
            .into_model::<Seen>()
            .all(db)
            .await?;
        seen.extend(rows);
    }
    seen.sort_by_key(|one| one.source_kind != SourceKind::Pushbullet.as_str());
    Ok(seen)
}

/// Pushbullet's names of phones, by source, also of deleted ones.
async fn phones(db: &impl ConnectionTrait, seen: &[Seen]) -> Result<HashMap<i64, String>, StoreError> {
    let of_pushbullet = |one: &&Seen| one.source_kind == SourceKind::Pushbullet.as_str();
    let ids: HashSet<i64> = seen.iter().filter(of_pushbullet).map(|one| one.source_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = pushbullet_device::Entity::find()
        .select_only()
        .columns([pushbullet_device::Column::PhoneId, pushbullet_device::Column::DeviceIden])
        .filter(pushbullet_device::Column::PhoneId.is_in(ids))
        .filter(pushbullet_device::Column::DeviceIden.is_not_null())
        .order_by_asc(pushbullet_device::Column::Id)
        .into_tuple::<(i64, String)>()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// What was kept of the imported ones among these messages.
async fn kept(db: &impl ConnectionTrait, seen: &[Seen]) -> Result<HashMap<i64, Kept>, StoreError> {
    let ids: Vec<i64> = seen.iter().filter(|one| one.format == FORMAT).map(|one| one.sms_id).collect();
    let mut kept = HashMap::new();
    for chunk in ids.chunks(IDS) {
        let rows = imported_row::Entity::find()
            .filter(imported_row::Column::Kind.eq(OldTable::Sms.as_str()))
            .filter(imported_row::Column::RowId.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            let fields =
                serde_json::from_str(&row.kept).map_err(|error| StoreError::corrupt("imported_row.kept", error))?;
            kept.insert(row.row_id, fields);
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::domain::old_shooter::read_line;
    use crate::domain::source::{SourceKey, SourceRef};
    use crate::pipeline::inbox::{Deliver, Delivery};
    use crate::store::import::Importing;
    use crate::store::testing::{TestStore, base, stores};

    async fn origin_of(store: &TestStore, id: i64) -> SmsOrigin {
        let row = store.sms_row(id).await.unwrap().unwrap();
        origins(store.reader(), &[row]).await.unwrap().remove(&id).unwrap()
    }

    async fn import(store: &TestStore, line: &str) {
        let row = read_line(line).unwrap();
        store.import_rows(&[row], Importing { by: "a test", dry_run: false }).await.unwrap();
    }

    async fn brings(store: &TestStore, source: SourceRef, external: Option<&str>, sender: &str, is_name: bool) -> i64 {
        let delivery = Delivery {
            key: SourceKey::from_id(&format!("{source} {external:?}")),
            external_id: external.map(str::to_owned),
            format: "a test's",
            sender: sender.to_owned(),
            is_sender_provisional: is_name,
            text: Some("입금 50,000원 홍길동".to_owned()),
            line: Some("counter-1".to_owned()),
            received_at: base(),
            raw: None,
            quarantine: None,
            old_event: false,
        };
        let deliver = Deliver::new(source, Some("counter-1".to_owned()), true, vec![delivery]);
        store.take(Arc::new([deliver]), Duration::from_mins(3)).await.unwrap()[0][0].sms_id.unwrap()
    }

    #[tokio::test]
    async fn ids_come_from_the_sighting_that_has_them() {
        for store in stores().await {
            import(
                &store,
                r#"{"table":"pushbullet_device","id":2,"name":"counter-1","iden":"ujA","token":"o.aaaabbbb"}"#,
            )
            .await;
            let shooter = SourceRef { kind: SourceKind::Shooter, id: 9 };
            let id = brings(&store, shooter, Some("phone/7"), "15881688", false).await;
            let alone = SmsOrigin { sms_id: Some("phone/7".to_owned()), ..SmsOrigin::default() };
            assert_eq!(origin_of(&store, id).await, alone, "a phone's own id is no conversation");
            let pushbullet = SourceRef { kind: SourceKind::Pushbullet, id: 2 };
            assert_eq!(brings(&store, pushbullet, Some("3/17"), "15881688", false).await, id);
            let both = SmsOrigin {
                device_iden: Some("ujA".to_owned()),
                thread_id: Some("3".to_owned()),
                sms_id: Some("17".to_owned()),
                ..SmsOrigin::default()
            };
            assert_eq!(origin_of(&store, id).await, both);
        }
    }

    #[tokio::test]
    async fn a_sender_of_whom_only_a_name_is_known_has_that_name() {
        for store in stores().await {
            let bot = SourceRef { kind: SourceKind::Telegram, id: 4 };
            let id = brings(&store, bot, Some("-1001/55"), "우리 은행", true).await;
            let expected = SmsOrigin {
                thread_id: Some("-1001".to_owned()),
                sms_id: Some("55".to_owned()),
                name: Some("우리 은행".to_owned()),
                ..SmsOrigin::default()
            };
            assert_eq!(origin_of(&store, id).await, expected);
        }
    }

    #[tokio::test]
    async fn an_imported_row_shows_what_it_came_with() {
        for store in stores().await {
            import(
                &store,
                r#"{"table":"sms","id":41,"device_iden":"ujB","thread_id":7,"sms_id":"12/3","phone":"15881688","name":"은행",
                "content":"알림","currency":"KRW","sms_time":1776817800,"status":5,"check_status":1,"check_user":"kim",
                "check_time":1776817900,"check_note":"ask"}"#,
            )
            .await;
            let check = OldCheck {
                by: Some("kim".to_owned()),
                at: Some(UnixMs(1_776_817_900_000)),
                note: Some("ask".to_owned()),
            };
            let expected = SmsOrigin {
                device_iden: Some("ujB".to_owned()),
                thread_id: Some("7".to_owned()),
                sms_id: Some("12/3".to_owned()),
                name: Some("은행".to_owned()),
                currency: Some("KRW".to_owned()),
                check: Some(check),
            };
            assert_eq!(origin_of(&store, 41).await, expected);
            let mut row = store.sms_row(41).await.unwrap().unwrap();
            row.version += 1;
            let origin = origins(store.reader(), &[row]).await.unwrap().remove(&41).unwrap();
            assert_eq!(origin, SmsOrigin { check: None, ..expected }, "it is checked here now");
        }
    }
}
