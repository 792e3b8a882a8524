//! Tickets of the live socket, and whether the session behind one is still there.
//!
//! A browser cannot send headers with a socket, and a token in a URL would stand in logs. So it asks for a ticket, good once
//! and for a short time, and opens the socket with that.

use std::time::Duration;

use actix::Message;

use super::{Denied, Operator, SessionDesk, away, unavailable};
use crate::admin::session::Standing;
use crate::admin::store::Ticket;
use crate::admin::token::{Token, TokenHash};
use crate::supervision::{Context, Serve, Serving};

/// A ticket is good for so long.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// A session that was renewed more often than this since it was last looked for is looked for again later.
const RENEWALS_MAX: u32 = 100;

/// A session at whose end something has to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// Whose it is.
    pub user_id: i64,
    /// The operator's epoch: with another one the session is over.
    pub epoch: i64,
    /// What is kept of its newest token that is known.
    pub session: TokenHash,
}

impl SessionDesk {
    async fn issue_ticket(&self, operator: Operator) -> Result<Token, Denied> {
        let session = self.sessions.find(&operator.token).await.map_err(away)?.ok_or(Denied::Unknown)?;
        let asking = Listening { user_id: session.user_id, epoch: session.epoch, session: operator.token };
        let Listening { user_id, epoch, session } = self.follow(asking).await?;
        let ticket = Token::random();
        let kept = Ticket { session, user_id, epoch, expires_at: self.store.now().plus(GOOD_FOR) };
        self.store.keep_ticket(&ticket.hash(), &kept).await.map_err(unavailable)?;
        Ok(ticket)
    }

    async fn take_ticket(&self, ticket: Token) -> Result<Listening, Denied> {
        let taken = self.store.take_ticket(&ticket.hash()).await.map_err(unavailable)?.ok_or(Denied::Unknown)?;
        self.follow(Listening { user_id: taken.user_id, epoch: taken.epoch, session: taken.session }).await
    }

    /// The same session with its newest token, where it is not over.
    async fn follow(&self, mut listening: Listening) -> Result<Listening, Denied> {
        let user = self.store.user(listening.user_id).await.map_err(unavailable)?.ok_or(Denied::Ended)?;
        if user.disabled_at.is_some() || user.epoch != listening.epoch {
            return Err(Denied::Ended);
        }
        for _ in 0..RENEWALS_MAX {
            let session = self.sessions.find(&listening.session).await.map_err(away)?.ok_or(Denied::Unknown)?;
            // Renewed tokens lead on also after their grace.
            if let Some(successor) = session.successor {
                listening.session = successor.hash;
                continue;
            }
            let is_over = session.standing(self.store.now(), &self.lifetime) == Standing::Over;
            return if is_over { Err(Denied::Expired) } else { Ok(listening) };
        }
        Ok(listening)
    }
}

impl Serve<IssueTicket> for SessionDesk {
    fn serve<'a>(&'a mut self, msg: IssueTicket, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Token, Denied>> {
        let desk = self.clone();
        Serving::detached(async move { desk.issue_ticket(msg.operator).await })
    }
}

impl Serve<TakeTicket> for SessionDesk {
    fn serve<'a>(&'a mut self, msg: TakeTicket, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Listening, Denied>> {
        let desk = self.clone();
        Serving::detached(async move { desk.take_ticket(msg.ticket).await })
    }
}

impl Serve<StillIn> for SessionDesk {
    fn serve<'a>(&'a mut self, msg: StillIn, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Listening, Denied>> {
        let desk = self.clone();
        Serving::detached(async move { desk.follow(msg.listening).await })
    }
}

/// Issues a ticket to an operator who was admitted.
#[derive(Debug, Message)]
#[rtype(result = "Result<Token, Denied>")]
pub struct IssueTicket {
    /// Who.
    pub operator: Operator,
}

/// Takes a ticket: the session that it was issued in.
#[derive(Debug, Message)]
#[rtype(result = "Result<Listening, Denied>")]
pub struct TakeTicket {
    /// The ticket.
    pub ticket: Token,
}

/// Whether a session is still there, with its newest token.
#[derive(Debug, Message)]
#[rtype(result = "Result<Listening, Denied>")]
pub struct StillIn {
    /// The session as it was last known.
    pub listening: Listening,
}
