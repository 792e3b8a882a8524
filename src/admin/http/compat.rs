//! The one helper that every route goes through, so that none can drift: who asks, whether they may, what they ask, and the
//! answer in the envelope, with the renewed token where there is one.

use actix_web::http::{Method, header};
use actix_web::web::{Data, Payload};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use futures_util::future::LocalBoxFuture;
use std::net::IpAddr;
use std::sync::Arc;

use super::EdgeState;
use super::envelope::{Failure, Reply, answer};
use super::params::Params;
use super::presented::{Presented, presented};
use super::route::{Access, Kind, Route};
use super::words::Lang;
use crate::admin::session_desk::{Admit, Issued, Operator};
use crate::admin::token::Token;
use crate::config::LegacyConfig;
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

/// Serves a route.
pub async fn serve(route: &'static Route, call: Incoming) -> HttpResponse {
    let (state, lang) = (Arc::clone(&call.state), Lang::of(call.request.headers()));
    let mut renewed = None;
    let outcome = carry_out(route, call, &mut renewed).await;
    let mut response = answer(&state.legacy, lang, outcome);
    if let Some(issued) = renewed {
        carry(&state.legacy, &issued, &mut response);
    }
    response
}

async fn carry_out(route: &Route, call: Incoming, renewed: &mut Option<Issued>) -> Result<Reply, Failure> {
    let Incoming { state, request, payload } = call;
    let presented = presented(request.headers(), &state.legacy);
    let by_cookie = presented.as_ref().is_some_and(|presented| presented.by_cookie);
    let operator = match route.access {
        Access::Open => None,
        Access::Needs(permission) => {
            let mut operator = admit(&state, presented, true).await?;
            *renewed = operator.renewed.take();
            if !operator.role.may(permission) {
                return Err(Failure::Forbidden);
            }
            Some(operator)
        }
        Access::Leaving => Some(admit(&state, presented, false).await?),
    };
    if by_cookie && *request.method() != Method::GET && !is_same_origin(&request) {
        return Err(Failure::Forbidden);
    }
    let params = match (request.method(), route.kind) {
        (&Method::GET, Kind::Read) => Params::of_query(request.query_string(), &state.legacy),
        (&Method::POST, _) => {
            let body = read_bytes(&request, payload.into_inner(), BODY_MAX).await.map_err(|_| Failure::unreadable())?;
            Params::of_json(&body, &state.legacy)?
        }
        _ => return Err(Failure::NotFound),
    };
    let address = address_of(&request);
    (route.run)(Call { state, operator, params, address }).await
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
    answer(&call.state.legacy, Lang::of(call.request.headers()), Err(Failure::NotFound))
}

/// What is answered while the process stops.
pub fn turn_away(request: &HttpRequest) -> HttpResponse {
    let Some(state) = request.app_data::<Data<EdgeState>>() else {
        return HttpResponse::ServiceUnavailable().finish();
    };
    answer(&state.legacy, Lang::of(request.headers()), Err(Failure::Unavailable { retry_after_s: 1 }))
}
