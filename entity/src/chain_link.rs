//! Links of the balance chains: one row for each message that tells of a movement on an account.

use sea_orm::entity::prelude::*;

/// A row of `chain_link`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chain_link")]
pub struct Model {
    /// The message.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sms_id: i64,
    /// Which chain: currency, sender, and account or line.
    #[sea_orm(column_type = "Text")]
    pub account_key: String,
    /// The minute in the text, else of the receipt (ms).
    pub minute: i64,
    /// The place within the minute.
    pub place: i64,
    /// When the phone received it (ms).
    pub received_at: i64,
    /// ISO 4217.
    #[sea_orm(column_type = "Text")]
    pub currency: String,
    /// Minor units; below zero for a withdrawal.
    pub moved: i64,
    /// Minor units, where the text states it.
    pub balance: Option<i64>,
    /// The template that read it.
    pub template_id: i64,
    /// `Verdict`.
    #[sea_orm(column_type = "Text")]
    pub verdict: String,
    /// Whether the verdict is a break, so that people have to look.
    pub open: bool,
    /// The message that it was held against.
    pub previous_id: Option<i64>,
    /// The balance after that one.
    pub previous_balance: Option<i64>,
    /// An earlier message that states the same movement and balance.
    pub repeats: Option<i64>,
    /// `Stand` after it, as JSON.
    #[sea_orm(column_type = "Text")]
    pub stand: String,
    /// The person who took it as it stands.
    #[sea_orm(column_type = "Text", nullable)]
    pub accepted_by: Option<String>,
    /// When (ms).
    pub accepted_at: Option<i64>,
    /// What they noted.
    #[sea_orm(column_type = "Text", nullable)]
    pub accepted_note: Option<String>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
