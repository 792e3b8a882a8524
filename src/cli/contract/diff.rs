//! `recon contract diff`.

use std::path::PathBuf;

use super::show;
use super::target::{self, Cases};
use crate::cli::{CliError, Context, block_on};
use crate::clock::Clock;
use crate::conformance::shadow::{self, Side};

#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// The old server's address
    #[arg(long, value_name = "URL")]
    old: String,
    /// The new server's address
    #[arg(long, value_name = "URL")]
    new: String,
    #[command(flatten)]
    cases: Cases,
    /// Whose names the old server uses: a preset, or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    old_profile: Option<String>,
    /// Whose names the new server uses: a preset, or a TOML file
    #[arg(long, value_name = "NAME|FILE")]
    new_profile: Option<String>,
    /// Where the old server's routes hang, where that is not /api/admin
    #[arg(long, value_name = "PATH")]
    old_prefix: Option<String>,
    /// Where the new server's routes hang, where that is not /api/admin
    #[arg(long, value_name = "PATH")]
    new_prefix: Option<String>,
    /// File with a token of the old server
    #[arg(long, value_name = "FILE")]
    old_token_file: Option<PathBuf>,
    /// File with a token of the new server
    #[arg(long, value_name = "FILE")]
    new_token_file: Option<PathBuf>,
    /// The user who logs in to the old server, with --old-password-file [default: admin]
    #[arg(long, value_name = "NAME")]
    old_user: Option<String>,
    /// File with that user's password
    #[arg(long, value_name = "FILE")]
    old_password_file: Option<PathBuf>,
    /// The user who logs in to the new server, with --new-password-file [default: admin]
    #[arg(long, value_name = "NAME")]
    new_user: Option<String>,
    /// File with that user's password
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, args: &Diff) -> Result<(), CliError> {
    let library = args.cases.library()?;
    let variables = args.cases.variables()?;
    let now = Clock::system().now().0 / 1000;
    let old_url = target::base_url("--old", &args.old)?;
    let new_url = target::base_url("--new", &args.new)?;
    let old_profile = target::profile(args.old_profile.as_deref())?;
    let new_profile = target::profile(args.new_profile.as_deref())?;
    let old_server = target::server(&old_url, args.old_prefix.as_deref(), old_profile)?;
    let new_server = target::server(&new_url, args.new_prefix.as_deref(), new_profile)?;
    let old = target::credentials(
        args.old_token_file.as_deref(),
        args.old_user.as_deref(),
        args.old_password_file.as_deref(),
    )?;
    let mut new = target::credentials(
        args.new_token_file.as_deref(),
        args.new_user.as_deref(),
        args.new_password_file.as_deref(),
    )?;
    if new.is_none() {
        new = target::own_admin(context, &new_url)?;
    }
    let compared = block_on(async {
        let old_token = match &old {
            Some(credentials) => Some(target::token(&old_server, credentials).await?),
            None => None,
        };
        let new_token = match &new {
            Some(credentials) => Some(target::token(&new_server, credentials).await?),
            None => None,
        };
        let (old, new) = (Side { server: old_server, token: old_token }, Side { server: new_server, token: new_token });
        let mut compared = Vec::new();
        for case in &library.cases {
            compared.push(shadow::compare(case, &old, &new, &variables, now).await);
        }
        Ok(compared)
    })?;
    show::compared(context, &compared)
}
