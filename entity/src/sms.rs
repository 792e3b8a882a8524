//! Messages: one row for each SMS, however many sightings brought it.

use sea_orm::entity::prelude::*;

/// A row of `sms`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The receiving handset's number or label.
    #[sea_orm(column_type = "Text", nullable)]
    pub line: Option<String>,
    /// The sender as the source wrote it; a provisional name while no number is known.
    #[sea_orm(column_type = "Text")]
    pub sender: String,
    /// The number that sent it in its comparable form; empty while unknown.
    #[sea_orm(column_type = "Text")]
    pub sender_key: String,
    /// The provisional name (a contact's, a channel's) in its comparable form; empty where none was given.
    #[sea_orm(column_type = "Text")]
    pub provisional_key: String,
    /// The number came after the message was taken in by its provisional name: the whitelist is to be asked about it.
    pub ask_sender: bool,
    /// The text as the phone meant it; none once retention has purged it.
    #[sea_orm(column_type = "Text", nullable)]
    pub text: Option<String>,
    /// Hour of receipt and hash of line and text: what other sightings are compared by.
    pub fingerprint: Vec<u8>,
    /// When the phone received it (ms).
    pub received_at: i64,
    /// The time in the text, else `received_at` (ms).
    pub occurred_at: i64,
    /// Whether `occurred_at` is known to the minute only.
    pub to_the_minute: bool,
    /// When we stored it (ms).
    pub stored_at: i64,
    /// Kinds of source that brought it, a bit each in the order of `SourceKind::ALL`.
    pub sources: i64,
    /// `SmsState`.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When it took that state (ms).
    pub state_since: i64,
    /// `Review`.
    #[sea_orm(column_type = "Text")]
    pub review: String,
    /// The person behind `review`; none: the system.
    #[sea_orm(column_type = "Text", nullable)]
    pub review_by: Option<String>,
    /// When (ms).
    pub review_at: Option<i64>,
    /// What they noted.
    #[sea_orm(column_type = "Text", nullable)]
    pub review_note: Option<String>,
    /// `Flags`.
    pub flags: i64,
    /// `Direction`.
    #[sea_orm(column_type = "Text", nullable)]
    pub direction: Option<String>,
    /// ISO 4217.
    #[sea_orm(column_type = "Text", nullable)]
    pub currency: Option<String>,
    /// Minor units.
    pub amount: Option<i64>,
    /// Minor units.
    pub balance: Option<i64>,
    /// The payer's name as read.
    #[sea_orm(column_type = "Text", nullable)]
    pub depositor: Option<String>,
    /// Our account as read, perhaps masked.
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// A payment code as read.
    #[sea_orm(column_type = "Text", nullable)]
    pub reference: Option<String>,
    /// A memo as read.
    #[sea_orm(column_type = "Text", nullable)]
    pub memo: Option<String>,
    /// The payer's bank as read.
    #[sea_orm(column_type = "Text", nullable)]
    pub sender_bank: Option<String>,
    /// After how many characters this bank cuts names.
    pub name_max: Option<i64>,
    /// The template that read it.
    pub template_id: Option<i64>,
    /// Its version.
    pub template_version: Option<i64>,
    /// The order of its active match.
    #[sea_orm(column_type = "Text", nullable)]
    pub order_id: Option<String>,
    /// Failed attempts of the stage it is in.
    pub attempts: i64,
    /// Not to be tried before (ms).
    pub next_attempt_at: Option<i64>,
    /// Grows with every change: what a check must name.
    pub version: i64,
    /// When it last changed (ms).
    pub updated_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
