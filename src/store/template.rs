//! Recharge templates and every version they had.

use entity::{sms, template, template_revision};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use sea_orm::{QueryOrder, QuerySelect};
use serde_json::json;

use super::sender::read_by;
use super::settings::{Revised, raise_revision};
use super::{Done, Lock, Store, StoreError, count_if, lock};
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::template::TemplateView;
use crate::domain::refusal::Refusal;
use crate::domain::sender::best_key;
use crate::domain::template::TemplateSpec;
use crate::domain::time::UnixMs;

/// How far back the texts of rare senders are looked for, in messages: a bound on the read, since no index leads to them.
const LOOKED_BACK: i64 = 50_000;

/// A stored text on which templates are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredText {
    /// The message.
    pub sms_id: i64,
    /// The sender that it is read by, in comparable form.
    pub sender_key: String,
    /// The text as the phone meant it.
    pub text: String,
    /// When the phone received it.
    pub received_at: UnixMs,
}

impl Store {
    /// A page of the templates; their `warnings` are empty, since they come of compiling.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn template_page(&self, page: PageRequest) -> Result<Page<TemplateView>, StoreError> {
        let mut find = template::Entity::find().filter(template::Column::DeletedAt.is_null());
        let total = count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(template::Column::Id.lt(before));
        }
        let limit = u64::from(page.limit) + 1;
        let rows = find.order_by_desc(template::Column::Id).limit(limit).all(self.reader()).await?;
        let views = rows.into_iter().map(|row| view(&row)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(views, page.limit, total, |view: &TemplateView| view.id))
    }

    /// The templates that the parser uses: id, version and the template itself, by id.
    ///
    /// # Errors
    /// Where the database fails or a template cannot be read.
    pub async fn templates_enabled(&self) -> Result<Vec<(i64, i64, TemplateSpec)>, StoreError> {
        let rows = template::Entity::find()
            .filter(template::Column::Enabled.eq(true))
            .filter(template::Column::DeletedAt.is_null())
            .order_by_asc(template::Column::Id)
            .all(self.reader())
            .await?;
        rows.iter().map(|row| Ok((row.id, row.version, spec_of(row.id, &row.spec)?))).collect()
    }

    /// A template that is not deleted, with its version.
    ///
    /// # Errors
    /// Where the database fails or the template cannot be read.
    pub async fn template(&self, id: i64) -> Result<Option<(i64, TemplateSpec)>, StoreError> {
        let find = template::Entity::find_by_id(id).filter(template::Column::DeletedAt.is_null());
        let row = find.one(self.reader()).await?;
        row.map(|row| Ok((row.version, spec_of(row.id, &row.spec)?))).transpose()
    }

    /// A template as it was in one version.
    ///
    /// # Errors
    /// Where the database fails or the template cannot be read.
    pub async fn template_revision(&self, id: i64, version: i64) -> Result<Option<TemplateSpec>, StoreError> {
        let row = template_revision::Entity::find()
            .filter(template_revision::Column::TemplateId.eq(id))
            .filter(template_revision::Column::Version.eq(version))
            .one(self.reader())
            .await?;
        row.map(|row| spec_of(id, &row.spec)).transpose()
    }

    /// The newest `limit` texts of these senders (comparable forms); none: of all.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn recent_texts(&self, senders: Option<&[String]>, limit: u64) -> Result<Vec<StoredText>, StoreError> {
        let newest = sms::Entity::find()
            .select_only()
            .column(sms::Column::Id)
            .order_by_desc(sms::Column::Id)
            .into_tuple::<i64>()
            .one(self.reader())
            .await?
            .unwrap_or(0);
        let mut find = sms::Entity::find()
            .select_only()
            .columns([sms::Column::Id, sms::Column::SenderKey, sms::Column::ProvisionalKey])
            .columns([sms::Column::Text, sms::Column::ReceivedAt])
            .filter(sms::Column::Id.gt((newest - LOOKED_BACK).max(0)))
            .filter(sms::Column::Text.is_not_null());
        if let Some(senders) = senders {
            find = find.filter(read_by(senders));
        }
        let rows = find
            .order_by_desc(sms::Column::Id)
            .limit(limit)
            .into_tuple::<(i64, String, String, String, i64)>()
            .all(self.reader())
            .await?;
        let text = |(sms_id, key, name, text, received_at): (i64, String, String, String, i64)| StoredText {
            sms_id,
            sender_key: best_key(&key, &name).to_owned(),
            text,
            received_at: UnixMs(received_at),
        };
        Ok(rows.into_iter().map(text).collect())
    }

    /// Adds a template that was compiled before: 201 with the [`TemplateView`].
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn add_template(
        &self,
        caller: &Caller,
        spec: &TemplateSpec,
        warnings: Vec<String>,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "template.add", async |txn| {
            lock(txn, Lock::Key(Revised::Templates.key().as_bytes())).await?;
            let row = template::ActiveModel {
                id: NotSet,
                version: Set(1),
                name: Set(spec.name.clone()),
                spec: Set(written(spec)?),
                enabled: Set(spec.enabled),
                created_at: Set(now.0),
                updated_at: Set(now.0),
                deleted_at: Set(None),
            };
            let id = template::Entity::insert(row).exec(txn).await?.last_insert_id;
            let view = TemplateView { id, version: 1, spec: spec.clone(), warnings, created_at: now, updated_at: now };
            revised(txn, caller, &view, 201).await
        })
        .await
    }

    /// Replaces a template by a new version of it that was compiled before: 200 with the [`TemplateView`].
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is none; else where the store cannot commit.
    pub async fn replace_template(
        &self,
        caller: &Caller,
        id: i64,
        spec: &TemplateSpec,
        warnings: Vec<String>,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "template.replace", async |txn| {
            lock(txn, Lock::Key(Revised::Templates.key().as_bytes())).await?;
            let row = template_row(txn, id).await?;
            let version = row.version + 1;
            let change = template::ActiveModel {
                id: Set(id),
                version: Set(version),
                name: Set(spec.name.clone()),
                spec: Set(written(spec)?),
                enabled: Set(spec.enabled),
                updated_at: Set(now.0),
                ..Default::default()
            };
            template::Entity::update(change).exec(txn).await?;
            let created_at = UnixMs(row.created_at);
            let view = TemplateView { id, version, spec: spec.clone(), warnings, created_at, updated_at: now };
            revised(txn, caller, &view, 200).await
        })
        .await
    }

    /// Deletes a template: 204. What it read stays, and so do its versions.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is none; else where the store cannot commit.
    pub async fn delete_template(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "template.delete", async |txn| {
            lock(txn, Lock::Key(Revised::Templates.key().as_bytes())).await?;
            let row = template_row(txn, id).await?;
            let change = template::ActiveModel {
                id: Set(id),
                enabled: Set(false),
                updated_at: Set(now.0),
                deleted_at: Set(Some(now.0)),
                ..Default::default()
            };
            template::Entity::update(change).exec(txn).await?;
            raise_revision(txn, Revised::Templates, now).await?;
            let detail = json!({ "name": row.name, "version": row.version });
            Ok(Done { answer: Answer::no_content(), subject: format!("template/{id}"), detail })
        })
        .await
    }
}

