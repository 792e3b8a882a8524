//! The cases and states that come with recon, built into the binary, and those of a directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::case::{Case, CaseError};
use super::hurl::{self, Entry};

/// Cases with the states they need.
#[derive(Debug, Default)]
pub struct Library {
    /// By name.
    pub cases: Vec<Case>,
    /// By name.
    pub states: BTreeMap<String, Vec<Entry>>,
}

/// The files of a case.
macro_rules! cases {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../contract/cases/", $name, ".hurl")), include_str!(concat!("../../contract/cases/", $name, ".toml")))),*]
    };
}

macro_rules! states {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../contract/states/", $name, ".hurl")))),*]
    };
}

const CASES: &[(&str, &str, &str)] = cases![
    "auth/forbidden",
    "auth/login",
    "auth/login-wrong",
    "auth/logout",
    "auth/me",
    "auth/no-token",
    "auth/unknown-token",
    "pushbullet/device-add",
    "pushbullet/device-list",
    "shooter/device-delete",
    "shooter/device-list",
    "shooter/device-trust",
    "shooter/device-unknown",
    "shooter/phone-add",
    "shooter/phone-list",
    "shooter/sms-bounds",
    "shooter/sms-check",
    "shooter/sms-check-unknown",
    "shooter/sms-filter",
    "shooter/sms-get",
    "shooter/sms-get-unknown",
    "shooter/sms-keyword",
    "shooter/sms-list",
    "shooter/sms-paging",
    "shooter/sms-reset",
    "shooter/sms-reset-unknown",
    "shooter/sms-status",
    "shooter/template-add",
    "shooter/template-list",
    "top-info",
    "unknown-route",
];

const STATES: &[(&str, &str)] =
    states!["device", "disposable-device", "disposable-sms", "phone", "pushbullet", "sms", "template"];

impl Library {
    /// What comes with recon.
    ///
    /// # Errors
    /// Where a file of it cannot be read, which a test rules out.
    pub fn built_in() -> Result<Self, CaseError> {
        let cases = CASES.iter().map(|(name, hurl, toml)| Case::read(name, hurl, toml)).collect::<Result<_, _>>()?;
        let states = STATES.iter().map(|(name, text)| Ok(((*name).to_owned(), state(name, text)?)));
        Ok(Self { cases, states: states.collect::<Result<_, _>>()? })
    }

    /// The cases of a directory: every `NAME.hurl` with the `NAME.toml` beside it, in folders too, in the order of their
    /// names. States are those of its folder `states`, and the built-in ones under other names.
    ///
    /// # Errors
    /// Where a file cannot be read, or one of a pair is missing.
    pub fn of_dir(dir: &Path) -> Result<Self, CaseError> {
        let mut library = Self { cases: Vec::new(), states: Self::built_in()?.states };
        let states = dir.join("states");
        for path in hurl_files(dir)? {
            let name = path.strip_prefix(dir).unwrap_or(&path).with_extension("").display().to_string();
            let text = read(&name, &path)?;
            if let Ok(in_states) = path.strip_prefix(&states) {
                let state_name = in_states.with_extension("").display().to_string();
                let entries = state(&state_name, &text)?;
                library.states.insert(state_name, entries);
                continue;
            }
            let toml = read(&name, &path.with_extension("toml"))?;
            library.cases.push(Case::read(&name, &text, &toml)?);
        }
        if library.cases.is_empty() {
            let what = format!("{} holds no .hurl file", dir.display());
            return Err(CaseError { name: "(any)".to_owned(), what });
        }
        Ok(library)
    }
}

fn state(name: &str, text: &str) -> Result<Vec<Entry>, CaseError> {
    hurl::parse(text).map_err(|error| CaseError { name: format!("states/{name}"), what: error.to_string() })
}

fn read(name: &str, path: &Path) -> Result<String, CaseError> {
    let refuse = |error| CaseError { name: name.to_owned(), what: format!("{}: {error}", path.display()) };
    std::fs::read_to_string(path).map_err(refuse)
}

fn hurl_files(dir: &Path) -> Result<Vec<PathBuf>, CaseError> {
    let (mut folders, mut files) = (vec![dir.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        let refuse = |error| CaseError { name: folder.display().to_string(), what: format!("{error}") };
        for entry in std::fs::read_dir(&folder).map_err(refuse)? {
            let path = entry.map_err(refuse)?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "hurl") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::routes::{FROZEN, frozen};
    use std::collections::BTreeSet;

    #[test]
    fn every_file_of_the_repository_is_built_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract");
        let names = |folder: &str| -> BTreeSet<String> {
            let dir = root.join(folder);
            let name = |path: PathBuf| path.strip_prefix(&dir).unwrap().with_extension("").display().to_string();
            hurl_files(&dir).unwrap().into_iter().map(name).collect()
        };
        assert_eq!(CASES.iter().map(|(name, ..)| (*name).to_owned()).collect::<BTreeSet<_>>(), names("cases"));
        assert_eq!(STATES.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(), names("states"));
    }

    #[test]
    fn the_built_in_cases_are_well_formed_and_cover_every_frozen_route() {
        let library = Library::built_in().unwrap();
        let calls = |path: &str| {
            let of = |case: &Case| {
                case.entries.iter().filter_map(|entry| frozen(&entry.request.url)).any(|route| route.path == path)
            };
            library.cases.iter().any(of)
        };
        for route in FROZEN {
            assert!(calls(route.path), "no case calls {}", route.path);
        }
        for case in &library.cases {
            if let Some(state) = &case.toml.state {
                assert!(library.states.contains_key(state), "{} needs the state {state}", case.name);
            }
        }
    }
}
