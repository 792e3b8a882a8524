//! Messages of an old server. They are history: what was decided stays decided, nothing is matched anew, and a source that
//! brings one of them again finds it here.

use std::collections::{HashMap, HashSet};

use entity::{pushbullet_device, recharge_order, sighting, sms, sms_history, sms_match};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel as _,
};
use sea_orm::{QueryFilter, QuerySelect};

use super::catalog::{Taken, taken};
use super::{Batch, FORMAT};
use crate::domain::flags::{Flag, Flags};
use crate::domain::identity::fingerprint;
use crate::domain::old_shooter::{OldContent, OldRow, OldSms};
use crate::domain::phone::comparable_sender;
use crate::domain::sms::{Direction, Review, SmsState};
use crate::domain::source::SourceRef;
use crate::domain::text::fingerprint_text;
use crate::domain::time::UnixMs;
use crate::store::StoreError;
use crate::store::intake::stored_fingerprint_of;
use crate::store::new_sms::new_sms;
use crate::store::rows::insert;
use crate::store::sms::source_bit;

/// A sighting of the import: no device has this id, so that the source itself may bring the message once more.
const IMPORT: i64 = 0;

/// What a batch's messages are checked against, and what is to be written of them.
pub(super) struct Messages {
    ids: HashSet<i64>,
    /// By order, the message that has it.
    paired: HashMap<String, i64>,
    /// Orders that the wallet has told of.
    orders: HashSet<String>,
    /// By Pushbullet's name: the source and the line.
    phones: HashMap<String, (i64, Option<String>)>,
    rows: Vec<sms::ActiveModel>,
    sightings: Vec<sighting::ActiveModel>,
    history: Vec<sms_history::ActiveModel>,
    pairs: Vec<sms_match::ActiveModel>,
    now: UnixMs,
}

impl Messages {
    pub(super) async fn of(batch: &Batch<'_>, rows: &[OldRow]) -> Result<Self, StoreError> {
        let messages = || {
            rows.iter().filter_map(|row| match &row.content {
                OldContent::Sms(old) => Some((row.id, old)),
                _ => None,
            })
        };
        let mut known = Self {
            ids: HashSet::new(),
            paired: HashMap::new(),
            orders: HashSet::new(),
            phones: HashMap::new(),
            rows: Vec::new(),
            sightings: Vec::new(),
            history: Vec::new(),
            pairs: Vec::new(),
            now: batch.now,
        };
        let ids: Vec<i64> = messages().map(|(id, _)| id).collect();
        for chunk in ids.chunks(500) {
            let find = sms::Entity::find().select_only().column(sms::Column::Id);
            let there = find.filter(sms::Column::Id.is_in(chunk.iter().copied())).into_tuple::<i64>();
            known.ids.extend(there.all(batch.txn).await?);
        }
        let orders: Vec<&str> = messages().filter_map(|(_, old)| old.order_id.as_deref()).collect();
        for chunk in orders.chunks(500) {
            let pairs = sms_match::Entity::find()
                .filter(sms_match::Column::OrderId.is_in(chunk.iter().copied()))
                .filter(sms_match::Column::Active.eq(true));
            known.paired.extend(pairs.all(batch.txn).await?.into_iter().map(|pair| (pair.order_id, pair.sms_id)));
            let told = recharge_order::Entity::find()
                .select_only()
                .column(recharge_order::Column::OrderId)
                .filter(recharge_order::Column::OrderId.is_in(chunk.iter().copied()));
            known.orders.extend(told.into_tuple::<String>().all(batch.txn).await?);
        }
        if messages().any(|(_, old)| old.device_iden.is_some()) {
            let phones = pushbullet_device::Entity::find().all(batch.txn).await?;
            let named = phones.into_iter().filter_map(|row| Some((row.device_iden?, (row.phone_id, row.line))));
            known.phones.extend(named);
        }
        Ok(known)
    }

    pub(super) fn take(&mut self, row: &OldRow, old: &OldSms) -> Taken {
        if self.ids.contains(&row.id) {
            return Err(taken("message", row.id));
        }
        let (state, review) = match (old.state(), old.review()) {
            (Ok(state), Ok(review)) => (state, review),
            (Err(why), _) | (_, Err(why)) => return Err(why),
        };
        let holds_order = [SmsState::Matched, SmsState::Settled].contains(&state);
        let order_id = old.order_id.as_ref().filter(|_| holds_order);
        if let Some(order_id) = order_id
            && let Some(other) = self.paired.get(order_id)
        {
            return Err(format!("order {order_id} is paired with message {other} already"));
        }
        let mut notes = Vec::new();
        if let (Some(order_id), false) = (&old.order_id, holds_order) {
            notes.push(format!("it is not matched (status {}), so that its order {order_id} is left out", old.status));
        }
        if let Some(order_id) = order_id.filter(|order_id| !self.orders.contains(*order_id)) {
            notes.push(format!("the wallet has not told of its order {order_id} yet"));
        }
        if old.is_unfinished() {
            notes.push(format!("the old server had not finished with it (status {}): it asks for a check", old.status));
        }
        let message = self.row(row.id, old, (state, review));
        if let Some(order_id) = order_id {
            self.paired.insert(order_id.clone(), row.id);
            self.pairs.push(pair(row.id, order_id, old));
        }
        self.sightings.push(self.sighting(row.id, old));
        self.history.push(self.history(row.id, old, (state, review)));
        self.rows.push(message);
        Ok(notes)
    }

