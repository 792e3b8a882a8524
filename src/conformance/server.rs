//! A server that requests are sent to.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::hurl::{Request, Variables};
use super::profile::{Expected, Profile};
use super::routes::PREFIX;
use super::wire::Answer;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A server, and the names it uses.
#[derive(Debug)]
pub struct Server {
    /// Its address without a slash at the end.
    pub base_url: String,
    prefix: String,
    profile: Option<Profile>,
    service_token: Option<SecretString>,
    http: reqwest::Client,
}

impl Server {
    /// An admin server, under `prefix` where it has another one than ours.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn admin(base_url: &str, prefix: Option<&str>, profile: Profile, is_loopback: bool) -> Result<Self, String> {
        let prefix = prefix.unwrap_or(PREFIX).trim_end_matches('/').to_owned();
        let http = client(is_loopback)?;
        Ok(Self { base_url: base_url.to_owned(), prefix, profile: Some(profile), service_token: None, http })
    }

    /// The internal API of recon, by which states are made.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn recon(base_url: &str, token: SecretString, is_loopback: bool) -> Result<Self, String> {
        let http = client(is_loopback)?;
        let base_url = base_url.to_owned();
        Ok(Self { base_url, prefix: PREFIX.to_owned(), profile: None, service_token: Some(token), http })
    }

    /// Lends a state what it needs to call recon.
    pub(super) fn lend(&self, variables: &mut Variables) {
        variables.set("recon_url", Value::from(self.base_url.as_str()));
        if let Some(token) = &self.service_token {
            variables.set("service_token", Value::from(token.expose_secret()));
        }
    }

    /// Whether a session's next token comes with this server's answers.
    #[must_use]
    pub fn renews(&self) -> bool {
        self.profile.as_ref().is_some_and(Profile::renews)
    }

    /// Sends a request of a case in this server's names, and answers in ours; `expected` where it is known.
    ///
    /// # Errors
    /// Where a variable is missing, the server cannot be reached, or does not answer in time.
    pub async fn ask(
        &self,
        request: &Request,
        variables: &Variables,
        expected: Option<&Expected>,
    ) -> Result<Answer, String> {
        let theirs = self.profile.as_ref().map_or_else(|| request.clone(), |profile| profile.request(request));
        let mut url = variables.fill(&theirs.url)?;
        if self.prefix != PREFIX {
            url = url.replacen(PREFIX, &self.prefix, 1);
        }
        let mut url = reqwest::Url::parse(&url).map_err(|error| format!("{url} is no address: {error}"))?;
        for (name, value) in &theirs.query {
            url.query_pairs_mut().append_pair(name, &variables.fill(value)?);
        }
        let method = reqwest::Method::from_bytes(theirs.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        for (name, value) in &theirs.headers {
            let header = HeaderName::try_from(name).map_err(|_| format!("{name} is no name of a header"))?;
            let mut filled = HeaderValue::try_from(variables.fill(value)?)
                .map_err(|_| format!("the value of {name} does not fit a header"))?;
            filled.set_sensitive(true);
            headers.append(header, filled);
        }
        let mut asked = self.http.request(method, url);
        if let Some(body) = &theirs.body {
            let filled = variables.fill_json(body)?;
            let body: Value = serde_json::from_str(&filled).map_err(|error| format!("the body is no JSON: {error}"))?;
            let body = self.profile.as_ref().map_or_else(|| body.clone(), |profile| profile.request_body(body.clone()));
            if !headers.contains_key(CONTENT_TYPE) {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            asked = asked.body(body.to_string());
        }
        let answered = asked.headers(headers).send().await.map_err(|error| self.unreachable(&error))?;
        let (status, headers) = (answered.status().as_u16(), pairs(answered.headers()));
        let bytes = answered.bytes().await.map_err(|error| self.unreachable(&error))?;
        let answer = Answer { status, headers, body: serde_json::from_slice(&bytes).ok() };
        Ok(match &self.profile {
            Some(profile) => profile.answer(answer, expected),
            None => answer,
        })
    }

    /// Names the base alone: an address may carry a token.
    fn unreachable(&self, error: &reqwest::Error) -> String {
        let mut cause = error.source();
        while let Some(inner) = cause.and_then(std::error::Error::source) {
            cause = Some(inner);
        }
        let why = cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string);
        let what = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
        format!("{} {what} ({why})", self.base_url)
    }
}

fn client(is_loopback: bool) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .user_agent(concat!("recon-contract/", env!("CARGO_PKG_VERSION")));
    if is_loopback {
        // A proxy would be asked for an address of its own machine, and shown the tokens.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| format!("the HTTP client cannot be made: {error}"))
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
