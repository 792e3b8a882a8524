//! `recon contract verify`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use serde_json::Value;

use super::show;
use super::target::{self, Cases, Credentials};
use crate::cli::{CliError, Context, block_on, secret};
use crate::clock::Clock;
use crate::config::{BaseUrl, credentials};
use crate::conformance::hurl::Variables;
use crate::conformance::library::Library;
use crate::conformance::report::{Outcome, coverage};
use crate::conformance::runner::Run;
use crate::conformance::server::Server;
use crate::conformance::session::Session;

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The server's address [default: that of the configuration's admin.bind]
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    #[command(flatten)]
    cases: Cases,
    /// Whose names the server uses: gin-vue-admin, vue-element-admin, ruoyi, vben5, or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// Where the routes hang, where that is not /api/admin
    #[arg(long, value_name = "PATH")]
    prefix: Option<String>,
    /// File with an operator's token; - is standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// File with a token that is about to expire
    #[arg(long, value_name = "FILE")]
    expiring_token_file: Option<PathBuf>,
    /// File with a token that has expired
    #[arg(long, value_name = "FILE")]
    expired_token_file: Option<PathBuf>,
    /// The user who logs in, with --password-file [default: admin]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File with the user's password; where neither this nor a token is given and the server is this machine's own, its <data_dir>/admin-password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// With which tokens only; may be repeated [default: with each there is]
    #[arg(long, value_enum, value_name = "KIND")]
    session: Vec<Session>,
    /// The recon behind a test server: what cases need is made there, fictional messages and all. Never one that is in use
    #[arg(long, value_name = "URL")]
    recon_url: Option<String>,
    /// File with recon's service token [default: that of the configuration or of this machine's daemon]
    #[arg(long, value_name = "FILE", requires = "recon_url")]
    service_token_file: Option<PathBuf>,
    /// Leave out every case that changes something; the routes that do need no coverage then
    #[arg(long)]
    reads_only: bool,
    /// Be content with routes whose cases all had to be skipped
    #[arg(long)]
    allow_skipped: bool,
    /// Write a JUnit report, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &Verify) -> Result<(), CliError> {
    let url = match &args.base_url {
        Some(url) => target::base_url("--base-url", url)?,
        None => BaseUrl::of_bind(context.load(None)?.config.admin.bind),
    };
    let server = target::server(&url, args.prefix.as_deref(), target::profile(args.profile.as_deref())?)?;
    let mut library = args.cases.library()?;
    if args.reads_only {
        library.cases.retain(|case| !case.toml.mutates);
    }
    let recon = recon(context, args)?;
    let given = target::credentials(args.token_file.as_deref(), args.user.as_deref(), args.password_file.as_deref())?;
    let credentials = match given {
        Some(credentials) => Some(credentials),
        None => target::own_admin(context, &url)?,
    };
    let outcomes = block_on(outcomes(args, (&server, recon.as_ref()), &library, credentials.as_ref()))?;
    let coverage = if args.cases.only.is_empty() { coverage(&outcomes, args.reads_only) } else { Vec::new() };
    if let Some(file) = &args.junit {
        std::fs::write(file, crate::conformance::report::junit(&outcomes, &coverage))
            .map_err(|error| CliError::No(format!("{} cannot be written: {error}", file.display())))?;
    }
    show::verified(context, &outcomes, &coverage, args.allow_skipped)
}

fn recon(context: &Context, args: &Verify) -> Result<Option<Server>, CliError> {
    let Some(url) = &args.recon_url else { return Ok(None) };
    let url = target::base_url("--recon-url", url)?;
    let token = match &args.service_token_file {
        Some(file) => SecretString::from(secret::read(file, "service token")?),
        None => credentials::existing_service_token(&context.load(None)?.config)?,
    };
    Server::recon(url.as_str(), token, url.is_loopback()).map(Some).map_err(CliError::No)
}

async fn outcomes(
    args: &Verify,
    (server, recon): (&Server, Option<&Server>),
    library: &Library,
    credentials: Option<&Credentials>,
) -> Result<Vec<Outcome>, CliError> {
    let tokens = tokens(args, server, credentials).await?;
    let mut variables = args.cases.variables()?;
    lend(&mut variables, credentials);
    // Cases that need no token run as with a fresh one.
    let kinds = Session::ALL.into_iter().filter(|kind| *kind == Session::Fresh || tokens.contains_key(kind));
    let kinds: Vec<Session> = kinds.filter(|kind| args.session.is_empty() || args.session.contains(kind)).collect();
    if let Some(kind) = args.session.iter().find(|kind| !kinds.contains(kind)) {
        return Err(CliError::Usage(format!("there is no {kind} token: give --{kind}-token-file")));
    }
    let clock = Clock::system();
    let states = (&library.states, recon);
    let run =
        Run { server, states: states.1, state_files: states.0, variables: &variables, tokens: &tokens, clock: &clock };
    Ok(run.all(&library.cases, &kinds).await)
}

/// The cases about logging in need the user's own words.
fn lend(variables: &mut Variables, credentials: Option<&Credentials>) {
    if let Some(Credentials::User { name, password }) = credentials {
        variables.set("user", Value::from(name.as_str()));
        variables.set("password", Value::from(password.as_str()));
    }
}

async fn tokens(
    args: &Verify,
    server: &Server,
    credentials: Option<&Credentials>,
) -> Result<BTreeMap<Session, String>, CliError> {
    let mut tokens = BTreeMap::new();
    if let Some(credentials) = credentials {
        tokens.insert(Session::Fresh, target::token(server, credentials).await?);
    }
    let files = [(Session::Expiring, &args.expiring_token_file), (Session::Expired, &args.expired_token_file)];
    for (kind, file) in files {
        if let Some(file) = file {
            tokens.insert(kind, secret::read(file, "token")?);
        }
    }
    Ok(tokens)
}
