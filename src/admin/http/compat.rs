//! The one helper that every route goes through, so that none can drift: who asks, whether they may, what they ask, and the
//! answer in the envelope, with the renewed token where there is one.

use actix_web::http::{Method, header};
use actix_web::web::{Data, Payload};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use super::EdgeState;
use super::cookie::{CookieChange, is_https};
use super::envelope::{Failure, Reply, answer};
use super::params::Params;
use super::presented::{Presented, presented};
use super::route::{Access, Kind, Route};
use super::words::Lang;
use crate::admin::session_desk::{Admit, Issued, Operator};
use crate::admin::token::Token;
use crate::config::{LegacyConfig, Preset};
use crate::http::ports::ANSWER_WITHIN;
use crate::http::request::{BodyLimit, address_of, read_bytes};

/// Requests of old programs are small.
const BODY_MAX: BodyLimit = BodyLimit(1024 * 1024);

/// A request as it comes, unread.
pub struct Incoming {
    state: Arc<EdgeState>,
    request: HttpRequest,
    payload: Payload,
}

impl FromRequest for Incoming {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let state = request.app_data::<Data<EdgeState>>().map(|state| state.clone().into_inner());
        let (request, payload) = (request.clone(), Payload::from_request(request, payload));
        Box::pin(async move {
            let state = state.ok_or_else(|| actix_web::error::ErrorInternalServerError("the edge has no state"))?;
            Ok(Self { state, request, payload: payload.await? })
        })
    }
}

/// A request that was admitted and read.
pub struct Call {
    /// What the routes are given.
    pub state: Arc<EdgeState>,
    /// Who asks; none at the login.
    pub operator: Option<Operator>,
    /// What they ask.
    pub params: Params,
    /// Where they ask from.
    pub address: IpAddr,
}

impl Call {
    /// Who asks.
    ///
    /// # Errors
    /// A fault of ours where the route is open.
    pub fn operator(&self) -> Result<&Operator, Failure> {
        self.operator.as_ref().ok_or(Failure::Failed)
    }
}

/// By this header the console says who it is. No page of another origin can send it unasked.
const CONSOLE: &str = "x-recon-console";

/// The console speaks one profile, whichever the old programs are given.
static OF_CONSOLE: LazyLock<LegacyConfig> = LazyLock::new(|| Preset::GinVueAdmin.values());

fn is_console(request: &HttpRequest) -> bool {
    request.headers().contains_key(CONSOLE)
}

/// The profile that a caller is answered in.
fn profile<'a>(state: &'a EdgeState, request: &HttpRequest) -> &'a LegacyConfig {
    if is_console(request) { &OF_CONSOLE } else { &state.legacy }
}

/// What an answer carries beside its envelope.
#[derive(Default)]
struct Beside {
    renewed: Option<Issued>,
    cookie: Option<CookieChange>,
}

/// Serves a route.
pub async fn serve(route: &'static Route, call: Incoming) -> HttpResponse {
    let (state, request) = (Arc::clone(&call.state), call.request.clone());
    let mut beside = Beside::default();
    let outcome = carry_out(route, call, &mut beside).await;
    let mut response = answer(profile(&state, &request), Lang::of(request.headers()), outcome);
    if let Some(issued) = beside.renewed {
        carry(&state.legacy, &issued, &mut response);
    }
    if let Some(value) = beside.cookie.and_then(|cookie| cookie.header(is_https(&request))) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

async fn carry_out(route: &Route, call: Incoming, beside: &mut Beside) -> Result<Reply, Failure> {
    let Incoming { state, request, payload } = call;
    let presented = presented(request.headers(), &state.legacy);
    let by_cookie = presented.as_ref().is_some_and(|presented| presented.by_cookie);
    let operator = match route.access {
        Access::Open => None,
        Access::Needs(permission) => {
            let mut operator = admit(&state, presented, true).await?;
            match operator.renewed.take() {
                Some(issued) if by_cookie => {
                    beside.cookie = Some(CookieChange::Holds(issued.token.expose().to_owned()));
                }
                renewed => beside.renewed = renewed,
            }
            if !operator.role.may(permission) {
                return Err(Failure::Forbidden);
            }
            Some(operator)
        }
        Access::Leaving => Some(admit(&state, presented, false).await?),
    };
    let is_foreign = !is_same_origin(&request);
    if by_cookie && *request.method() != Method::GET && route.access != Access::Open && is_foreign {
        return Err(Failure::Forbidden);
    }
    let mut params = match (request.method(), route.kind) {
        (&Method::GET, Kind::Read) => Params::of_query(request.query_string(), profile(&state, &request)),
        (&Method::POST, _) => {
            let body = read_bytes(&request, payload.into_inner(), BODY_MAX).await.map_err(|_| Failure::unreadable())?;
            Params::of_json(&body, profile(&state, &request))?
        }
        _ => return Err(Failure::NotFound),
    };
    let wants_cookie = route.access == Access::Open && params.switch("cookie").unwrap_or(false);
    if wants_cookie && is_foreign {
        return Err(Failure::Forbidden);
    }
    let address = address_of(&request);
    let mut outcome = (route.run)(Call { state, operator, params, address }).await;
    match &mut outcome {
        Ok(Reply::Object(data)) if wants_cookie => beside.cookie = into_cookie(data),
        Ok(_) if by_cookie && route.access == Access::Leaving => beside.cookie = Some(CookieChange::Gone),
        _ => {}
    }
    outcome
}

/// Takes a login's token out of the answer, where scripts would read it, and into the cookie.
fn into_cookie(data: &mut Value) -> Option<CookieChange> {
    match data.get_mut("token")?.take() {
        Value::String(token) => Some(CookieChange::Holds(token)),
        _ => None,
    }
}

async fn admit(state: &EdgeState, presented: Option<Presented>, renew: bool) -> Result<Operator, Failure> {
    let presented = presented.ok_or(Failure::NoToken)?;
    let admit = Admit { token: Token::presented(&presented.token), renew };
    Ok(state.desk.ask(admit, ANSWER_WITHIN).await??)
}

/// A cookie goes along with whatever page asks; what another origin's page asks is not the operator's wish.
fn is_same_origin(request: &HttpRequest) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == host
}

/// Puts the renewed token into the answer, where browsers let other origins' front ends read it.
fn carry(legacy: &LegacyConfig, issued: &Issued, response: &mut HttpResponse) {
    let seconds = (issued.expires_at.0.div_euclid(1000)).to_string();
    let names = [&legacy.new_token_header, &legacy.new_expiry_header];
    let mut exposed = Vec::new();
    for (name, value) in names.into_iter().zip([issued.token.expose(), &seconds]) {
        let Some(name) = name else { continue };
        let (Ok(header), Ok(value)) =
            (header::HeaderName::try_from(name.as_str()), header::HeaderValue::from_str(value))
        else {
            continue;
        };
        response.headers_mut().insert(header, value);
        exposed.push(name.as_str());
    }
    if let Ok(exposed) = header::HeaderValue::from_str(&exposed.join(", ")) {
        response.headers_mut().insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
}

/// 7404 for a route that is none.
pub async fn no_such_route(call: Incoming) -> HttpResponse {
    answer(profile(&call.state, &call.request), Lang::of(call.request.headers()), Err(Failure::NotFound))
}

/// What is answered while the process stops.
pub fn turn_away(request: &HttpRequest) -> HttpResponse {
    let Some(state) = request.app_data::<Data<EdgeState>>() else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    answer(profile(state, request), Lang::of(request.headers()), Err(Failure::Unavailable { retry_after_s: 1 }))
}
