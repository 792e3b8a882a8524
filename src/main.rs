//! The `recon` binary: arguments, command, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // One TLS provider in the tree. A second call fails and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    recon::cli::main()
}
