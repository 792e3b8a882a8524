//! Breaks as people see them, and taking one as it stands.

use std::collections::HashMap;

use entity::{chain_link, sms};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};

use super::SmsChanges;
use super::facts::{account_digits, facts_of};
use super::follow::{enter, judge_one_again, told};
use crate::contract::chain::{AcceptBreakInput, ChainBreak, ChainBreakFilter, ChainView};
use crate::contract::page::{Page, PageRequest};
use crate::contract::sms::CheckView;
use crate::domain::money::{Currency, Money};
use crate::domain::phone::comparable_sender;
use crate::domain::refusal::Refusal;
use crate::domain::sms::SmsState;
use crate::domain::time::UnixMs;
use crate::store::sms::word;
use crate::store::sms_change::moved;
use crate::store::{Store, StoreError, count_if};

impl Store {
    /// A page of the breaks that wait for people, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn chain_breaks(
        &self,
        filter: &ChainBreakFilter,
        page: PageRequest,
    ) -> Result<Page<ChainBreak>, StoreError> {
        let db = self.reader();
        let mut find = chain_link::Entity::find().filter(open());
        if let Some(account) = &filter.account {
            let key = format!("% account {}", account_digits(account));
            find = find.filter(chain_link::Column::AccountKey.like(key));
        }
        if filter.line.is_some() || filter.sender.is_some() {
            let mut of_these = Query::select()
                .expr(Expr::value(1))
                .from(sms::Entity)
                .and_where(
                    Expr::col((sms::Entity, sms::Column::Id)).equals((chain_link::Entity, chain_link::Column::SmsId)),
                )
                .to_owned();
            if let Some(line) = &filter.line {
                of_these.and_where(Expr::col((sms::Entity, sms::Column::Line)).eq(line));
            }
            if let Some(sender) = &filter.sender {
                of_these.and_where(Expr::col((sms::Entity, sms::Column::SenderKey)).eq(comparable_sender(sender)));
            }
            find = find.filter(Expr::exists(of_these));
        }
        let total = count_if(page.count, &find, db).await?;
        if let Some(before) = page.before {
            find = find.filter(chain_link::Column::SmsId.lt(before));
        }
        let limit = u64::from(page.limit) + 1;
        let links = find.order_by_desc(chain_link::Column::SmsId).limit(limit).all(db).await?;
        let ids: Vec<i64> = links.iter().flat_map(|link| [Some(link.sms_id), link.previous_id]).flatten().collect();
        let mut rows: HashMap<i64, sms::Model> = HashMap::new();
        for chunk in ids.chunks(500) {
            let found = sms::Entity::find().filter(sms::Column::Id.is_in(chunk.iter().copied())).all(db).await?;
            rows.extend(found.into_iter().map(|row| (row.id, row)));
        }
        let mut items = Vec::with_capacity(links.len());
        for link in &links {
            // Read a moment later: its message may have moved on, but messages are never deleted.
            let Some(row) = rows.get(&link.sms_id) else { continue };
            items.push(item_of(link, row, link.previous_id.and_then(|id| rows.get(&id)))?);
        }
        Ok(Page::of(items, page.limit, total, |item: &ChainBreak| item.sms_id))
    }

    /// How many breaks wait for people.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn open_breaks(&self) -> Result<u64, StoreError> {
        Ok(chain_link::Entity::find().filter(open()).count(self.reader()).await?)
    }
}

/// In the words of the index over them.
fn open() -> sea_orm::sea_query::SimpleExpr {
    Expr::cust("open")
}

/// Takes a break as it stands: its message is no longer held back for it, and its balance is the account's from then on.
///
/// # Errors
/// [`Refusal::NotFound`] where there is no such message, [`Refusal::Conflict`] where it is no break or its version moved; else
/// where the database fails.
pub async fn accept_break(
    changes: &mut SmsChanges<'_>,
    sms_id: i64,
    input: &AcceptBreakInput,
    operator: &str,
) -> Result<ChainBreak, StoreError> {
    let txn = changes.txn();
    let row = message(txn, sms_id).await?;
    let Some(link) = link_in_its_chain(txn, sms_id).await?.filter(|link| link.open) else {
        return Err(Refusal::Conflict(format!("sms {sms_id} is no open break of a balance chain")).into());
    };
    if input.version.is_some_and(|version| version != row.version) {
        return Err(moved(sms_id).into());
    }
    accept(changes, link, operator, Some(&input.note)).await?;
    let row = message(txn, sms_id).await?;
    let link = chain_link::Entity::find_by_id(sms_id).one(txn).await?;
    let link = link.ok_or_else(|| StoreError::corrupt("chain_link", format!("sms {sms_id} has lost its link")))?;
    let previous = match link.previous_id {
        Some(id) => sms::Entity::find_by_id(id).one(txn).await?,
        None => None,
    };
    item_of(&link, &row, previous.as_ref())
}

