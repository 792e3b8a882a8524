//! Stored messages as templates read them, for trying templates on.

use entity::sms;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::sender::{key_of, read_by};
use super::sms::{money, word};
use super::{Store, StoreError};
use crate::domain::sms::SmsState;
use crate::domain::template::Fields;
use crate::domain::template::compare::Recorded;
use crate::domain::time::UnixMs;

/// The states of messages that the parser has seen.
const READ: [SmsState; 7] = [
    SmsState::Ignored,
    SmsState::Unparsed,
    SmsState::Parsed,
    SmsState::Matched,
    SmsState::Ambiguous,
    SmsState::Unmatched,
    SmsState::Settled,
];

/// A message that the parser has seen, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMessage {
    /// The message.
    pub sms_id: i64,
    /// The sender that it is read by, in comparable form.
    pub sender_key: String,
    /// The text as the phone meant it.
    pub text: String,
    /// When the phone received it.
    pub received_at: UnixMs,
    /// What was read.
    pub recorded: Recorded,
}

/// Which messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Of these senders (comparable forms); none: of all.
    pub senders: Option<Vec<String>>,
    /// Received since then.
    pub since: Option<UnixMs>,
    /// With an id below this one; none: from the newest.
    pub before: Option<i64>,
    /// With an id above this one: the bound of the read, since no index leads to all senders' texts.
    pub above: i64,
}

impl Store {
    /// The newest message's id; 0 where there is none.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn newest_sms_id(&self) -> Result<i64, StoreError> {
        let id = sms::Entity::find().select_only().column(sms::Column::Id).order_by_desc(sms::Column::Id);
        Ok(id.into_tuple::<i64>().one(self.reader()).await?.unwrap_or(0))
    }

    /// The newest `limit` messages of a query that still have their text, newest first. Reads beside the writer.
    ///
    /// # Errors
    /// Where the database fails, or a row holds what no version of this program wrote.
    pub async fn read_messages(&self, query: &HistoryQuery, limit: u64) -> Result<Vec<ReadMessage>, StoreError> {
        let mut find = sms::Entity::find()
            .filter(sms::Column::Id.gt(query.above.max(0)))
            .filter(sms::Column::Text.is_not_null())
            .filter(sms::Column::State.is_in(READ.map(SmsState::as_str)));
        if let Some(before) = query.before {
            find = find.filter(sms::Column::Id.lt(before));
        }
        if let Some(senders) = &query.senders {
            find = find.filter(read_by(senders));
        }
        if let Some(since) = query.since {
            find = find.filter(sms::Column::ReceivedAt.gte(since.0));
        }
        let rows = find.order_by_desc(sms::Column::Id).limit(limit).all(self.reader()).await?;
        rows.into_iter().map(read_message).collect()
    }
}

fn read_message(row: sms::Model) -> Result<ReadMessage, StoreError> {
    let currency = row.currency.as_deref();
    let sender_key = key_of(&row).to_owned();
    let fields = Fields {
        amount: money(currency, row.amount)?,
        balance: money(currency, row.balance)?,
        name: row.depositor,
        account: row.account,
        reference: row.reference,
        kind: None,
        sender_bank: row.sender_bank,
        memo: row.memo,
        occurred_at: Some(UnixMs(row.occurred_at)),
        to_the_minute: row.to_the_minute,
    };
    let recorded = Recorded {
        state: word("sms.state", row.id, &row.state)?,
        template_id: row.template_id,
        direction: row.direction.as_deref().map(|text| word("sms.direction", row.id, text)).transpose()?,
        fields,
    };
    Ok(ReadMessage {
        sms_id: row.id,
        sender_key,
        text: row.text.unwrap_or_default(),
        received_at: UnixMs(row.received_at),
        recorded,
    })
}
