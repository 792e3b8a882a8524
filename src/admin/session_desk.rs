//! Owns logins and sessions: who may enter, by which token, until when.
//!
//! Every request of an operator is admitted here. Whatever it answers stands in the store or in Redis, so that several
//! processes agree and a restart loses nothing; what it holds itself are the counts of failed logins.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use serde_json::json;
use tokio::sync::Semaphore;

use super::password;
use super::permission::Role;
use super::session::{Lifetime, Session, Standing, Successor};
use super::store::{AdminStore, NewEntry, Sessions, SessionsError, User};
use super::token::{Token, TokenHash};
use crate::database::StoreError;
use crate::domain::time::UnixMs;
use crate::supervision::{Child, Context, Serve, Serving};

mod failures;
mod tickets;
pub use failures::LoginFailures;
pub use tickets::{IssueTicket, Listening, StillIn, TakeTicket};

/// The kind of this actor, and its id.
pub const KIND: &str = "admin_session_desk";

/// How often sessions that are over are dropped.
const SWEEP_PERIOD: Duration = Duration::from_mins(10);
/// How soon a sweep that failed is done again.
const SWEEP_AGAIN: Duration = Duration::from_secs(10);
/// So many passwords are hashed at once: each takes 19 MiB and a core.
const HASHED_AT_ONCE: usize = 2;
/// A renewal that others raced to is looked at again so many times.
const RENEWALS: u32 = 3;

/// Who was admitted.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Their id.
    pub id: i64,
    /// By which they log in.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// When the token expires that they came with, or its renewal where there is one.
    pub expires_at: UnixMs,
    /// What is kept of the token that they came with.
    pub token: TokenHash,
    /// The token to go on with, where the one that they came with is to be dropped.
    pub renewed: Option<Issued>,
}

/// A token for its operator.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: Token,
    /// When it expires.
    pub expires_at: UnixMs,
}

/// Why somebody is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// They brought no token.
    NoToken,
    /// Nobody knows the token.
    Unknown,
    /// It was good once.
    Expired,
    /// The operator logged in elsewhere, or was changed or disabled.
    Ended,
    /// Name and password do not belong together, or the operator is disabled.
    WrongPassword,
    /// Too many failed; when to come back.
    TooMany(Duration),
    /// It cannot be looked up now; nothing was decided.
    Unavailable,
}

/// The actor.
#[derive(Clone)]
pub struct SessionDesk {
    store: AdminStore,
    sessions: Sessions,
    lifetime: Lifetime,
    single_login: bool,
    failures: Arc<LoginFailures>,
    hashing: Arc<Semaphore>,
}

impl std::fmt::Debug for SessionDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionDesk").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

