//! One path of the service with its methods: the right 405, a deadline, and panics turned into answers.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{HttpServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::{self, GuardContext};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpResponse, ResponseError, Route, web};
use futures_util::FutureExt;

use super::error::{Kind, Problem};
use super::request::BodyLimit;

/// No request may take longer to begin its answer: body and actors have shorter deadlines of their own.
const REQUEST_WITHIN: Duration = Duration::from_secs(30);

/// A path and what it takes.
pub struct Path {
    pattern: &'static str,
    allow: Vec<&'static str>,
    routes: Vec<Route>,
    body_limit: Option<BodyLimit>,
}

impl Path {
    /// A path by actix-web's pattern.
    #[must_use]
    pub const fn new(pattern: &'static str) -> Self {
        Self { pattern, allow: Vec::new(), routes: Vec::new(), body_limit: None }
    }

    /// GET, and HEAD with it.
    #[must_use]
    pub fn get(self, route: Route) -> Self {
        self.takes(&["GET", "HEAD"], route.guard(guard::fn_guard(is_get_or_head)))
    }

    /// GET alone, for answers without an end.
    #[must_use]
    pub fn get_only(self, route: Route) -> Self {
        self.takes(&["GET"], route.guard(guard::Get()))
    }

    /// POST.
    #[must_use]
    pub fn post(self, route: Route) -> Self {
        self.takes(&["POST"], route.guard(guard::Post()))
    }

    /// PUT.
    #[must_use]
    pub fn put(self, route: Route) -> Self {
        self.takes(&["PUT"], route.guard(guard::Put()))
    }

    /// DELETE.
    #[must_use]
    pub fn delete(self, route: Route) -> Self {
        self.takes(&["DELETE"], route.guard(guard::Delete()))
    }

    /// The largest body, where it is not the usual one.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(BodyLimit(bytes));
        self
    }

    fn takes(mut self, methods: &[&'static str], route: Route) -> Self {
        self.allow.extend(methods);
        self.routes.push(route);
        self
    }

    /// The service to register.
    pub fn service(self) -> impl HttpServiceFactory + 'static {
        let allow = self.allow.join(", ");
        let mut resource = web::resource(self.pattern);
        if let Some(limit) = self.body_limit {
            resource = resource.app_data(limit);
        }
        for route in self.routes {
            resource = resource.route(route);
        }
        let not_allowed = move || {
            let problem = Problem::method_not_allowed(allow.clone());
            async move { Err::<HttpResponse, Problem>(problem) }
        };
        resource.default_service(web::to(not_allowed)).wrap(from_fn(contain))
    }
}

fn is_get_or_head(context: &GuardContext<'_>) -> bool {
    matches!(context.head().method, Method::GET | Method::HEAD)
}

/// Runs a handler so that neither a panic nor an endless wait in it leaves the caller without an answer.
async fn contain(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let http = request.request().clone();
    let handled = AssertUnwindSafe(next.call(request)).catch_unwind();
    let problem = match tokio::time::timeout(REQUEST_WITHIN, handled).await {
        Ok(Ok(answered)) => return answered,
        Ok(Err(panic)) => {
            tracing::error!(panic = panic_message(&*panic), "a handler panicked");
            Problem::new(Kind::Internal, "a fault of ours; the log has the details under this request's id")
        }
        Err(_) => Problem::unavailable("no answer in time; the same request may be sent again"),
    };
    Ok(ServiceResponse::new(http, problem.error_response()))
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("not a text")
}
