//! The admin edge over HTTP. Old programs call it unchanged, so that nothing here is strict but the answers.
//!
//! [`compat::serve`] is the one helper that every route of `/api/admin` goes through: it admits, checks rights, reads the
//! request, answers in the envelope and carries a renewed token. A handler knows none of that, and nothing of the profile.
//! It asks actors through ports and never touches storage; a test over the imports holds that.

pub mod compat;
pub mod console;
pub mod cookie;
pub mod cors;
pub mod devices;
pub mod envelope;
pub mod evidence;
pub mod live;
pub mod login;
pub mod params;
pub mod peer;
pub mod presented;
pub mod reading;
pub mod recharge;
mod recharge_page;
pub mod recon;
pub mod route;
pub mod sms;
pub mod standing;
pub mod words;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};

use super::approval::desk::{Approve, IntentOfKey, IntentsOf, NoteClosing, OrdersWith, Unresolved};
use super::audit_log::ListAudit;
use super::client::Client;
use super::live::hub::Join;
use super::peer_health::PeerHealth;
use super::session_desk::{Admit, IssueTicket, LogIn, LogOut, StillIn, TakeTicket};
use super::top_info::TopInfo;
use crate::clock::Clock;
use crate::config::LegacyConfig;
use crate::http::ports::{Actors, Ask};

/// Where the frozen routes stand.
pub const PREFIX: &str = "/api/admin";

/// Who answers for logins and sessions.
pub trait Desk: Ask<LogIn> + Ask<Admit> + Ask<LogOut> + Tickets {}
impl<T: Ask<LogIn> + Ask<Admit> + Ask<LogOut> + Tickets> Desk for T {}

/// Who answers for tickets of the live socket.
pub trait Tickets: Ask<IssueTicket> + Ask<TakeTicket> + Ask<StillIn> {}
impl<T: Ask<IssueTicket> + Ask<TakeTicket> + Ask<StillIn>> Tickets for T {}

/// Who answers for approvals.
pub trait Approvals:
    Ask<Approve> + Ask<NoteClosing> + Ask<IntentsOf> + Ask<IntentOfKey> + Ask<OrdersWith> + Ask<Unresolved>
{
}
impl<T> Approvals for T where
    T: Ask<Approve> + Ask<NoteClosing> + Ask<IntentsOf> + Ask<IntentOfKey> + Ask<OrdersWith> + Ask<Unresolved>
{
}

/// What the routes are given.
pub struct EdgeState {
    /// Logins and sessions.
    pub desk: Arc<dyn Desk>,
    /// Approvals.
    pub approvals: Arc<dyn Approvals>,
    /// Recon.
    pub recon: Arc<Client>,
    /// The wallet.
    pub wallet: Arc<Client>,
    /// How recon says that it is.
    pub recon_health: PeerHealth,
    /// How the wallet does.
    pub wallet_health: PeerHealth,
    /// The counters of the top bar.
    pub top_info: Arc<TopInfo>,
    /// Who tells browsers of changes.
    pub hub: Arc<dyn Ask<Join>>,
    /// The edge's own audit.
    pub audit: Arc<dyn Ask<ListAudit>>,
    /// The edge's own actors.
    pub own_actors: Arc<dyn Actors>,
    /// The time.
    pub clock: Clock,
    /// What old programs expect.
    pub legacy: LegacyConfig,
    /// Front ends on other origins that may call.
    pub allowed_origins: Vec<String>,
}

/// Registers every route of the admin edge.
pub fn configure(config: &mut ServiceConfig, state: &Data<EdgeState>) {
    config.app_data(state.clone()).app_data(crate::http::gate::TurnAway(compat::turn_away));
    let mut scope = web::scope(PREFIX).wrap(from_fn(cors::cors));
    for route in route::ROUTES {
        let handler = move |call: compat::Incoming| compat::serve(route, call);
        scope = scope.service(web::resource(route.path).route(web::route().to(handler)));
    }
    // By a ticket, and no envelope: the only route beside them.
    scope = scope.service(web::resource("/ws").route(web::get().to(live::open)));
    config.service(scope.default_service(web::to(compat::no_such_route)));
    config.service(web::resource("/api/{rest:.*}").route(web::route().to(compat::no_such_route)));
    console::configure(config);
}
