//! Files that hold secrets: made whole or not at all, and read only while nobody else can read them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Why a private file can be neither read nor made.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// Others can read it, so it may be known to them already.
    #[error(
        "{} can be read by other users (mode {mode:04o}): run chmod 600 on it, or delete it if others may have read it and let a new one be made",
        path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The operating system refused.
    #[error("{} cannot be {action}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried, as a participle.
        action: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> PrivateFileError {
    let path = path.to_owned();
    move |source| PrivateFileError::Io { path, action, source }
}

/// Reads the file; `None` where there is none.
pub fn read(path: &Path) -> Result<Option<String>, PrivateFileError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, "opened")(error)),
    };
    let mode = file.metadata().map_err(failed(path, "examined"))?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PrivateFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed(path, "read"))?;
    Ok(Some(text))
}

/// Reads the file, or makes it with `new_text` (mode 0600) where there is none. Of several processes that do so at once
/// one makes it and all read the same text.
pub fn read_or_create(path: &Path, new_text: impl FnOnce() -> String) -> Result<String, PrivateFileError> {
    if let Some(text) = read(path)? {
        return Ok(text);
    }
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    create_dir(dir)?;
    let created = create(path, dir, &new_text())?;
    match read(path)? {
        Some(text) => Ok(text),
        // Made by us or by another a moment ago, and gone again.
        None => Err(failed(path, if created { "kept" } else { "read" })(io::ErrorKind::NotFound.into())),
    }
}

/// Makes the directory and those above it, for this user alone, where they are not there.
pub fn create_dir(dir: &Path) -> Result<(), PrivateFileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed(dir, "made a directory"))
}

/// Writes a file of another name beside it, syncs it, and links it to its name: a crash leaves all of it or nothing of it, and
/// an existing file is never replaced. Returns whether this call made it.
fn create(path: &Path, dir: &Path, text: &str) -> Result<bool, PrivateFileError> {
    let draft = dir.join(format!(".{}.draft", crate::secrets::new_token()));
    let written = write_draft(&draft, text).map_err(failed(&draft, "written"));
    let linked = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(path, "made")(error)),
    });
    // A draft that stays behind is a stray private file, no reason to fail.
    let _ = std::fs::remove_file(&draft);
    let created = linked?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed(dir, "synced"))?;
    Ok(created)
}

/// Puts `text` (mode 0600) in the place of the file: after a crash there is the old text or the new one, whole.
pub fn replace(path: &Path, text: &str) -> Result<(), PrivateFileError> {
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let draft = dir.join(format!(".{}.draft", crate::secrets::new_token()));
    let replaced = write_draft(&draft, text)
        .map_err(failed(&draft, "written"))
        .and_then(|()| std::fs::rename(&draft, path).map_err(failed(path, "replaced")));
    if replaced.is_err() {
        let _ = std::fs::remove_file(&draft);
    }
    replaced?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed(dir, "synced"))
}

fn write_draft(draft: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn the_file_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/data/service.token");
        assert_eq!(read(&path).unwrap(), None);
        assert_eq!(read_or_create(&path, || "first".to_owned()).unwrap(), "first");
        assert_eq!(read_or_create(&path, || "second".to_owned()).unwrap(), "first");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let names: Vec<_> =
            std::fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["service.token"], "no draft stays behind");
    }

    #[test]
    fn many_makers_at_once_agree_on_one_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("service.token");
        let texts: Vec<String> = thread::scope(|scope| {
            let makers: Vec<_> =
                (0..8).map(|_| scope.spawn(|| read_or_create(&path, crate::secrets::new_token).unwrap())).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(texts.iter().all(|text| text == texts.first().unwrap()));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_cure() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets.key");
        std::fs::write(&path, "known to all").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = read_or_create(&path, String::new).unwrap_err().to_string();
        assert!(error.contains("mode 0640") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_place_that_cannot_hold_the_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let blocked = dir.path().join("a-file");
        std::fs::write(&blocked, "").unwrap();
        let error = read_or_create(&blocked.join("service.token"), String::new).unwrap_err().to_string();
        assert!(error.contains("a-file"), "{error}");
    }
}
