//! Reads `RECON_<SECTION>__<KEY>` variables into layered values.

use super::{
    keys,
    layers::{Layers, env_name},
    origin::Origin,
};

/// Adds the variables that name keys. `RECON_A__B` that names none is a problem; other `RECON_` names belong to others
/// (container platforms make some), unless one is a key's name but for its second underscore: that is warned of.
pub(super) fn add(layers: &mut Layers, vars: impl Iterator<Item = (String, String)>) {
    let mut vars: Vec<_> = vars.filter(|(name, _)| name.starts_with("RECON_")).collect();
    vars.sort();
    for (name, value) in vars {
        take(layers, name, value);
    }
}

fn take(layers: &mut Layers, name: String, value: String) {
    if let Some(key) = keys::all().find(|key| env_name(key.name) == name) {
        if value.contains('\u{FFFD}') {
            return layers.problem(format!("the environment variable {name} is not UTF-8: write it as UTF-8 text"));
        }
        return layers.set(key, value, Origin::Env(name));
    }
    let rest = name.trim_start_matches("RECON_");
    if rest.contains("__") {
        let dotted = rest.to_lowercase().replace("__", ".");
        let cure = match keys::find(&dotted) {
            Some(key) => format!("write it in capitals, {}", env_name(key.name)),
            None => keys::suggestion(&dotted),
        };
        return layers.problem(format!("the environment variable {name} names the unknown key {dotted}: {cure}"));
    }
    if let Some(key) = keys::all().find(|key| key.name.replace('.', "_") == rest.to_lowercase()) {
        layers.warn(format!("the environment variable {name} is not read: {} is", env_name(key.name)));
    }
}

/// This process's environment. Values that are not UTF-8 arrive with U+FFFD in them, which is refused for our own keys.
pub fn process_env() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}