impl SessionDesk {
    /// The actor over a store. With `single_login` a newer login ends the older ones.
    #[must_use]
    pub fn new(
        store: AdminStore,
        sessions: Sessions,
        lifetime: Lifetime,
        single_login: bool,
        failures: Arc<LoginFailures>,
    ) -> Self {
        Self { store, sessions, lifetime, single_login, failures, hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)) }
    }

    async fn log_in(&self, msg: LogIn) -> Result<LoggedIn, Denied> {
        self.failures.may_try(&self.sessions, &msg.username, msg.address).await?;
        let user = self.store.user_named(&msg.username).await.map_err(unavailable)?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let known = user.as_ref().map(|user| user.username.clone());
        let password = msg.password;
        let permit = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_closed| Denied::Unavailable)?;
        let right = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            password::verify(&password, hash.as_deref())
        });
        let right = right.await.map_err(|_panicked| Denied::Unavailable)?;
        let Some(user) = user.filter(|user| right && user.disabled_at.is_none()) else {
            self.failures.count(&self.sessions, &msg.username, msg.address).await;
            tracing::info!(address = %msg.address, "a login failed");
            // Of a name that nobody has nothing is kept: it may be a password in the wrong field.
            if let Some(user) = known {
                self.note(&user, "operator.login_failed", Some(msg.address)).await?;
            }
            return Err(Denied::WrongPassword);
        };
        self.note(&user.username, "operator.login", Some(msg.address)).await?;
        let epoch = if self.single_login {
            self.store.end_sessions_of(user.id).await.map_err(unavailable)?
        } else {
            user.epoch
        };
        let token = Token::random();
        let session = Session::begin(user.id, epoch, self.store.now(), &self.lifetime);
        self.sessions.begin(&token.hash(), &session).await.map_err(away)?;
        tracing::info!(operator.id = user.id, "an operator logged in");
        Ok(LoggedIn { user, issued: Issued { token, expires_at: session.expires_at } })
    }

    /// Writes into the edge's own audit what an operator does to their own sessions: first, so that it is not done without.
    async fn note(&self, username: &str, action: &str, from: Option<IpAddr>) -> Result<(), Denied> {
        let detail = from.map_or_else(|| json!({}), |from| json!({ "address": from }));
        let subject = format!("operator/{username}");
        let entry = NewEntry { operator: username, action, subject: &subject, detail: &detail };
        self.store.note(entry).await.map_err(unavailable)
    }

    async fn admit(&self, token: Token, renew: bool) -> Result<Operator, Denied> {
        let hash = token.hash();
        for _ in 0..RENEWALS {
            let session = self.sessions.find(&hash).await.map_err(away)?.ok_or(Denied::Unknown)?;
            let now = self.store.now();
            let standing = session.standing(now, &self.lifetime);
            if standing == Standing::Over {
                return Err(Denied::Expired);
            }
            let user = self.store.user(session.user_id).await.map_err(unavailable)?.ok_or(Denied::Ended)?;
            if user.disabled_at.is_some() || user.epoch != session.epoch {
                return Err(Denied::Ended);
            }
            let admitted = |expires_at, renewed| Operator {
                id: user.id,
                username: user.username.clone(),
                role: user.role,
                expires_at,
                token: hash.clone(),
                renewed,
            };
            match standing {
                Standing::ToRenew if renew => {
                    if let Some(issued) = self.renew(&token, &hash, &session, now).await? {
                        return Ok(admitted(issued.expires_at, Some(issued)));
                    }
                    // Somebody else renewed it, or it was ended: the record says which.
                }
                Standing::ToExtend(until) if renew => {
                    let longer = Session { expires_at: until, ends_at: until, ..session };
                    self.sessions.extend(&hash, &longer).await.map_err(away)?;
                    return Ok(admitted(until, None));
                }
                Standing::Renewed(successor) => {
                    let Some(token) = token.open(&successor.sealed) else {
                        tracing::error!("a renewed session's token does not open under the one before it");
                        return Err(Denied::Ended);
                    };
                    let issued = Issued { token, expires_at: successor.expires_at };
                    return Ok(admitted(issued.expires_at, Some(issued)));
                }
                _ => return Ok(admitted(session.expires_at, None)),
            }
        }
        Err(Denied::Unavailable)
    }

    /// Renews a session; none where somebody else was faster.
    async fn renew(
        &self,
        token: &Token,
        hash: &TokenHash,
        session: &Session,
        now: UnixMs,
    ) -> Result<Option<Issued>, Denied> {
        let new = Token::random();
        let sealed = token.seal(&new).ok_or(Denied::Unavailable)?;
        let renewal = session.renewal(hash.clone(), now, &self.lifetime);
        let successor = Successor { hash: new.hash(), sealed, expires_at: renewal.expires_at };
        let old = Session { successor: Some(successor), ends_at: now.plus(self.lifetime.grace), ..session.clone() };
        let won = self.sessions.renew(hash, &old, &renewal).await.map_err(away)?;
        Ok(won.then_some(Issued { token: new, expires_at: renewal.expires_at }))
    }

    /// Ends a session with the tokens that it renewed and that renewed it.
    async fn log_out(&self, hash: TokenHash) -> Result<(), Denied> {
        let session = self.sessions.find(&hash).await.map_err(away)?;
        let user = match &session {
            Some(session) => self.store.user(session.user_id).await.map_err(unavailable)?,
            None => None,
        };
        if let Some(user) = user {
            self.note(&user.username, "operator.logout", None).await?;
        }
        let mut ending = vec![hash];
        while let Some(hash) = ending.pop() {
            if let Some(session) = self.sessions.take(&hash).await.map_err(away)? {
                ending.extend(session.predecessor);
                ending.extend(session.successor.map(|successor| successor.hash));
            }
        }
        Ok(())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn unavailable(error: StoreError) -> Denied {
    tracing::warn!(%error, "the admin edge's store cannot answer");
    Denied::Unavailable
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn away(error: SessionsError) -> Denied {
    tracing::warn!(%error, "sessions cannot be looked up");
    Denied::Unavailable
}

impl Child for SessionDesk {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.sessions.sweep().await {
                Ok(()) => {
                    cx.succeeded();
                    SWEEP_PERIOD
                }
                Err(error) => {
                    tracing::warn!(%error, "sessions that are over could not be dropped");
                    SWEEP_AGAIN
                }
            };
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, wait).await;
        }
    }
}

impl Serve<LogIn> for SessionDesk {
    fn serve<'a>(&'a mut self, msg: LogIn, _cx: &'a mut Context<Self>) -> Serving<'a, Result<LoggedIn, Denied>> {
        let desk = self.clone();
        Serving::detached(async move { desk.log_in(msg).await })
    }
}

impl Serve<Admit> for SessionDesk {
    fn serve<'a>(&'a mut self, msg: Admit, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Operator, Denied>> {
        let desk = self.clone();
        Serving::detached(async move { desk.admit(msg.token, msg.renew).await })
    }
}

impl Serve<LogOut> for SessionDesk {
    fn serve<'a>(&'a mut self, msg: LogOut, _cx: &'a mut Context<Self>) -> Serving<'a, Result<(), Denied>> {
        let desk = self.clone();
        Serving::detached(async move { desk.log_out(msg.token).await })
    }
}

/// Begins a session.
#[derive(Message)]
#[rtype(result = "Result<LoggedIn, Denied>")]
pub struct LogIn {
    /// Who they say they are.
    pub username: String,
    /// Their password.
    pub password: String,
    /// Where they ask from.
    pub address: IpAddr,
}

/// Whose session began, and its token.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// Who.
    pub user: User,
    /// Their token.
    pub issued: Issued,
}

/// Admits the holder of a token.
#[derive(Debug, Message)]
#[rtype(result = "Result<Operator, Denied>")]
pub struct Admit {
    /// What they present.
    pub token: Token,
    /// Whether the session goes on by this request, where its time has come.
    pub renew: bool,
}

/// Ends a session, with the tokens that it renewed and that renewed it.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Denied>")]
pub struct LogOut {
    /// What is kept of its token.
    pub token: TokenHash,
}
