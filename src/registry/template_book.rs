//! Owns the recharge templates.

use actix::Message;

use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::template::{TemplateTestDone, TemplateTestInput, TemplateView};
use crate::domain::refusal::Refusal;
use crate::domain::template::TemplateSpec;

/// The actor.
#[derive(Debug)]
pub struct TemplateBook;

/// A page of the templates.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<TemplateView>, Refusal>")]
pub struct ListTemplates {
    /// Which page.
    pub page: PageRequest,
}

/// Adds a template: 201 with the [`TemplateView`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AddTemplate {
    /// Who asks.
    pub caller: Caller,
    /// The template.
    pub spec: TemplateSpec,
}

/// Replaces a template by a new version: 200 with the [`TemplateView`].
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ReplaceTemplate {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
    /// The template.
    pub spec: TemplateSpec,
}

/// Deletes a template: 204. What it read stays.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct DeleteTemplate {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}

/// Tries a template on texts; stores nothing.
#[derive(Debug, Message)]
#[rtype(result = "Result<TemplateTestDone, Refusal>")]
pub struct TestTemplate {
    /// The template and the texts.
    pub input: TemplateTestInput,
}
