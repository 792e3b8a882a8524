//! Messages as they are read: one, a page, and everything that is known of one.

use std::collections::HashMap;
use std::str::FromStr;

use entity::{sighting, sms};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::chain::view_of;
use super::matching::{BY_HAND, twins_of};
use super::sms_filter::{condition_of, newest};
use super::sms_origin::origins;
use super::{Store, StoreError, count_if};
use crate::contract::page::{Page, PageRequest};
use crate::contract::sms::{
    AttemptView, CheckView, HistoryView, MatchView, ParseView, SightingView, SmsDetail, SmsFilter, SmsItem, SmsOrigin,
};
use crate::domain::flags::Flags;
use crate::domain::matching::Explanation;
use crate::domain::money::{Currency, Money};
use crate::domain::sms::{Review, SmsState};
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::time::UnixMs;

/// The bit of a kind of source in `sms.sources`.
#[must_use]
pub fn source_bit(kind: SourceKind) -> i64 {
    1 << (kind as i64)
}

fn kinds_of(bits: i64) -> Vec<SourceKind> {
    SourceKind::ALL.iter().copied().filter(|kind| bits & source_bit(*kind) != 0).collect()
}

/// Reads a stored word; what no version of this program wrote is an error that names the row.
pub(crate) fn word<T: FromStr>(column: &'static str, id: i64, word: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    word.parse().map_err(|error| StoreError::corrupt(column, format!("row {id}: {error}")))
}

/// The money of two nullable columns.
pub(crate) fn money(currency: Option<&str>, minor: Option<i64>) -> Result<Option<Money>, StoreError> {
    let (Some(currency), Some(minor)) = (currency, minor) else { return Ok(None) };
    let currency: Currency = currency.parse().map_err(|error| StoreError::corrupt("sms.currency", error))?;
    Ok(Some(Money { minor, currency }))
}

/// An sms as lists show it.
///
/// # Errors
/// Where the row holds what no version of this program wrote.
fn item_of(row: sms::Model, origin: SmsOrigin) -> Result<SmsItem, StoreError> {
    let currency = row.currency.as_deref();
    let check = match (row.review_by, row.review_at) {
        (Some(by), Some(at)) => Some(CheckView { by, at: UnixMs(at), note: row.review_note }),
        _ => None,
    };
    Ok(SmsItem {
        id: row.id,
        state: word("sms.state", row.id, &row.state)?,
        review: word("sms.review", row.id, &row.review)?,
        money: money(currency, row.amount)?,
        balance: money(currency, row.balance)?,
        direction: row.direction.as_deref().map(|text| word("sms.direction", row.id, text)).transpose()?,
        sender: row.sender,
        line: row.line,
        text: row.text,
        received_at: UnixMs(row.received_at),
        occurred_at: UnixMs(row.occurred_at),
        depositor: row.depositor,
        account: row.account,
        template_id: row.template_id,
        order_id: row.order_id,
        flags: Flags(row.flags),
        sources: kinds_of(row.sources),
        stored_at: UnixMs(row.stored_at),
        updated_at: UnixMs(row.updated_at),
        check,
        origin,
        version: row.version,
    })
}

/// Messages as lists show them.
///
/// # Errors
/// As [`item_of`], or where the database fails.
async fn items_of(db: &impl ConnectionTrait, rows: Vec<sms::Model>) -> Result<Vec<SmsItem>, StoreError> {
    let mut origins = origins(db, &rows).await?;
    rows.into_iter()
        .map(|row| {
            let origin = origins.remove(&row.id).unwrap_or_default();
            item_of(row, origin)
        })
        .collect()
}

/// One message as lists show it.
///
/// # Errors
/// Where a value that is stored cannot be read, or the database fails.
pub async fn item_in(db: &impl ConnectionTrait, row: sms::Model) -> Result<SmsItem, StoreError> {
    let origin = origins(db, std::slice::from_ref(&row)).await?.remove(&row.id).unwrap_or_default();
    item_of(row, origin)
}

