//! Reads the two peers, writes an intent, sends it.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use serde_json::Value;
use tokio::time::timeout;

use super::evidence::{Asker, Deposit, Fails, Order, judge};
use super::intent::{Intent, IntentState, NewIntent};
use super::outcome::{self, Verdict, Waits};
use super::reading::{Evidence, segment};
use crate::admin::client::{Ask, Client, NoAnswer};
use crate::admin::live::board::Board;
use crate::admin::live::change::Topic;
use crate::admin::store::AdminStore;
use crate::database::StoreError;
use crate::domain::retry::PERMILLE;
use crate::telemetry::names;

/// Reading what an approval rests on takes no longer: nothing is begun then.
const READ_WITHIN: Duration = Duration::from_secs(5);
/// Whoever works on an intent has it for so long: a sending takes 3 s at most. Then it is anybody's again.
const CLAIM_FOR: Duration = Duration::from_secs(10);

/// An approval that an operator asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The idempotency key, made for this request.
    pub key: String,
    /// Which order.
    pub order_id: String,
    /// With which sms; none: the one that recon matched it with.
    pub sms_id: Option<i64>,
    /// The order's version as the operator saw it.
    pub version: i64,
    /// What they note.
    pub note: Option<String>,
    /// Who asks, by name.
    pub operator: String,
    /// Who asks.
    pub operator_id: i64,
    /// Whether they may approve an amount that differs from the order's.
    pub may_override: bool,
}

/// Why nothing was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// The wallet has no such order.
    NoOrder,
    /// Something that it rests on does not hold.
    NoLonger,
    /// The amounts differ, and the operator may not say that it is right so.
    NeedsOverride,
    /// The amounts differ, and the operator does not say why it is right so.
    NeedsNote,
    /// Recon, the wallet or the edge's own store cannot answer now; when to come back.
    Away(Duration),
}

impl From<NoAnswer> for NotBegun {
    fn from(none: NoAnswer) -> Self {
        Self::Away(none.retry_after)
    }
}

impl From<StoreError> for NotBegun {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the admin edge's store cannot take an approval");
        Self::Away(Duration::from_secs(1))
    }
}

impl From<Fails> for NotBegun {
    fn from(fails: Fails) -> Self {
        match fails {
            Fails::NoLonger(_) => Self::NoLonger,
            Fails::NeedsOverride => Self::NeedsOverride,
            Fails::NeedsNote => Self::NeedsNote,
        }
    }
}

/// The one who approves. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Approver {
    pub(super) store: AdminStore,
    pub(super) recon: Arc<Client>,
    pub(super) wallet: Arc<Client>,
    /// Where browsers are told how an approval stands.
    board: Arc<Board>,
    /// Names this one among all that work on the same rows.
    me: String,
}

impl Approver {
    /// One that asks these two, and tells browsers on that board.
    #[must_use]
    pub fn new(store: AdminStore, recon: Arc<Client>, wallet: Arc<Client>, board: Arc<Board>) -> Self {
        Self { store, recon, wallet, board, me: hex::encode(rand::random::<[u8; 8]>()) }
    }

    /// Judges an approval, stores its intent and sends it. Answers how the intent stands then, with the order as it was read.
    ///
    /// # Errors
    /// [`NotBegun`]: nothing is stored, nothing was sent.
    pub async fn approve(&self, asked: &Asked) -> Result<(Intent, Value), NotBegun> {
        let read = timeout(READ_WITHIN, self.evidence(&asked.order_id, asked.sms_id)).await;
        let Evidence { order, told, deposit } = read.map_err(|_late| NotBegun::Away(Duration::from_secs(1)))??;
        let deposit = deposit.ok_or(NotBegun::NoLonger)?;
        let asker = Asker { may_override: asked.may_override, has_note: asked.note.is_some() };
        let (money, overriding) = judge(asked.version, &order, &deposit, asker)?;
        let new = NewIntent {
            key: asked.key.clone(),
            order_id: order.order_id,
            user_id: order.user_id,
            sms_id: deposit.sms_id,
            operator: asked.operator.clone(),
            operator_id: asked.operator_id,
            note: asked.note.clone(),
            overriding,
            rule: deposit.rule,
            sms_version: deposit.version,
            order_version: order.version,
            money,
            ordered: order.money.minor,
        };
        let until = self.store.now().plus(CLAIM_FOR);
        let begun = self.store.begin_intent(new, &self.me, until).await?;
        let intent = begun.ok_or(NotBegun::NoLonger)?;
        tracing::info!(
            order.id = intent.decided.order_id,
            sms.id = intent.decided.sms_id,
            operator.id = intent.decided.operator_id,
            approval.id = intent.id,
            "an operator approved an order"
        );
        self.tell(&intent);
        // From here on it is begun, whatever happens: what cannot be sent or stored now the resolver finishes.
        let stands = match self.send(&intent).await {
            Ok(stands) => stands,
            Err(error) => {
                tracing::warn!(%error, approval.id = intent.id, "an approval's outcome is not stored; it is resolved later");
                Intent { state: IntentState::Unknown, ..intent }
            }
        };
        Ok((stands, told))
    }

