//! `/login`, `/logout`, `/me`, `/top_info`.

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::compat::Call;
use super::envelope::{Failure, Reply};
use crate::admin::permission::Role;
use crate::admin::session_desk::{LogIn, LogOut};
use crate::http::ports::ANSWER_WITHIN;

/// The longest name of an operator, in characters.
pub const USERNAME_MAX: usize = 64;

/// Begins a session. A name that nobody has, one that is disabled and a wrong password are answered alike.
pub fn login(mut call: Call) -> LocalBoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(async move {
        let username = call.params.needed_text("username");
        let password = call.params.secret("password");
        call.params.done()?;
        if username.chars().count() > USERNAME_MAX || username.chars().any(char::is_control) {
            return Err(Failure::WrongPassword);
        }
        let log_in = LogIn { username, password, address: call.address };
        let logged_in = call.state.desk.ask(log_in, ANSWER_WITHIN).await??;
        let (user, issued) = (logged_in.user, logged_in.issued);
        Ok(Reply::Object(json!({
            "user": user_json(user.id, &user.username, user.role),
            "token": issued.token.expose(),
            "expires_at": issued.expires_at.0.div_euclid(1000),
        })))
    })
}

/// Ends the session, with the tokens that it renewed and that renewed it.
pub fn logout(call: Call) -> LocalBoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(async move {
        let token = call.operator()?.token.clone();
        call.state.desk.ask(LogOut { token }, ANSWER_WITHIN).await??;
        Ok(Reply::Object(json!({})))
    })
}

/// Who asks: as the login has it, their fields also beside it, and what they may do.
pub fn me(call: Call) -> LocalBoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(async move {
        let operator = call.operator()?;
        let mut me = user_json(operator.id, &operator.username, operator.role);
        me["user"] = me.clone();
        me["permissions"] = operator.role.permissions().map(|permission| json!(permission)).collect();
        me["expires_at"] = json!(operator.expires_at.0.div_euclid(1000));
        Ok(Reply::Object(me))
    })
}

/// The counters of the top bar.
pub fn top_info(call: Call) -> LocalBoxFuture<'static, Result<Reply, Failure>> {
    Box::pin(async move { Ok(Reply::Object(call.state.top_info.now().await)) })
}

fn user_json(id: i64, username: &str, role: Role) -> Value {
    json!({"id": id, "username": username, "role": role})
}