/// Keeps the version for explanations, tells the parser, and answers.
async fn revised(
    txn: &DatabaseTransaction,
    caller: &Caller,
    view: &TemplateView,
    status: u16,
) -> Result<Done, StoreError> {
    let row = template_revision::ActiveModel {
        id: NotSet,
        template_id: Set(view.id),
        version: Set(view.version),
        spec: Set(written(&view.spec)?),
        at: Set(view.updated_at.0),
        operator: Set(caller.name().to_owned()),
    };
    template_revision::Entity::insert(row).exec_without_returning(txn).await?;
    raise_revision(txn, Revised::Templates, view.updated_at).await?;
    let detail = json!({ "version": view.version, "template": view.spec, "warnings": view.warnings });
    Ok(Done { answer: Answer::new(status, view)?, subject: format!("template/{}", view.id), detail })
}

async fn template_row(txn: &DatabaseTransaction, id: i64) -> Result<template::Model, StoreError> {
    let row = template::Entity::find_by_id(id).filter(template::Column::DeletedAt.is_null()).one(txn).await?;
    row.ok_or_else(|| Refusal::NotFound(format!("there is no template {id}")).into())
}

fn written(spec: &TemplateSpec) -> Result<String, StoreError> {
    serde_json::to_string(spec).map_err(|error| StoreError::corrupt("a template to be saved", error))
}

fn spec_of(id: i64, text: &str) -> Result<TemplateSpec, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt("template.spec", format!("row {id}: {error}")))
}

fn view(row: &template::Model) -> Result<TemplateView, StoreError> {
    Ok(TemplateView {
        id: row.id,
        version: row.version,
        spec: spec_of(row.id, &row.spec)?,
        warnings: Vec::new(),
        created_at: UnixMs(row.created_at),
        updated_at: UnixMs(row.updated_at),
    })
}

#[cfg(test)]
mod tests;
