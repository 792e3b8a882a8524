//! The HTTP client of the commands: no redirects, a limit on every wait, and every failure as one plain sentence.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{CliError, Context};
use crate::config::{BaseUrl, credentials};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Which daemon a command asks.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Remote {
    /// The daemon's address [default: that of the configuration's service.bind]
    #[arg(long, global = true, value_name = "URL")]
    pub(super) url: Option<String>,
}

impl Remote {
    /// The daemon's address. The configuration is read only where no address is given.
    pub(super) fn base(&self, context: &Context) -> Result<BaseUrl, CliError> {
        if let Some(url) = &self.url {
            return BaseUrl::parse(url, &["http", "https"])
                .map_err(|cure| CliError::Usage(format!("--url {url} cannot be used: {cure}")));
        }
        let bind = context.load(None)?.config.service.bind;
        if bind.port() == 0 {
            return Err(CliError::Usage(
                "service.bind has port 0, so the daemon took any free one: name its address with --url".to_owned(),
            ));
        }
        Ok(BaseUrl::of_bind(bind))
    }

    /// A client of `/internal` with the token of the configuration or of this machine's daemon.
    pub(super) fn connect(&self, context: &Context) -> Result<Client, CliError> {
        let base = self.base(context)?;
        let token = credentials::existing_service_token(&context.load(None)?.config)?;
        Client::new(base, Some(token))
    }
}

/// What a daemon answered: its status, its headers and its body as JSON (null where it is none).
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answer {
    /// The body of a success; else the problem as a sentence.
    pub(super) fn success(self) -> Result<Value, CliError> {
        match self.status {
            status if status.is_success() && !self.body.is_null() => Ok(self.body),
            status if status.is_success() => {
                Err(CliError::No("the answer is not JSON: is this address a recon daemon's?".to_owned()))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(CliError::Usage(format!(
                "the daemon refuses the service token ({}): give its own as RECON_SERVICE__TOKEN, or name its data_dir",
                self.sentence()
            ))),
            _ => Err(CliError::No(self.refusal())),
        }
    }

    /// The body of a list. A filter that the daemon cannot take is wrong usage, as an argument is that we cannot take.
    pub(super) fn listed(self) -> Result<Value, CliError> {
        if self.status == StatusCode::UNPROCESSABLE_ENTITY {
            return Err(CliError::Usage(self.refusal()));
        }
        self.success()
    }

    fn refusal(&self) -> String {
        format!("the daemon refuses: {}", self.sentence())
    }

    /// A success that has no body; else the problem as a sentence.
    pub(super) fn done(self) -> Result<(), CliError> {
        if self.status == StatusCode::NO_CONTENT { Ok(()) } else { self.success().map(drop) }
    }

    /// A problem+json body as a sentence; the bare status for another body.
    pub(super) fn sentence(&self) -> String {
        let text = |name| self.body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut sentence = self.status.to_string();
        let errors: Vec<String> = self
            .body
            .get("errors")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|error| {
                let part = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
                format!("{} {}", part("field"), part("message")).trim().to_owned()
            })
            .collect();
        let told = text("detail").or_else(|| text("title"));
        // The detail of a request with wrong fields is what the first of them says.
        let told = told.filter(|told| errors.first().is_none_or(|first| !first.ends_with(told)));
        let told: Vec<&str> = told.into_iter().chain(errors.iter().map(String::as_str)).collect();
        if !told.is_empty() {
            sentence = format!("{}: {}", self.status.as_u16(), told.join("; "));
        }
        sentence
    }
}

/// A client of one daemon.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: BaseUrl,
    token: Option<SecretString>,
}

impl Client {
    pub(super) fn new(base: BaseUrl, token: Option<SecretString>) -> Result<Self, CliError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(REQUEST_TIMEOUT)
            .user_agent(concat!("recon/", env!("CARGO_PKG_VERSION")));
        if base.is_loopback() {
            // A proxy would be asked for an address of its own machine, and shown the token.
            builder = builder.no_proxy();
        }
        let http = builder
            .build()
            .map_err(|error| CliError::No(format!("the HTTP client cannot be made: {}", deepest(&error))))?;
        Ok(Self { http, base, token })
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, CliError> {
        self.send(Method::GET, path, query, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, CliError> {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Result<Answer, CliError> {
        self.send(Method::PUT, path, &[], Some(body)).await
    }

    /// All items of a list, page after page.
    pub(super) async fn all(&self, path: &str) -> Result<Vec<Value>, CliError> {
        let mut items = Vec::new();
        let mut query = vec![("limit", "500".to_owned())];
        loop {
            let mut page = self.get(path, &query).await?.success()?;
            if let Some(Value::Array(found)) = page.get_mut("items").map(Value::take) {
                items.extend(found);
            }
            let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else { return Ok(items) };
            query.truncate(1);
            query.push(("cursor", cursor.to_owned()));
        }
    }

    pub(super) async fn delete(&self, path: &str) -> Result<Answer, CliError> {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Whether nobody listens at the address.
    pub(super) async fn is_refused(&self) -> bool {
        let Ok(url) = self.address("/livez") else { return false };
        match self.http.get(url).send().await {
            Ok(_) => false,
            Err(error) => causes(&error)
                .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
                .any(|error| error.kind() == std::io::ErrorKind::ConnectionRefused),
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<Answer, CliError> {
        let mut url = self.address(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.http.request(method, url);
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
                .map_err(|_| CliError::Usage("the service token does not fit an HTTP header".to_owned()))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value).header("x-operator", operator_header());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| CliError::No(self.unreachable(&error)))?;
        self.read(response).await.map_err(CliError::No)
    }

    /// Posts a body as it is. Here a daemon that cannot be reached is a sentence for the caller to judge.
    pub(super) async fn post_raw(&self, path: &str, headers: HeaderMap, body: String) -> Result<Answer, String> {
        let url = self.address(path).map_err(|error| error.to_string())?;
        let request = self.http.post(url).headers(headers).body(body);
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        self.read(response).await
    }

    fn address(&self, path: &str) -> Result<Url, CliError> {
        Url::parse(&format!("{}{path}", self.base))
            .map_err(|error| CliError::Usage(format!("{} is no address to call: {error}", self.base)))
    }

    async fn read(&self, response: Response) -> Result<Answer, String> {
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.map_err(|error| self.unreachable(&error))?;
        Ok(Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// Names the base alone: a path may carry a device's token.
    fn unreachable(&self, error: &reqwest::Error) -> String {
        let what = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
        format!("{} {what} ({}): is the daemon running there?", self.base, deepest(error))
    }
}

/// The innermost cause, which is what people can act on. Outer ones repeat the address, tokens and all.
fn deepest(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// Who asks, for the audit: the user of this machine, or no more than `cli` where the environment names none.
pub(super) fn operator() -> String {
    let named = |name| std::env::var(name).ok().filter(|user: &String| !user.trim().is_empty());
    named("USER").or_else(|| named("LOGNAME")).map_or_else(|| "cli".to_owned(), |user| format!("cli:{}", user.trim()))
}

fn operator_header() -> HeaderValue {
    HeaderValue::try_from(operator()).unwrap_or_else(|_| HeaderValue::from_static("cli"))
}
