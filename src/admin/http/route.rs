//! Every route of `/api/admin`: what it takes and who may. A route that is not here is not there.

use futures_util::future::LocalBoxFuture;

use super::compat::Call;
use super::envelope::{Failure, Reply};
use super::{devices, evidence, live, login, reading, recharge, recon, sms, standing};
use crate::admin::permission::Permission;

/// How a route is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// GET with a query, or POST with JSON.
    Read,
    /// POST with JSON.
    Write,
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody: the login.
    Open,
    /// Whoever is logged in, and has this permission.
    Needs(Permission),
    /// Whoever is logged in, and no token is renewed: the logout.
    Leaving,
}

/// What a route does.
pub type Handler = fn(Call) -> LocalBoxFuture<'static, Result<Reply, Failure>>;

/// One route.
pub struct Route {
    /// Below the prefix.
    pub path: &'static str,
    /// How it is asked.
    pub kind: Kind,
    /// Who may ask.
    pub access: Access,
    /// What it does.
    pub run: Handler,
}

const fn route(path: &'static str, kind: Kind, access: Access, run: Handler) -> Route {
    Route { path, kind, access, run }
}

const READS: Access = Access::Needs(Permission::Read);
const APPROVES: Access = Access::Needs(Permission::Approve);
const MANAGES: Access = Access::Needs(Permission::Manage);
const CONTROLS: Access = Access::Needs(Permission::Control);

/// Every route.
pub const ROUTES: &[Route] = &[
    route("/login", Kind::Write, Access::Open, login::login),
    route("/logout", Kind::Write, Access::Leaving, login::logout),
    route("/me", Kind::Read, READS, login::me),
    route("/top_info", Kind::Read, READS, login::top_info),
    route("/pushbullet/device/list", Kind::Read, READS, devices::list_pushbullet),
    route("/pushbullet/device/add", Kind::Write, MANAGES, devices::add_pushbullet),
    route("/pushbullet/device/delete", Kind::Write, MANAGES, devices::delete_pushbullet),
    route("/shooter/device/list", Kind::Read, READS, devices::list_shooter),
    route("/shooter/device/trust", Kind::Write, Access::Needs(Permission::Trust), devices::trust_shooter),
    route("/shooter/device/delete", Kind::Write, MANAGES, devices::delete_shooter),
    route("/shooter/phone/list", Kind::Read, READS, reading::list_phones),
    route("/shooter/phone/add", Kind::Write, MANAGES, reading::add_phone),
    route("/shooter/phone/delete", Kind::Write, MANAGES, reading::delete_phone),
    route("/shooter/sms/list", Kind::Read, READS, sms::list),
    route("/shooter/sms/get", Kind::Read, READS, sms::get),
    route("/shooter/sms/reset", Kind::Write, Access::Needs(Permission::Reset), sms::reset),
    route("/shooter/sms/check", Kind::Write, Access::Needs(Permission::Check), sms::check),
    route("/shooter/template/list", Kind::Read, READS, reading::list_templates),
    route("/shooter/template/add", Kind::Write, MANAGES, reading::add_template),
    route("/shooter/template/delete", Kind::Write, MANAGES, reading::delete_template),
    route("/recharge/list", Kind::Read, READS, recharge::list_recharges),
    route("/recharge/get", Kind::Read, READS, recharge::get_recharge),
    route("/recharge/approve", Kind::Write, APPROVES, recharge::approve_recharge),
    route("/recharge/reject", Kind::Write, APPROVES, recharge::reject_recharge),
    route("/recharge/cancel", Kind::Write, APPROVES, recharge::cancel_recharge),
    route("/recon/actors", Kind::Read, READS, recon::actors),
    route("/recon/actors/restart", Kind::Write, CONTROLS, recon::restart),
    route("/recon/actors/stop", Kind::Write, CONTROLS, recon::stop),
    route("/recon/actors/start", Kind::Write, CONTROLS, recon::start),
    route("/recon/template/test", Kind::Read, READS, recon::test_template),
    route("/recon/template/suggest", Kind::Read, READS, recon::suggest_template),
    route("/recon/template/backtest", Kind::Read, READS, recon::backtest_template),
    route("/recon/audit", Kind::Read, READS, recon::audit),
    route("/ws/ticket", Kind::Write, READS, live::ticket),
    route("/recon/standing", Kind::Read, READS, standing::standing),
    route("/recon/sms", Kind::Read, READS, evidence::get_sms),
    route("/recon/sms/list", Kind::Read, READS, evidence::list_sms),
    route("/recon/order", Kind::Read, READS, evidence::get_order),
    route("/recon/template/list", Kind::Read, READS, evidence::list_templates),
    route("/recon/template/add", Kind::Write, MANAGES, evidence::add_template),
];
