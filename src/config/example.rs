//! `recon.example.toml`, written from the keys so that it cannot fall behind them.

use std::fmt::Write as _;

use super::keys::{Kind, SECTIONS};
use super::layers::{Layers, env_name};

/// A commented configuration file that lists every key once, with its default and its meaning.
#[must_use]
pub fn example() -> String {
    let layers = Layers::default();
    let mut text = String::from(
        "# Configuration of recon. Every key is listed with its default; take the # away to change one.\n\
         # Read from --config FILE, else RECON_CONFIG, else ./recon.toml; then the environment\n\
         # (service.bind is RECON_SERVICE__BIND); then flags. Durations carry a unit: 45s, 2m, 24h, 90d.\n",
    );
    for section in SECTIONS {
        text.push('\n');
        if !section.name.is_empty() {
            let _ = writeln!(text, "[{}]", section.name);
        }
        for key in section.keys {
            let name = key.name.rsplit('.').next().unwrap_or(key.name);
            let value = layers.text(key);
            let value = match key.kind {
                Kind::Number | Kind::Switch => value,
                Kind::Text | Kind::Secret | Kind::Url => toml::Value::String(value).to_string(),
            };
            let better =
                if key.kind == Kind::Secret { format!(" (better as {})", env_name(key.name)) } else { String::new() };
            let _ = writeln!(text, "# {}{better}\n# {name} = {value}", key.meaning);
        }
    }
    text
}
