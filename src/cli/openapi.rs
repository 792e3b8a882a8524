//! `recon openapi`.

use super::{CliError, Context, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_context: &Context, _args: &Args) -> Result<(), CliError> {
    let document = crate::http::openapi()
        .to_pretty_json()
        .map_err(|error| CliError::No(format!("the document cannot be written: {error}")))?;
    output::print(&document)
}
