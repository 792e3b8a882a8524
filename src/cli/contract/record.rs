//! `recon contract record`.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::target;
use crate::cli::{CliError, Context, block_on, output, printable::printable};
use crate::conformance::hurl::Variables;
use crate::conformance::record::{Recorded, reads, record};
use crate::conformance::redact::Redactor;

#[derive(Debug, clap::Args)]
pub(super) struct Record {
    /// The server's address
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// Directory to write the cases to; files that are there are not overwritten
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A read to record, behind the prefix, such as "/shooter/sms/list?status=2&pageSize=5"; may be repeated [default: every frozen read]
    #[arg(long, value_name = "ROUTE")]
    route: Vec<String>,
    /// Whose names the server uses: a preset, or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    profile: Option<String>,
    /// Where the routes hang, where that is not /api/admin
    #[arg(long, value_name = "PATH")]
    prefix: Option<String>,
    /// File with an operator's token; - is standard input
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The user who logs in, with --password-file [default: admin]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File with the user's password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &Record) -> Result<(), CliError> {
    let url = target::base_url("--base-url", &args.base_url)?;
    let server = target::server(&url, args.prefix.as_deref(), target::profile(args.profile.as_deref())?)?;
    let given = target::credentials(args.token_file.as_deref(), args.user.as_deref(), args.password_file.as_deref())?;
    let credentials = match given {
        Some(credentials) => Some(credentials),
        None => target::own_admin(context, &url)?,
    };
    let credentials =
        credentials.ok_or_else(|| CliError::Usage("give --token-file, or --user and --password-file".to_owned()))?;
    let routes = if args.route.is_empty() { reads() } else { args.route.clone() };
    let (written, failed) = block_on(async {
        let mut variables = Variables::default();
        variables.set("base_url", Value::from(server.base_url.as_str()));
        variables.set("token", Value::from(target::token(&server, &credentials).await?));
        let mut redactor = Redactor::default();
        let (mut written, mut failed) = (Vec::new(), Vec::new());
        for route in &routes {
            match record(&server, &variables, route, &mut redactor).await {
                Ok(recorded) => written.push(write(args, &recorded)?),
                Err(error) => failed.push(error),
            }
        }
        Ok((written, failed))
    })?;
    if context.json() {
        output::print_json(&json!({"written": written, "failed": failed}))?;
    } else {
        for name in &written {
            output::print(&printable(&format!("recorded {name}")))?;
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(CliError::No(format!(
        "{} of {} reads could not be recorded: {}",
        failed.len(),
        routes.len(),
        failed.join("; ")
    )))
}

/// Writes both files of a case under a name that is free.
fn write(args: &Record, recorded: &Recorded) -> Result<String, CliError> {
    let refuse = |error: std::io::Error| CliError::No(format!("the case {} cannot be written: {error}", recorded.name));
    let path = |name: &str, ending: &str| args.out.join(format!("{name}.{ending}"));
    let is_free = |name: &String| !path(name, "hurl").exists() && !path(name, "toml").exists();
    let names = std::iter::once(recorded.name.clone()).chain((2..).map(|nth| format!("{}-{nth}", recorded.name)));
    let name = names.take(10_000).find(is_free).ok_or_else(|| CliError::No(format!("{} is taken", recorded.name)))?;
    if let Some(folder) = path(&name, "hurl").parent() {
        std::fs::create_dir_all(folder).map_err(refuse)?;
    }
    std::fs::write(path(&name, "hurl"), &recorded.hurl).map_err(refuse)?;
    std::fs::write(path(&name, "toml"), &recorded.toml).map_err(refuse)?;
    Ok(name)
}
