//! `recon completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{CliError, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell that will read the script
    shell: Shell,
}

pub(super) fn run<C: CommandFactory>(args: &Args) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "recon", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())
}