impl Store {
    /// A page of messages, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sms_page(&self, filter: &SmsFilter, page: PageRequest) -> Result<Page<SmsItem>, StoreError> {
        let db = self.reader();
        let total = count_if(page.count, &sms::Entity::find().filter(condition_of(filter)), db).await?;
        let rows = newest(filter, page.before, u64::from(page.limit) + 1).all(db).await?;
        let items = items_of(db, rows).await?;
        Ok(Page::of(items, page.limit, total, |item: &SmsItem| item.id))
    }

    /// One message as it stands.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sms_row(&self, id: i64) -> Result<Option<sms::Model>, StoreError> {
        Ok(sms::Entity::find_by_id(id).one(self.reader()).await?)
    }

    /// One message with everything that is stored of it (near misses are looked for by
    /// [`Store::near_misses_of_sms`]); none where there is no such message.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sms_detail(&self, id: i64) -> Result<Option<SmsDetail>, StoreError> {
        let Some(row) = self.sms_row(id).await?.filter(|row| row.id > 0) else { return Ok(None) };
        let db = self.reader();
        let sightings = sighting::Entity::find()
            .filter(sighting::Column::SmsId.eq(id))
            .order_by_asc(sighting::Column::Id)
            .all(db)
            .await?;
        let history = entity::sms_history::Entity::find()
            .filter(entity::sms_history::Column::SmsId.eq(id))
            .order_by_asc(entity::sms_history::Column::Id)
            .all(db)
            .await?;
        let attempts = entity::sms_attempt::Entity::find()
            .filter(entity::sms_attempt::Column::SmsId.eq(id))
            .order_by_asc(entity::sms_attempt::Column::Id)
            .all(db)
            .await?;
        let twins = twins_of(db, &row).await?;
        let notes = self.notes_on(id).await?;
        let chain = view_of(db, &row).await?;
        let decision = self.latest_decision(&row).await?;
        Ok(Some(SmsDetail {
            parse: parse_of(&row)?,
            sightings: sightings.into_iter().map(sighting_of).collect::<Result<_, _>>()?,
            decision,
            chain,
            twins,
            notes,
            attempts: attempts
                .into_iter()
                .map(|attempt| AttemptView { at: UnixMs(attempt.at), stage: attempt.stage, error: attempt.error })
                .collect(),
            history: history.into_iter().map(history_of).collect(),
            sms: item_in(db, row).await?,
        }))
    }

    async fn latest_decision(&self, row: &sms::Model) -> Result<Option<MatchView>, StoreError> {
        let decision = entity::sms_decision::Entity::find()
            .filter(entity::sms_decision::Column::SmsId.eq(row.id))
            .order_by_desc(entity::sms_decision::Column::Id)
            .one(self.reader())
            .await?;
        let state: SmsState = word("sms.state", row.id, &row.state)?;
        let stands = |outcome: &str| match state {
            SmsState::Matched | SmsState::Settled => ["matched", BY_HAND].contains(&outcome),
            state => outcome == state.as_str(),
        };
        // What was decided before it was sent back, or before a person refused it, says nothing of it now.
        let Some(decision) = decision.filter(|decision| stands(&decision.outcome)) else { return Ok(None) };
        let explanation: Explanation = serde_json::from_str(&decision.explanation)
            .map_err(|error| StoreError::corrupt("sms_decision.explanation", error))?;
        Ok(Some(MatchView {
            decision: decision.outcome,
            rule: decision.rule,
            order_id: row.order_id.clone(),
            decided_at: UnixMs(decision.at),
            explanation,
            near_misses: Vec::new(),
        }))
    }

    /// The individual sources that brought each of these messages.
    ///
    /// # Errors
    /// Where the database fails.
    pub(crate) async fn sources_of(
        db: &impl sea_orm::ConnectionTrait,
        ids: &[i64],
    ) -> Result<HashMap<i64, Vec<SourceRef>>, StoreError> {
        let mut found: HashMap<i64, Vec<SourceRef>> = HashMap::new();
        for chunk in ids.chunks(500) {
            let rows = sighting::Entity::find()
                .select_only()
                .column(sighting::Column::SmsId)
                .column(sighting::Column::SourceKind)
                .column(sighting::Column::SourceId)
                .filter(sighting::Column::SmsId.is_in(chunk.iter().copied()))
                .into_tuple::<(i64, String, i64)>()
                .all(db)
                .await?;
            for (sms_id, kind, id) in rows {
                let kind = word("sighting.source_kind", sms_id, &kind)?;
                found.entry(sms_id).or_default().push(SourceRef { kind, id });
            }
        }
        Ok(found)
    }
}

/// Messages that are flagged as twins, in the words of the index over them.
pub(super) fn is_twin() -> sea_orm::sea_query::SimpleExpr {
    Expr::cust("flags & 1 <> 0")
}

fn parse_of(row: &sms::Model) -> Result<Option<ParseView>, StoreError> {
    let (Some(template_id), Some(template_version), Some(direction)) =
        (row.template_id, row.template_version, row.direction.as_deref())
    else {
        return Ok(None);
    };
    let currency = row.currency.as_deref();
    let amount = money(currency, row.amount)?.map(Money::to_major);
    let balance = money(currency, row.balance)?.map(Money::to_major);
    let fields = [
        ("amount", amount),
        ("balance", balance),
        ("name", row.depositor.clone()),
        ("account", row.account.clone()),
        ("reference", row.reference.clone()),
        ("memo", row.memo.clone()),
        ("sender_bank", row.sender_bank.clone()),
        ("occurred_at", Some(UnixMs(row.occurred_at).to_string())),
    ];
    Ok(Some(ParseView {
        template_id,
        template_version,
        direction: word("sms.direction", row.id, direction)?,
        fields: fields.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect(),
    }))
}

fn sighting_of(row: sighting::Model) -> Result<SightingView, StoreError> {
    let kind: SourceKind = word("sighting.source_kind", row.id, &row.source_kind)?;
    Ok(SightingView {
        id: row.id,
        source: SourceRef { kind, id: row.source_id }.to_string(),
        format: row.format,
        external_id: row.external_id,
        received_at: UnixMs(row.received_at),
        stored_at: UnixMs(row.stored_at),
        raw: row.raw.map(|raw| String::from_utf8_lossy(&raw).into_owned()),
    })
}

fn history_of(row: entity::sms_history::Model) -> HistoryView {
    HistoryView {
        at: UnixMs(row.at),
        actor: row.actor,
        from: row.from_state,
        to: row.to_state,
        review: row.review,
        reason: row.reason,
    }
}

/// Whether people still have to look at a message in this review state.
#[must_use]
pub fn is_open_review(review: &str) -> bool {
    review == Review::NeedCheck.as_str()
}