    /// Goes on with an intent that this one has claimed. What was never sent is judged anew, since that may be hours ago;
    /// what may have been sent is only ever resolved by its key.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn resume(&self, intent: &Intent) -> Result<Intent, StoreError> {
        if intent.state != IntentState::Pending {
            return self.send(intent).await;
        }
        let decided = &intent.decided;
        let words = match self.evidence(&decided.order_id, Some(decided.sms_id)).await {
            Err(NotBegun::NoOrder) => "the wallet does not know the order".to_owned(),
            Err(NotBegun::Away(wait)) => {
                let now = self.store.now();
                let none = NoAnswer {
                    maybe_done: false,
                    tried: false,
                    retry_after: wait.max(Duration::from_secs(2)),
                    asked_for: false,
                    words: "recon or the wallet does not answer".to_owned(),
                };
                return self.waits(intent, &Waits::after_none(now, intent.attempts, 0, &none)).await;
            }
            Err(_) => "it no longer holds".to_owned(),
            Ok(Evidence { order, deposit, .. }) => match still_holds(intent, &order, deposit.as_ref()) {
                Ok(()) => return self.send(intent).await,
                Err(why) => why.to_owned(),
            },
        };
        self.refused(intent, format!("it was never sent, and no longer holds: {words}")).await
    }

    /// Takes up to `limit` intents that are due, or the oldest of all where `probing`: then nobody else works on them.
    pub(super) async fn claim(&self, limit: u64, probing: bool) -> Result<Vec<Intent>, StoreError> {
        self.store.claim_intents(limit, probing, &self.me, CLAIM_FOR).await
    }

    async fn send(&self, intent: &Intent) -> Result<Intent, StoreError> {
        // Before the first byte leaves, the row says that the wallet may have it.
        if !self.store.note_sending(intent.id, &self.me).await? {
            // Somebody else took it over.
            return Ok(self.store.intent(intent.id).await?.unwrap_or_else(|| intent.clone()));
        }
        let decided = &intent.decided;
        let was_sent = intent.sent_at.is_some();
        let path = format!("/internal/recharges/{}/approve", segment(&decided.order_id));
        let ask = Ask::post_text(path, intent.request.as_str()).once(decided.key.as_str()).single();
        let answered = self.wallet.call(&ask).await;
        let (now, permille) = (self.store.now(), rand::rng().random_range(PERMILLE));
        match answered {
            Ok(answer) => match outcome::judge(&answer, &decided.order_id, was_sent) {
                Verdict::Approved { entry_id } => self.approved(intent, entry_id).await,
                Verdict::Refused(words) => match self.credited(intent).await {
                    Ok(None) => self.refused(intent, words).await,
                    Ok(Some(entry_id)) => self.approved(intent, entry_id).await,
                    Err(none) => {
                        let words = format!("{words}; then {}", none.words);
                        self.waits(intent, &Waits::after_answer(now, intent.attempts, permille, words)).await
                    }
                },
                Verdict::Again(words) => {
                    self.waits(intent, &Waits::after_answer(now, intent.attempts, permille, words)).await
                }
            },
            Err(none) => {
                let waits = Waits::after_none(now, intent.attempts, permille, &none);
                self.waits(intent, &Waits { maybe_done: waits.maybe_done || was_sent, ..waits }).await
            }
        }
    }

    /// The entry by which the wallet credited this very deposit to this very order, also where it refuses to say so under
    /// the key: no approval is called refused whose money is there.
    async fn credited(&self, intent: &Intent) -> Result<Option<Option<i64>>, NoAnswer> {
        let decided = &intent.decided;
        let ask = Ask::get(format!("/internal/recharges/{}", segment(&decided.order_id))).single();
        let order = self.wallet.call(&ask).await?.body;
        let is_ours = order["status"] == "approved" && order["closed"]["deposit_ref"] == decided.deposit_ref();
        Ok(is_ours.then(|| order["closed"]["entry_id"].as_i64()))
    }

    async fn approved(&self, intent: &Intent, entry_id: Option<i64>) -> Result<Intent, StoreError> {
        count("approved");
        tracing::info!(approval.id = intent.id, order.id = intent.decided.order_id, "an approval is credited");
        let settled = self.store.settle_intent(intent.id, IntentState::Approved, entry_id, None).await?;
        self.tell(&settled);
        self.board.recount();
        Ok(settled)
    }

    async fn refused(&self, intent: &Intent, words: String) -> Result<Intent, StoreError> {
        count("refused");
        tracing::warn!(
            approval.id = intent.id,
            order.id = intent.decided.order_id,
            error = words,
            "an approval is refused"
        );
        let settled = self.store.settle_intent(intent.id, IntentState::Refused, None, Some(words)).await?;
        self.tell(&settled);
        Ok(settled)
    }

    async fn waits(&self, intent: &Intent, waits: &Waits) -> Result<Intent, StoreError> {
        count(if waits.counts { "again" } else { "held_back" });
        let waiting = self.store.postpone_intent(intent.id, &self.me, waits).await?;
        self.tell(&waiting);
        Ok(waiting)
    }

    /// Has browsers read the order again.
    fn tell(&self, intent: &Intent) {
        self.board.changed(Topic::Order, intent.decided.order_id.clone());
    }
}

/// Whether what was decided is still what order and deposit say. Rights and note were judged when it was decided.
fn still_holds(intent: &Intent, order: &Order, deposit: Option<&Deposit>) -> Result<(), &'static str> {
    let deposit = deposit.ok_or("there is no such sms")?;
    let decided = &intent.decided;
    let asker = Asker { may_override: true, has_note: true };
    match judge(decided.order_version, order, deposit, asker) {
        Ok((money, _)) if money == decided.money && order.money.minor == decided.ordered => Ok(()),
        Err(Fails::NoLonger(why)) => Err(why),
        Ok(_) | Err(Fails::NeedsOverride | Fails::NeedsNote) => Err("an amount has changed"),
    }
}

fn count(outcome: &'static str) {
    metrics::counter!(names::ADMIN_APPROVAL_SENDS, "outcome" => outcome).increment(1);
}
