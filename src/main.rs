//! The `recon` binary: arguments, command, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    recon::tls::use_ring();
    recon::cli::main()
}
