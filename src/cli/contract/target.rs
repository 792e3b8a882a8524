//! What the three commands are told of servers, tokens and variables.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::{CliError, Context, secret};
use crate::config::BaseUrl;
use crate::conformance::case::CaseError;
use crate::conformance::hurl::{Options, Request, Variables};
use crate::conformance::library::Library;
use crate::conformance::profile::{DEFAULT, Profile};
use crate::conformance::server::Server;

/// Which cases.
#[derive(Debug, clap::Args)]
pub(super) struct Cases {
    /// Directory of cases; none: those that come with recon
    #[arg(long, value_name = "DIR")]
    pub(super) cases: Option<PathBuf>,
    /// Run the cases whose names contain this alone; may be repeated. Coverage is then not judged
    #[arg(long, value_name = "TEXT")]
    pub(super) only: Vec<String>,
    /// Give a variable of the cases, as hurl takes it; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) variable: Vec<String>,
}

impl Cases {
    /// The cases that are to be run.
    pub(super) fn library(&self) -> Result<Library, CliError> {
        let library = match &self.cases {
            Some(dir) => Library::of_dir(dir),
            None => Library::built_in(),
        };
        let mut library = library.map_err(|error: CaseError| CliError::Usage(error.to_string()))?;
        if !self.only.is_empty() {
            library.cases.retain(|case| self.only.iter().any(|text| case.name.contains(text.as_str())));
            if library.cases.is_empty() {
                return Err(CliError::Usage(format!(
                    "there is no case whose name contains {}",
                    self.only.join(" or ")
                )));
            }
        }
        Ok(library)
    }

    /// The variables that were given.
    pub(super) fn variables(&self) -> Result<Variables, CliError> {
        let mut variables = Variables::default();
        for given in &self.variable {
            let (name, value) = given
                .split_once('=')
                .ok_or_else(|| CliError::Usage(format!("--variable {given}: give NAME=VALUE, such as sms_id=41")))?;
            variables.set_text(name.trim(), value);
        }
        Ok(variables)
    }
}

/// Reads an address.
pub(super) fn base_url(flag: &str, text: &str) -> Result<BaseUrl, CliError> {
    BaseUrl::parse(text, &["http", "https"])
        .map_err(|cure| CliError::Usage(format!("{flag} {text} cannot be used: {cure}")))
}

/// A preset, or the profile of a file.
pub(super) fn profile(name: Option<&str>) -> Result<Profile, CliError> {
    let name = name.unwrap_or(DEFAULT);
    let path = Path::new(name);
    let is_file = path.extension().is_some_and(|extension| extension == "toml");
    let profile = if is_file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CliError::Usage(format!("the profile {name} cannot be read: {error}")))?;
        Profile::read(name, &text)
    } else {
        Profile::preset(name)
    };
    profile.map_err(CliError::Usage)
}

/// An admin server.
pub(super) fn server(url: &BaseUrl, prefix: Option<&str>, profile: Profile) -> Result<Server, CliError> {
    Server::admin(url.as_str(), prefix, profile, url.is_loopback()).map_err(CliError::No)
}

/// Who asks.
#[derive(Clone, Debug)]
pub(super) enum Credentials {
    /// A token that is there.
    Token(String),
    /// A user who logs in.
    User { name: String, password: String },
}

/// Reads who asks: a token, else a user with a password.
pub(super) fn credentials(
    token_file: Option<&Path>,
    user: Option<&str>,
    password_file: Option<&Path>,
) -> Result<Option<Credentials>, CliError> {
    match (token_file, user, password_file) {
        (Some(file), None, None) => Ok(Some(Credentials::Token(secret::read(file, "token")?))),
        (None, user, Some(file)) => {
            let password = secret::read(file, "password")?;
            Ok(Some(Credentials::User { name: user.unwrap_or("admin").to_owned(), password }))
        }
        (None, None, None) => Ok(None),
        (None, Some(_), None) => Err(CliError::Usage("--user needs --password-file".to_owned())),
        (Some(_), ..) => Err(CliError::Usage("give a token or a user with a password, not both".to_owned())),
    }
}

/// The password of the first operator, where the server is this machine's own admin edge: it is shown to no other.
pub(super) fn own_admin(context: &Context, url: &BaseUrl) -> Result<Option<Credentials>, CliError> {
    let config = context.load(None)?.config;
    if *url != BaseUrl::of_bind(config.admin.bind) {
        return Ok(None);
    }
    let path = config.data_dir.join("admin-password");
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Credentials::User { name: "admin".to_owned(), password: secret::read(&path, "password")? }))
}

/// The token that these credentials stand for; a user logs in.
pub(super) async fn token(server: &Server, credentials: &Credentials) -> Result<String, CliError> {
    let (name, password) = match credentials {
        Credentials::Token(token) => return Ok(token.clone()),
        Credentials::User { name, password } => (name, password),
    };
    let request = Request {
        method: "POST".to_owned(),
        url: "{{base_url}}/api/admin/login".to_owned(),
        body: Some(json!({"username": name, "password": password}).to_string()),
        options: Options::default(),
        ..Request::default()
    };
    let mut variables = Variables::default();
    variables.set("base_url", Value::from(server.base_url.as_str()));
    let answer = server.ask(&request, &variables, None).await.map_err(CliError::No)?;
    let token = answer.body.as_ref().and_then(|body| body.pointer("/data/token")?.as_str());
    token.map(str::to_owned).ok_or_else(|| {
        let told = answer.body.as_ref().and_then(|body| body.get("msg")?.as_str()).unwrap_or("no token in the answer");
        CliError::No(format!("{} lets {name} not log in (status {}): {told}", server.base_url, answer.status))
    })
}
