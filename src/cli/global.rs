//! The flags that every command takes, and what a command gets from them.

use std::path::{Path, PathBuf};

use super::CliError;
use crate::config::{Config, LoadArgs, Loaded, process_env};

/// What a daemon that stands alone has of its own.
const ALONE: [&str; 5] = ["data_dir", "database.", "redis.", "secrets.", "service.public_url"];

/// The flags that every command takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// Configuration file [default: $RECON_CONFIG, else ./recon.toml if there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the daemon's files live (key data_dir)
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// Set a configuration key, such as pipeline.sweep_interval=10s; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Print JSON instead of tables
    #[arg(long, global = true)]
    json: bool,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) => Ok((key.trim().to_owned(), value.to_owned())),
        None => Err("give KEY=VALUE, such as pipeline.sweep_interval=10s".to_owned()),
    }
}

/// What a command gets from the global flags.
#[derive(Debug)]
pub struct Context {
    global: Global,
}

impl Context {
    pub(super) fn new(global: Global) -> Self {
        Self { global }
    }

    /// Whether the answer is for a program.
    #[must_use]
    pub fn json(&self) -> bool {
        self.global.json
    }

    /// Loads the configuration with this process's environment. `roles` is the command's `--roles`, where it has one.
    pub fn load(&self, roles: Option<&str>) -> Result<Loaded, CliError> {
        let args = LoadArgs {
            file: self.global.config.clone(),
            data_dir: self.global.data_dir.clone(),
            set: self.global.set.clone(),
            roles: roles.map(str::to_owned),
            ..LoadArgs::default()
        };
        Ok(Config::load(&args, process_env())?)
    }

    /// The configuration of a daemon that stands alone: defaults, then `--set`, then its own values, in that directory. No
    /// file and no environment, so that it never meets a real database.
    ///
    /// # Errors
    /// Also where `--config` or `--data-dir` is given, or `--set` names what is the daemon's own.
    pub(super) fn load_alone(&self, data_dir: &Path, own: &[(String, String)]) -> Result<Config, CliError> {
        if self.global.config.is_some() || self.global.data_dir.is_some() {
            return Err(CliError::Usage(
                "this daemon has a directory and a configuration of its own: leave --config and --data-dir out"
                    .to_owned(),
            ));
        }
        let is_taken =
            |key: &str| own.iter().any(|(taken, _)| taken == key) || ALONE.iter().any(|prefix| key.starts_with(prefix));
        if let Some((key, _)) = self.global.set.iter().find(|(key, _)| is_taken(key)) {
            return Err(CliError::Usage(format!("--set {key} cannot be given here: this daemon has its own")));
        }
        let set = self.global.set.iter().cloned().chain(own.iter().cloned()).collect();
        let data_dir = Some(data_dir.display().to_string());
        // A file that is not there is not read.
        let default_file = PathBuf::new();
        let args = LoadArgs { default_file, data_dir, set, ..LoadArgs::default() };
        Ok(Config::load(&args, std::iter::empty())?.config)
    }
}
