//! Messages that were taken in by a provisional name, and whose number came later: the whitelist is asked beside whatever
//! has become of them.

use std::collections::BTreeSet;

use entity::sms;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::matching::bucket_of;
use super::order::{Bucket, mark_buckets};
use super::settings::{Revised, revision};
use super::sms_change::{Change, SmsChanges, system_review};
use super::{Store, StoreError};
use crate::domain::flags::{Flag, Flags};
use crate::domain::sender::{Listed, Sender, best_key, listed};
use crate::domain::sms::SmsState;
use crate::domain::time::UnixMs;

/// What a row knows of who sent it.
pub(super) fn sender_of(sender: String, sender_key: String, provisional_key: String) -> Sender<'static> {
    Sender { shown: sender.into(), key: sender_key.into(), provisional_key: provisional_key.into() }
}

/// The sender that a message is read by, in comparable form.
#[must_use]
pub fn key_of(row: &sms::Model) -> &str {
    best_key(&row.sender_key, &row.provisional_key)
}

/// Messages that are read by one of these senders.
pub(super) fn read_by(keys: &[String]) -> Condition {
    let by_name = Condition::all().add(sms::Column::SenderKey.eq("")).add(sms::Column::ProvisionalKey.is_in(keys));
    Condition::any().add(sms::Column::SenderKey.is_in(keys)).add(by_name)
}

/// Sets what the whitelist says of a message, and answers it.
pub fn judge(row: &mut sms::Model, is_listed: impl Fn(&str) -> bool) -> Listed {
    let says = listed(&row.sender_key, &row.provisional_key, is_listed);
    let flags = Flags(row.flags).without(Flag::UnlistedSender);
    row.flags = if says == Listed::ByNameOnly { flags.with(Flag::UnlistedSender).0 } else { flags.0 };
    row.ask_sender = false;
    says
}

impl Store {
    /// Asks about up to `limit` messages whose number came after they were taken in: those that only their provisional name
    /// had let in are held back from now on, and others that were are free. `revision` is that of the whitelist by which
    /// `is_listed` answers; after a change of it nothing is judged. Answers how many were asked about.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn ask_senders(
        &self,
        limit: u64,
        known: i64,
        actor: &str,
        is_listed: impl Fn(&str) -> bool,
    ) -> Result<u64, StoreError> {
        let rows = sms::Entity::find()
            .filter(Expr::cust("ask_sender"))
            .order_by_asc(sms::Column::Id)
            .limit(limit)
            .all(self.reader())
            .await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let now = self.now();
        let changes: Vec<Change<'_>> = rows.iter().map(|row| asked(row, &is_listed)).collect();
        let moved = |change: &&Change<'_>| change.before.flags != change.after.flags && is_for_matcher(change.before);
        let buckets: BTreeSet<Bucket> =
            changes.iter().filter(moved).filter_map(|change| bucket_of(change.before)).collect();
        let _turn = self.stage_turn().await;
        self.write_again(async |txn| {
            if revision(txn, Revised::Phones).await? != known {
                return Ok(0);
            }
            // First the buckets, in their order, then the messages: as the matcher does.
            for bucket in &buckets {
                bucket.lock(txn).await?;
            }
            let mut told = SmsChanges::new(txn, now, actor);
            // What somebody changed meanwhile is asked about in the next round.
            told.apply_all(changes.clone()).await?;
            mark_buckets(txn, buckets.iter().copied(), now).await?;
            told.finish().await?;
            Ok(u64::try_from(changes.len()).unwrap_or(u64::MAX))
        })
        .await
    }
}

fn is_for_matcher(row: &sms::Model) -> bool {
    use SmsState::{Ambiguous, Matched, Parsed, Unmatched};
    [Parsed, Matched, Ambiguous, Unmatched].iter().any(|state| state.as_str() == row.state)
}

fn asked(before: &sms::Model, is_listed: impl Fn(&str) -> bool) -> Change<'_> {
    let mut after = before.clone();
    let reason = match judge(&mut after, is_listed) {
        Listed::Yes => "the number that sent it is on the phone whitelist",
        Listed::ByNameOnly => BY_NAME_ONLY,
        Listed::No => {
            // Its name was on the list when it was taken in.
            after.flags = Flags(after.flags).with(Flag::UnlistedSender).0;
            "neither its name nor the number that sent it is on the phone whitelist by now: people must decide"
        }
    };
    // Of what it may still hold back the matcher asks for the check.
    if Flags(after.flags).has(Flag::UnlistedSender) && before.state == SmsState::Settled.as_str() {
        system_review(&mut after, true);
    }
    Change { before, after, reason: Some(reason.to_owned()) }
}

/// Why a message is taken in and held back.
pub const BY_NAME_ONLY: &str =
    "the name of its channel or contact is on the phone whitelist, the number that sent it is not: people must decide";

/// Messages received since `since` that a listed name let in while their number was not listed.
pub(super) fn held_back(since: UnixMs) -> Condition {
    // Written out, not bound, so that the partial index serves.
    Condition::all()
        .add(Expr::cust(format!("flags & {} <> 0", Flags::NONE.with(Flag::UnlistedSender).0)))
        .add(sms::Column::ReceivedAt.gte(since.0))
        .add(sms::Column::AskSender.eq(false))
}