    fn row(&self, id: i64, old: &OldSms, (state, review): (SmsState, Review)) -> sms::ActiveModel {
        let phone = old.device_iden.as_ref().and_then(|iden| self.phones.get(iden));
        let line = phone.and_then(|(_, line)| line.clone());
        let source = SourceRef { kind: old.source, id: phone.map_or(IMPORT, |(id, _)| *id) };
        let text = old.content.as_deref().unwrap_or_default();
        let hash = fingerprint(line.as_deref(), source, &fingerprint_text(text));
        let at = old.sms_time;
        let stored = old.create_time.unwrap_or(at);
        let updated = old.update_time.unwrap_or(stored);
        let decided = [Review::Confirmed, Review::Rejected].contains(&review);
        let currency = old.money.or(old.balance).map(|money| money.currency.as_str().to_owned());
        let model = sms::Model {
            line,
            sender: old.phone.clone(),
            sender_key: comparable_sender(&old.phone),
            text: old.content.clone(),
            fingerprint: stored_fingerprint_of(hash, at),
            stored_at: stored.0,
            sources: source_bit(old.source),
            state_since: updated.0,
            review: review.as_str().to_owned(),
            // Without a person behind it, the system could take it back.
            review_by: decided.then(|| old.check_user.clone().unwrap_or_else(|| "import".to_owned())),
            review_at: decided.then(|| old.check_time.unwrap_or(updated).0),
            review_note: old.check_note.clone(),
            flags: Flags::NONE.with(Flag::OldEvent).0,
            direction: old.money.map(|_| Direction::Deposit.as_str().to_owned()),
            currency,
            amount: old.money.map(|money| money.minor),
            balance: old.balance.map(|money| money.minor),
            depositor: old.depositor.clone(),
            account: old.account.clone(),
            template_id: old.template_id,
            template_version: old.template_id.map(|_| 1),
            order_id: old.order_id.clone().filter(|_| [SmsState::Matched, SmsState::Settled].contains(&state)),
            updated_at: updated.0,
            ..new_sms(id, state, at, self.now)
        };
        model.into_active_model().reset_all()
    }

    fn sighting(&self, id: i64, old: &OldSms) -> sighting::ActiveModel {
        sighting::ActiveModel {
            id: NotSet,
            source_kind: Set(old.source.as_str().to_owned()),
            source_id: Set(IMPORT),
            source_key: Set(format!("import {id}").into_bytes()),
            sms_id: Set(id),
            external_id: Set(old.sms_id.clone()),
            format: Set(FORMAT.to_owned()),
            received_at: Set(old.sms_time.0),
            stored_at: Set(self.now.0),
            raw: Set(None),
        }
    }

    fn history(&self, id: i64, old: &OldSms, (state, review): (SmsState, Review)) -> sms_history::ActiveModel {
        let words = format!("imported: status {}, check_status {} in the old server", old.status, old.check_status);
        sms_history::ActiveModel {
            id: NotSet,
            sms_id: Set(id),
            at: Set(self.now.0),
            actor: Set("import".to_owned()),
            from_state: Set(SmsState::Received.as_str().to_owned()),
            to_state: Set(state.as_str().to_owned()),
            review: Set(review.as_str().to_owned()),
            reason: Set(Some(words)),
        }
    }

    pub(super) async fn write(self, batch: &Batch<'_>) -> Result<(), StoreError> {
        insert(batch.txn, self.rows).await?;
        insert(batch.txn, self.sightings).await?;
        insert(batch.txn, self.history).await?;
        insert(batch.txn, self.pairs).await
    }
}

fn pair(sms_id: i64, order_id: &str, old: &OldSms) -> sms_match::ActiveModel {
    let at = old.update_time.or(old.create_time).unwrap_or(old.sms_time);
    sms_match::ActiveModel {
        id: NotSet,
        sms_id: Set(sms_id),
        order_id: Set(order_id.to_owned()),
        active: Set(true),
        made_by: Set("import".to_owned()),
        made_at: Set(at.0),
        timing: Set("manual".to_owned()),
        released_at: Set(None),
        release_reason: Set(None),
    }
}
