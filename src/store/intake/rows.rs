//! The rows that a delivery becomes.

use entity::{sighting, sms};
use sea_orm::{ActiveModelTrait, Statement};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbBackend};
use serde_json::json;

use crate::domain::flags::{Flag, Flags};
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;
use crate::store::event::NewEvent;
use crate::store::rows::insert;
use crate::store::sms::source_bit;
use crate::store::sms_change::{SmsChanges, is_synthetic, system_review};
use crate::store::{Lock, StoreError, lock};

use super::Incoming;
pub(super) fn new_row(id: i64, incoming: &Incoming<'_>, now: UnixMs) -> sms::Model {
    let delivery = incoming.delivery;
    let state = if !incoming.trusted {
        SmsState::Held
    } else if delivery.quarantine.is_some() {
        SmsState::Quarantined
    } else {
        SmsState::Received
    };
    let flags = if delivery.old_event { Flags::NONE.with(Flag::OldEvent) } else { Flags::NONE };
    let mut row = sms::Model {
        id,
        line: incoming.line.map(str::to_owned),
        sender: delivery.sender.clone(),
        sender_key: incoming.sender_key.clone(),
        text: delivery.text.clone(),
        fingerprint: incoming.fingerprint(),
        received_at: delivery.received_at.0,
        occurred_at: delivery.received_at.0,
        to_the_minute: false,
        stored_at: now.0,
        sources: source_bit(incoming.source.kind),
        state: state.as_str().to_owned(),
        state_since: now.0,
        review: Review::None.as_str().to_owned(),
        review_by: None,
        review_at: None,
        review_note: None,
        flags: flags.0,
        direction: None,
        currency: None,
        amount: None,
        balance: None,
        depositor: None,
        account: None,
        reference: None,
        memo: None,
        sender_bank: None,
        name_max: None,
        template_id: None,
        template_version: None,
        order_id: None,
        attempts: 0,
        next_attempt_at: None,
        version: 1,
        updated_at: now.0,
    };
    // What cannot be read may be a deposit: people must see it.
    system_review(&mut row, state == SmsState::Quarantined);
    row
}

pub(super) fn sighting_row(sms_id: i64, incoming: &Incoming<'_>, now: UnixMs) -> sighting::ActiveModel {
    let delivery = incoming.delivery;
    sighting::ActiveModel {
        id: NotSet,
        source_kind: Set(incoming.source.kind.as_str().to_owned()),
        source_id: Set(incoming.source.id),
        source_key: Set(delivery.key.0.clone()),
        sms_id: Set(sms_id),
        external_id: Set(delivery.external_id.clone()),
        format: Set(delivery.format.to_owned()),
        received_at: Set(delivery.received_at.0),
        stored_at: Set(now.0),
        raw: Set(delivery.raw.clone()),
    }
}

pub(super) async fn insert_all(
    txn: &DatabaseTransaction,
    changes: &mut SmsChanges<'_>,
    rows: impl Iterator<Item = &sms::Model>,
    sightings: Vec<sighting::ActiveModel>,
) -> Result<(), StoreError> {
    let mut models = Vec::new();
    for row in rows {
        if !is_synthetic(row.id) {
            let data = json!({"id": row.id, "state": row.state, "review": row.review, "version": row.version});
            changes.tell(NewEvent { kind: "sms.created", data });
        }
        models.push(columns_of(row));
    }
    insert(txn, models).await?;
    insert(txn, sightings).await
}

/// The columns that a new message fills: a row of half as many values is stored in half the time.
pub(super) fn columns_of(row: &sms::Model) -> sms::ActiveModel {
    use sms::Column as C;
    const FILLED_LATER: [sms::Column; 17] = [
        C::ReviewBy,
        C::ReviewAt,
        C::ReviewNote,
        C::Direction,
        C::Currency,
        C::Amount,
        C::Balance,
        C::Depositor,
        C::Account,
        C::Reference,
        C::Memo,
        C::SenderBank,
        C::NameMax,
        C::TemplateId,
        C::TemplateVersion,
        C::OrderId,
        C::NextAttemptAt,
    ];
    // Every column is set: `into` alone would leave them "unchanged" and out of the statement.
    let mut columns = sms::ActiveModel::from(row.clone()).reset_all();
    for column in FILLED_LATER {
        columns.not_set(column);
    }
    columns
}

/// Reserves `count` ids of the sms table and answers the first: a multi-row insert does not promise which row gets which.
pub(super) async fn reserve_ids(txn: &DatabaseTransaction, count: usize) -> Result<i64, StoreError> {
    let backend = txn.get_database_backend();
    let statement = if backend == DbBackend::Postgres {
        // The lock keeps the range whole; nextval alone could interleave with another process.
        lock(txn, Lock::Key(b"sms.id")).await?;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Statement::from_sql_and_values(
            backend,
            "SELECT min(nextval(pg_get_serial_sequence('sms', 'id')))::bigint AS first FROM generate_series(1, $1)",
            [count.into()],
        )
    } else {
        // The one writer holds the transaction; AUTOINCREMENT's own counter follows what is inserted.
        Statement::from_string(
            backend,
            "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'sms'), 0) + 1 AS first",
        )
    };
    let row = txn.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| StoreError::corrupt("sms.id", "no next id"))?;
    Ok(row.try_get("", "first")?)
}
