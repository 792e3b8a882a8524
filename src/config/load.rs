//! From file, environment and flags to a valid configuration.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::keys::{self, Key, Kind};
use super::layers::{Layers, env_name, show};
use super::origin::Origin;
use super::roles::Roles;
use super::{Config, ConfigError, checks, env, exposure, file};

/// What the command line says about the configuration.
#[derive(Clone, Debug)]
pub struct LoadArgs {
    /// `--config`: the file, which must be there.
    pub file: Option<PathBuf>,
    /// The file that is read where it is there and no other is named.
    pub default_file: PathBuf,
    /// `--data-dir`.
    pub data_dir: Option<String>,
    /// `--set KEY=VALUE`, in order; secrets are refused, because every user of a machine can read its command lines.
    pub set: Vec<(String, String)>,
    /// `--roles`; none: every role.
    pub roles: Option<String>,
}

impl Default for LoadArgs {
    fn default() -> Self {
        Self { file: None, default_file: PathBuf::from("recon.toml"), data_dir: None, set: Vec::new(), roles: None }
    }
}

/// A valid configuration and where each of its values came from.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Every key in the order of the example file, with secrets masked.
    pub entries: Vec<Entry>,
    /// Sentences on what was given and is not read.
    pub warnings: Vec<String>,
}

/// One key as people may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: &'static str,
    /// Its value, with secrets masked.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

pub(super) fn load(args: &LoadArgs, env: impl Iterator<Item = (String, String)>) -> Result<Loaded, ConfigError> {
    let env: Vec<(String, String)> = env.collect();
    let mut layers = Layers::default();
    add_file(&mut layers, args, &env);
    env::add(&mut layers, env.into_iter());
    add_flags(&mut layers, args);
    let roles = args.roles.as_deref().map_or_else(|| Ok(Roles::all()), Roles::parse);
    let config = match roles {
        Ok(roles) => Config::read(&mut layers, roles),
        Err(sentence) => {
            layers.problem(sentence);
            // Read all the same, to tell of everything that is wrong.
            Config::read(&mut layers, Roles::all())
        }
    };
    for problem in config.iter().flat_map(checks::problems) {
        layers.problem(problem);
    }
    let entries = keys::all()
        .map(|key| Entry { key: key.name, value: show(key, &layers.text(key)), origin: layers.origin(key) })
        .collect();
    let (problems, mut warnings) = layers.into_findings();
    warnings.extend(config.iter().flat_map(exposure::warnings));
    match config {
        Some(config) if problems.is_empty() => Ok(Loaded { config, entries, warnings }),
        _ => Err(ConfigError { problems }),
    }
}

fn add_file(layers: &mut Layers, args: &LoadArgs, env: &[(String, String)]) {
    let from_env = env.iter().find(|(name, value)| name == "RECON_CONFIG" && !value.is_empty());
    let (path, named) = match (&args.file, from_env) {
        (Some(path), _) => (path.clone(), Some("--config")),
        (None, Some((_, path))) => (PathBuf::from(path), Some("RECON_CONFIG")),
        (None, None) => (args.default_file.clone(), None),
    };
    match (std::fs::read_to_string(&path), named) {
        (Ok(text), _) => file::add(layers, &path, &text),
        (Err(error), None) if error.kind() == ErrorKind::NotFound => {}
        (Err(error), named) => {
            let named = named.map_or_else(String::new, |named| format!(" of {named}"));
            layers.problem(format!("the configuration file {}{named} cannot be read: {error}", path.display()));
        }
    }
}

fn add_flags(layers: &mut Layers, args: &LoadArgs) {
    if let Some((key, data_dir)) = keys::find("data_dir").zip(args.data_dir.as_ref()) {
        layers.set(key, data_dir.clone(), Origin::Flag("--data-dir"));
    }
    for (name, value) in &args.set {
        match keys::find(name) {
            None => layers.problem(format!("--set names the unknown key {name}: {}", keys::suggestion(name))),
            Some(key) if carries_secret(key, value) => layers.problem(format!(
                "--set {name} would show a secret to every user of this machine: give it in the file or as {}",
                env_name(name)
            )),
            Some(key) => layers.set(key, value.clone(), Origin::Flag("--set")),
        }
    }
}

fn carries_secret(key: &'static Key, value: &str) -> bool {
    key.kind == Kind::Secret || show(key, value) != value
}