/// A person has confirmed the message: if it is a break, it is taken as it stands.
pub(in crate::store) async fn accept_confirmed(
    changes: &mut SmsChanges<'_>,
    sms_id: i64,
    operator: &str,
    note: Option<&str>,
) -> Result<(), StoreError> {
    match link_in_its_chain(changes.txn(), sms_id).await? {
        Some(link) if link.open => accept(changes, link, operator, note).await,
        _ => Ok(()),
    }
}

/// A person has taken back what they decided on the message: it is judged by its balance again.
pub(in crate::store) async fn take_back(changes: &mut SmsChanges<'_>, sms_id: i64) -> Result<(), StoreError> {
    match link_in_its_chain(changes.txn(), sms_id).await? {
        Some(link) if link.accepted_at.is_some() => {
            let link = chain_link::Model { accepted_by: None, accepted_at: None, accepted_note: None, ..link };
            judge_one_again(changes, link).await
        }
        _ => Ok(()),
    }
}

async fn accept(
    changes: &mut SmsChanges<'_>,
    link: chain_link::Model,
    operator: &str,
    note: Option<&str>,
) -> Result<(), StoreError> {
    let link = chain_link::Model {
        accepted_by: Some(operator.to_owned()),
        accepted_at: Some(changes.now().0),
        accepted_note: note.map(str::to_owned),
        ..link
    };
    judge_one_again(changes, link).await
}

async fn message(txn: &DatabaseTransaction, sms_id: i64) -> Result<sms::Model, StoreError> {
    let row = sms::Entity::find_by_id(sms_id).one(txn).await?.filter(|row| row.id > 0);
    row.ok_or_else(|| Refusal::NotFound(format!("there is no sms {sms_id}")).into())
}

/// The link of a message, under the lock of its chain.
async fn link_in_its_chain(txn: &DatabaseTransaction, sms_id: i64) -> Result<Option<chain_link::Model>, StoreError> {
    let find = || chain_link::Entity::find_by_id(sms_id);
    let Some(link) = find().one(txn).await? else { return Ok(None) };
    enter(txn, std::iter::once(&link.account_key)).await?;
    Ok(find().one(txn).await?.filter(|now| now.account_key == link.account_key))
}

/// A message's link; none where it is none.
pub(in crate::store) async fn view_of(
    db: &impl ConnectionTrait,
    row: &sms::Model,
) -> Result<Option<ChainView>, StoreError> {
    if facts_of(row).is_none() {
        return Ok(None);
    }
    let link = chain_link::Entity::find_by_id(row.id).one(db).await?;
    link.map(|link| chain_view(&link, row)).transpose()
}

fn chain_view(link: &chain_link::Model, row: &sms::Model) -> Result<ChainView, StoreError> {
    let currency: Currency =
        link.currency.parse().map_err(|error| StoreError::corrupt("chain_link.currency", error))?;
    let money = |minor: i64| Money { minor, currency };
    let expected = link.previous_balance.and_then(|before| before.checked_add(link.moved));
    let missing = expected.and_then(|expected| link.balance?.checked_sub(expected));
    let accepted = link.accepted_by.clone().zip(link.accepted_at).map(|(by, at)| CheckView {
        by,
        at: UnixMs(at),
        note: link.accepted_note.clone(),
    });
    Ok(ChainView {
        account: row.account.clone(),
        verdict: word("chain_link.verdict", link.sms_id, &link.verdict)?,
        open: link.open,
        previous_sms_id: link.previous_id,
        previous_balance: link.previous_balance.map(money),
        moved: money(link.moved),
        expected: expected.map(money),
        stated: link.balance.map(money),
        missing: missing.filter(|minor| *minor != 0).map(money),
        repeats_sms_id: link.repeats,
        sentence: told(link)?,
        accepted,
    })
}

fn item_of(
    link: &chain_link::Model,
    row: &sms::Model,
    previous: Option<&sms::Model>,
) -> Result<ChainBreak, StoreError> {
    Ok(ChainBreak {
        sms_id: link.sms_id,
        state: word::<SmsState>("sms.state", row.id, &row.state)?,
        sender: row.sender.clone(),
        line: row.line.clone(),
        direction: row.direction.as_deref().map(|text| word("sms.direction", row.id, text)).transpose()?,
        occurred_at: UnixMs(row.occurred_at),
        received_at: UnixMs(row.received_at),
        previous_occurred_at: previous.map(|row| UnixMs(row.occurred_at)),
        chain: chain_view(link, row)?,
        version: row.version,
    })
}
