//! Operators.

use entity::admin::user;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::NotSet, ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use sea_orm::{DatabaseTransaction, ExprTrait as _, PaginatorTrait as _, UpdateMany};
use serde_json::{Value, json};

use super::{AdminStore, LOCAL, NewEntry};
use crate::admin::permission::Role;
use crate::database::StoreError;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;

/// An operator. Debug does not show the password's hash.
#[derive(Clone)]
pub struct User {
    /// Ours.
    pub id: i64,
    /// By which they log in.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// argon2id, as a PHC string.
    pub password_hash: String,
    /// A session of another epoch is over.
    pub epoch: i64,
    /// Since when they may not enter; none: they may.
    pub disabled_at: Option<UnixMs>,
    /// When they were added.
    pub created_at: UnixMs,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// An operator to be added.
pub struct NewUser<'a> {
    /// By which they log in.
    pub username: &'a str,
    /// What they may do.
    pub role: Role,
    /// argon2id, as a PHC string.
    pub password_hash: String,
}

fn from_row(row: user::Model) -> Result<User, StoreError> {
    let role = row.role.parse().map_err(|error| StoreError::corrupt("admin_user.role", error))?;
    Ok(User {
        id: row.id,
        username: row.username,
        role,
        password_hash: row.password_hash,
        epoch: row.epoch,
        disabled_at: row.disabled_at.map(UnixMs),
        created_at: UnixMs(row.created_at),
    })
}

impl AdminStore {
    /// The operator of that name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn user_named(&self, username: &str) -> Result<Option<User>, StoreError> {
        let find = user::Entity::find().filter(user::Column::Username.eq(username));
        find.one(self.database.reader()).await?.map(from_row).transpose()
    }

    /// The operator of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn user(&self, id: i64) -> Result<Option<User>, StoreError> {
        user::Entity::find_by_id(id).one(self.database.reader()).await?.map(from_row).transpose()
    }

    /// Every operator, by name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = user::Entity::find().order_by_asc(user::Column::Username).all(self.database.reader()).await?;
        rows.into_iter().map(from_row).collect()
    }

    /// Whether there is no operator at all.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn has_no_users(&self) -> Result<bool, StoreError> {
        Ok(user::Entity::find().count(self.database.reader()).await? == 0)
    }

    /// Adds an operator; false where there is one of that name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn add_user(&self, new: NewUser<'_>) -> Result<bool, StoreError> {
        let now = self.now().0;
        let row = user::ActiveModel {
            id: NotSet,
            username: Set(new.username.to_owned()),
            role: Set(new.role.as_str().to_owned()),
            password_hash: Set(new.password_hash),
            epoch: Set(1),
            disabled_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let keep = OnConflict::column(user::Column::Username).do_nothing().to_owned();
        self.database
            .write(async |txn| {
                let added = user::Entity::insert(row).on_conflict(keep).exec_without_returning(txn).await? == 1;
                if added {
                    self.note_change(txn, new.username, "operator.add", &json!({ "role": new.role })).await?;
                }
                Ok(added)
            })
            .await
    }

    /// Disables an operator, whose sessions end at once, or enables them again.
    ///
    /// # Errors
    /// No such operator, or the database fails.
    pub async fn set_disabled(&self, username: &str, disabled: bool) -> Result<(), StoreError> {
        let at = disabled.then(|| self.now().0);
        let action = if disabled { "operator.disable" } else { "operator.enable" };
        self.change(username, action, json!({}), |update| update.col_expr(user::Column::DisabledAt, Expr::value(at)))
            .await
    }

    /// Gives an operator another password; their sessions end at once.
    ///
    /// # Errors
    /// No such operator, or the database fails.
    pub async fn set_password(&self, username: &str, hash: &str) -> Result<(), StoreError> {
        let set = |update: UpdateMany<_>| update.col_expr(user::Column::PasswordHash, Expr::value(hash));
        self.change(username, "operator.password", json!({}), set).await
    }

    /// Gives an operator another role; their sessions end at once.
    ///
    /// # Errors
    /// No such operator, or the database fails.
    pub async fn set_role(&self, username: &str, role: Role) -> Result<(), StoreError> {
        let set = |update: UpdateMany<_>| update.col_expr(user::Column::Role, Expr::value(role.as_str()));
        self.change(username, "operator.role", json!({ "role": role }), set).await
    }

    /// Ends every session that an operator has, and gives the epoch of those to come.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn end_sessions_of(&self, id: i64) -> Result<i64, StoreError> {
        self.database
            .write(async |txn| {
                raised(user::Entity::update_many()).filter(user::Column::Id.eq(id)).exec(txn).await?;
                let row = user::Entity::find_by_id(id).one(txn).await?;
                Ok(row.map_or(0, |row| row.epoch))
            })
            .await
    }

    async fn change(
        &self,
        username: &str,
        action: &str,
        detail: Value,
        set: impl FnOnce(UpdateMany<user::Entity>) -> UpdateMany<user::Entity>,
    ) -> Result<(), StoreError> {
        let now = self.now().0;
        let update = raised(set(user::Entity::update_many()))
            .col_expr(user::Column::UpdatedAt, Expr::value(now))
            .filter(user::Column::Username.eq(username));
        let changed = self
            .database
            .write(async |txn| {
                let changed = update.exec(txn).await?.rows_affected;
                if changed > 0 {
                    self.note_change(txn, username, action, &detail).await?;
                }
                Ok(changed)
            })
            .await?;
        match changed {
            0 => Err(Refusal::NotFound(format!("there is no operator {username:?}")).into()),
            _ => Ok(()),
        }
    }

    /// Operators are changed on the machine itself: by `recon admin user`, and by the first start.
    async fn note_change(
        &self,
        txn: &DatabaseTransaction,
        username: &str,
        action: &str,
        detail: &Value,
    ) -> Result<(), StoreError> {
        let subject = format!("operator/{username}");
        self.audit(txn, NewEntry { operator: LOCAL, action, subject: &subject, detail }).await
    }
}

/// With the next epoch.
fn raised(update: UpdateMany<user::Entity>) -> UpdateMany<user::Entity> {
    update.col_expr(user::Column::Epoch, Expr::col(user::Column::Epoch).add(1))
}
