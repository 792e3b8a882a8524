//! Reads a TOML file into layered values.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{keys, layers::Layers, origin::Origin};

/// Adds the values of the file's text; a syntax error or an unknown key becomes a problem.
pub(super) fn add(layers: &mut Layers, path: &Path, text: &str) {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            return layers.problem(format!("{}:{line} is not TOML: {}", path.display(), error.message()));
        }
    };
    let mut reader = Reader { layers, path, text };
    for (name, value) in table.get_ref() {
        reader.take(name.get_ref(), name.span().start, value);
    }
}

struct Reader<'a> {
    layers: &'a mut Layers,
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, name: &str, at: usize, value: &Spanned<DeValue<'_>>) {
        if let DeValue::Table(section) = value.get_ref() {
            for (key, value) in section {
                self.take(&format!("{name}.{}", key.get_ref()), key.span().start, value);
            }
            return;
        }
        let line = line_of(self.text, at);
        let place = format!("{}:{line}", self.path.display());
        let Some(key) = keys::find(name) else {
            let cure = keys::suggestion(name);
            return self.layers.problem(format!("{place} has the unknown key {name}: {cure}"));
        };
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Boolean(switch) => switch.to_string(),
            _ => {
                return self
                    .layers
                    .problem(format!("{place} gives {name} neither a text, a whole number nor a switch"));
            }
        };
        self.layers.set(key, text, Origin::File { path: self.path.to_owned(), line });
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
