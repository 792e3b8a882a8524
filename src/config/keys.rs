//! What a key is: its name, its default and its meaning, written once for reading, printing and the example file.

/// How a key's value is written in TOML and shown to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text; durations and addresses too.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Switch,
    /// Never shown, never given on a command line.
    Secret,
    /// An address that may carry a password, which is masked when shown.
    Url,
}

/// One key of the configuration.
#[derive(Debug)]
pub struct Key {
    /// The dotted name, such as `service.bind`.
    pub name: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// The value where nothing is given; `<data_dir>` and `<service.bind>` stand for the values of those keys.
    pub default: &'static str,
    /// One line for a reader of the example file.
    pub meaning: &'static str,
}

/// A TOML table and its keys.
#[derive(Debug)]
pub struct Section {
    /// The table's name; empty for the keys above all tables.
    pub name: &'static str,
    /// The keys in the order in which people read them.
    pub keys: &'static [Key],
}

/// Shorthand for the tables in the section files.
pub(super) const fn key(name: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Key {
    Key { name, kind, default, meaning }
}

/// Every section, in the order of `recon.example.toml`.
pub const SECTIONS: &[Section] = &[
    Section { name: "", keys: super::TOP_KEYS },
    Section { name: "log", keys: super::log::KEYS },
    Section { name: "database", keys: super::database::KEYS },
    Section { name: "redis", keys: super::redis::KEYS },
    Section { name: "service", keys: super::service::KEYS },
    Section { name: "worker", keys: super::worker::KEYS },
    Section { name: "admin", keys: super::admin::KEYS },
    Section { name: "admin.legacy", keys: super::legacy::KEYS },
    Section { name: "wallet", keys: super::wallet::KEYS },
    Section { name: "secrets", keys: super::secrets::KEYS },
    Section { name: "pushbullet", keys: super::pushbullet::KEYS },
    Section { name: "telegram", keys: super::telegram::KEYS },
    Section { name: "shooter", keys: super::shooter::KEYS },
    Section { name: "pipeline", keys: super::pipeline::KEYS },
    Section { name: "supervision", keys: super::supervision::KEYS },
    Section { name: "retention", keys: super::retention::KEYS },
];

/// Every key.
pub fn all() -> impl Iterator<Item = &'static Key> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// The key of that name.
pub fn find(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name)
}

/// The cure for a name that is no key: the nearest key, else the keys of its section.
pub(super) fn suggestion(name: &str) -> String {
    let nearest = all()
        .map(|key| (strsim::damerau_levenshtein(key.name, name), key.name))
        .min()
        .filter(|(distance, nearest)| distance * 3 <= nearest.len());
    if let Some((_, nearest)) = nearest {
        return format!("did you mean {nearest}?");
    }
    let section = name.rsplit_once('.').map_or("", |(section, _)| section);
    match SECTIONS.iter().find(|known| known.name == section && !section.is_empty()) {
        Some(known) => {
            let names: Vec<&str> = known.keys.iter().filter_map(|key| key.name.split('.').nth(1)).collect();
            format!("[{section}] has {}", names.join(", "))
        }
        None => "recon.example.toml lists every key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_key_stands_once_under_its_own_section() {
        let mut seen = HashSet::new();
        for section in SECTIONS {
            for key in section.keys {
                assert!(seen.insert(key.name), "{} stands twice", key.name);
                let expected = if section.name.is_empty() { key.name } else { key.name.rsplit_once('.').unwrap().0 };
                assert!(section.name.is_empty() || section.name == expected, "{} is under {}", key.name, section.name);
            }
        }
    }

    #[test]
    fn a_misspelt_key_gets_the_nearest_one() {
        assert_eq!(suggestion("service.bnid"), "did you mean service.bind?");
        assert_eq!(suggestion("server.bind"), "did you mean service.bind?");
        assert_eq!(suggestion("datadir"), "did you mean data_dir?");
        assert_eq!(suggestion("retention.everything_else"), "[retention] has raw_text");
        assert_eq!(suggestion("zzzzzzzz"), "recon.example.toml lists every key");
    }
}
