//! Deliveries that came again under an id that is known: the first text stays, whatever the second says, but that it said
//! something else is no secret. A program that begins its ids anew would else lose message after message, each answered
//! `duplicate`.

use std::collections::HashMap;

use entity::sms;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::sms_change::SmsChanges;
use super::{Store, StoreError};
use crate::domain::flags::{Flag, Flags};
use crate::domain::source::SourceRef;
use crate::domain::text::fingerprint_text;

/// A delivery that was answered as one that came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The message that its id brought first.
    pub sms_id: i64,
    /// What it says this time.
    pub text: String,
}

impl Store {
    /// Compares repeated deliveries of `source` with what came first, and flags each message whose id was given to another
    /// text: once, however often that comes. Answers the messages of all that differ. A text that retention has purged
    /// cannot be compared.
    ///
    /// # Errors
    /// Where the database fails, or a message has just changed.
    pub async fn note_repeats(&self, source: SourceRef, repeats: &[Repeat]) -> Result<Vec<i64>, StoreError> {
        let mut first: HashMap<i64, String> = HashMap::new();
        for chunk in repeats.chunks(500) {
            let rows = sms::Entity::find()
                .select_only()
                .column(sms::Column::Id)
                .column(sms::Column::Text)
                .filter(sms::Column::Id.is_in(chunk.iter().map(|repeat| repeat.sms_id)))
                .filter(sms::Column::Text.is_not_null())
                .into_tuple::<(i64, String)>()
                .all(self.reader())
                .await?;
            first.extend(rows);
        }
        let differ = |repeat: &&Repeat| {
            let first = first.get(&repeat.sms_id);
            first
                .is_some_and(|first| *first != repeat.text && fingerprint_text(first) != fingerprint_text(&repeat.text))
        };
        let differing: Vec<i64> = repeats.iter().filter(differ).map(|repeat| repeat.sms_id).collect();
        if !differing.is_empty() {
            self.flag_reused(source, &differing).await?;
        }
        Ok(differing)
    }

    async fn flag_reused(&self, source: SourceRef, ids: &[i64]) -> Result<(), StoreError> {
        let now = self.now();
        let actor = source.to_string();
        self.write_again(async |txn| {
            let mut changes = SmsChanges::new(txn, now, &actor);
            for chunk in ids.chunks(500) {
                let rows = sms::Entity::find()
                    .filter(sms::Column::Id.is_in(chunk.iter().copied()))
                    .lock_exclusive()
                    .all(txn)
                    .await?;
                for row in rows.iter().filter(|row| !Flags(row.flags).has(Flag::IdReused)) {
                    let mut after = row.clone();
                    after.flags = Flags(after.flags).with(Flag::IdReused).0;
                    let reason =
                        format!("{source} gave its id to another text, which was not stored: its ids may begin anew");
                    changes.apply(row, after, Some(reason)).await?;
                }
            }
            changes.finish().await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sms::{Review, SmsState};
    use crate::store::testing::{base, message, shooter, stores};

    #[tokio::test]
    async fn an_id_that_comes_again_with_another_text_is_flagged_once() {
        for store in stores().await {
            let first = message("15881688", SmsState::Matched, base());
            let same = first.text.clone().unwrap();
            let id = store.put_sms(first).await;
            let purged =
                store.put_sms(sms::Model { text: None, ..message("15881688", SmsState::Settled, base()) }).await;
            let says = |sms_id: i64, text: &str| Repeat { sms_id, text: text.to_owned() };
            let rewritten = same.replace('\n', "\r\n");
            let equal = [says(id, &same), says(id, &rewritten), says(purged, "다른 말"), says(99, "다른 말")];
            assert_eq!(store.note_repeats(shooter(1), &equal).await.unwrap(), Vec::<i64>::new());
            assert_eq!(store.sms_row(id).await.unwrap().unwrap().version, 1, "nothing is written");
            for _ in 0..3 {
                let other = [says(id, &same.replace("50,000", "70,000"))];
                assert_eq!(store.note_repeats(shooter(1), &other).await.unwrap(), [id]);
            }
            let detail = store.sms_detail(id).await.unwrap().unwrap();
            assert!(detail.sms.flags.has(Flag::IdReused));
            assert_eq!((detail.sms.review, detail.sms.version, detail.history.len()), (Review::None, 2, 1));
            assert_eq!(detail.history[0].actor, "shooter/1");
        }
    }
}
