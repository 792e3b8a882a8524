//! Approval intents: what an operator decided, and what became of it. Never deleted: they are the evidence.

use sea_orm::entity::prelude::*;

/// A row of `approval_intent`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approval_intent")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The idempotency key under which the wallet is asked, each time; unique.
    #[sea_orm(column_type = "Text")]
    pub key: String,
    /// Which order; unique among those that are not refused.
    #[sea_orm(column_type = "Text")]
    pub order_id: String,
    /// Whose order it is.
    #[sea_orm(column_type = "Text")]
    pub user_id: String,
    /// The sms that tells of the deposit.
    pub sms_id: i64,
    /// What the wallet calls the deposit (`sms:41`); unique among those that are not refused.
    #[sea_orm(column_type = "Text")]
    pub deposit_ref: String,
    /// `pending` (never sent), `unknown` (perhaps done), `approved` or `refused`.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Who approved, by name.
    #[sea_orm(column_type = "Text")]
    pub operator: String,
    /// Who approved.
    pub operator_id: i64,
    /// What they noted.
    #[sea_orm(column_type = "Text", nullable)]
    pub note: Option<String>,
    /// Whether the deposit's amount is another than the order's.
    pub overriding: bool,
    /// The rule by which the deposit was matched.
    #[sea_orm(column_type = "Text", nullable)]
    pub rule: Option<String>,
    /// The sms's version when it was judged.
    pub sms_version: i64,
    /// The order's version when it was judged.
    pub order_version: i64,
    /// ISO 4217, of both amounts.
    #[sea_orm(column_type = "Text")]
    pub currency: String,
    /// What is credited: the deposit's minor units.
    pub amount: i64,
    /// What was ordered, in minor units.
    pub ordered: i64,
    /// The request's body, which is sent byte for byte each time.
    #[sea_orm(column_type = "Text")]
    pub request: String,
    /// When it was decided (ms).
    pub created_at: i64,
    /// Since when the wallet may have it (ms); none: it never was sent.
    pub sent_at: Option<i64>,
    /// How often it was sent.
    pub attempts: i64,
    /// When it is sent next (ms).
    pub next_at: i64,
    /// The wallet asked to be left alone until then (ms).
    pub not_before: i64,
    /// Who works on it.
    #[sea_orm(column_type = "Text", nullable)]
    pub claim: Option<String>,
    /// Until when nobody else does (ms).
    pub claimed_until: i64,
    /// What the last failure was, or why it is refused.
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    /// When it was approved or refused (ms).
    pub settled_at: Option<i64>,
    /// The credit's entry in the wallet's ledger.
    pub entry_id: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
