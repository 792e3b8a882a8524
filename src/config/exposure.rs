//! What other users of the machine can read of what the daemon keeps in files. What the daemon makes itself it makes for its
//! own user alone; what was there before belongs to whoever made it: it is told, never changed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Config;
use super::url::Backend;

/// A sentence with the cure for the data directory and for the SQLite file, where they are there and open to others.
pub(super) fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(mode) = open_to_others(&config.data_dir) {
        warnings.push(format!(
            "the data directory {} is open to other users (mode {mode:04o}): run chmod 700 on it",
            config.data_dir.display()
        ));
    }
    for url in [&config.database.url, &config.wallet.database_url, &config.admin.database_url] {
        let Backend::Sqlite(path) = url.backend() else { continue };
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(suffix);
            if let Some(mode) = open_to_others(Path::new(&file)) {
                warnings.push(format!(
                    "the database file {} is open to other users (mode {mode:04o}): run chmod 600 on it",
                    Path::new(&file).display()
                ));
            }
        }
    }
    warnings
}

/// The permission bits where they give the group or everybody anything; none where the file is not there or cannot be seen.
fn open_to_others(path: &Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LoadArgs;
    use std::fs::Permissions;

    #[test]
    fn what_is_open_to_others_is_told_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let load = || {
            let args = LoadArgs {
                default_file: dir.path().join("none.toml"),
                data_dir: Some(data_dir.to_str().unwrap().to_owned()),
                ..LoadArgs::default()
            };
            Config::load(&args, std::iter::empty()).unwrap().warnings
        };
        assert_eq!(load(), Vec::<String>::new(), "nothing is there");
        std::fs::create_dir(&data_dir).unwrap();
        std::fs::set_permissions(&data_dir, Permissions::from_mode(0o755)).unwrap();
        let database = data_dir.join("recon.db");
        std::fs::write(&database, "").unwrap();
        std::fs::set_permissions(&database, Permissions::from_mode(0o644)).unwrap();
        let told = load();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("mode 0755") && told[0].ends_with("run chmod 700 on it"), "{told:?}");
        assert!(told[1].contains("recon.db is open") && told[1].ends_with("run chmod 600 on it"), "{told:?}");
        assert_eq!(std::fs::metadata(&data_dir).unwrap().permissions().mode() & 0o777, 0o755);
        std::fs::set_permissions(&data_dir, Permissions::from_mode(0o700)).unwrap();
        std::fs::set_permissions(&database, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(load(), Vec::<String>::new());
    }
}
