//! `recon check-config`.

use serde_json::json;

use super::{CliError, Context, output, table};
use crate::config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Check for a process of these roles, separated by commas
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
    /// Print a commented configuration file with every key instead
    #[arg(long)]
    example: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    if args.example {
        return output::print(config::example().trim_end());
    }
    let loaded = context.load(args.roles.as_deref())?;
    let values: Vec<_> = loaded
        .entries
        .iter()
        .map(|entry| json!({"key": entry.key, "value": entry.value, "origin": entry.origin.to_string()}))
        .collect();
    if context.json() {
        let roles: Vec<&str> = loaded.config.roles.iter().map(config::Role::as_str).collect();
        return output::print_json(&json!({"roles": roles, "warnings": loaded.warnings, "values": values}));
    }
    for warning in &loaded.warnings {
        eprintln!("recon: warning: {}", super::printable::printable(warning));
    }
    output::print(&table::rows(&values, &[("key", "key"), ("value", "value"), ("origin", "origin")]))?;
    output::print(&format!("The configuration is valid for the roles {}.", loaded.config.roles))
}
