//! The record of what a daemon has acknowledged, beside the file as `FILE.recon-progress`.
//!
//! It is written whole after each batch. It holds only for the same daemon and phone, and only while the bytes that it
//! covers are unchanged; else the file is posted from its start, and the daemon knows what it has already.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines::{Lines, Mark};
use super::{CliError, Source, unreadable};

/// How many messages the daemon took, by what it said of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) stored: u64,
    pub(super) duplicate: u64,
    pub(super) held: u64,
    pub(super) ignored: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, duplicate, held, ignored } = self;
        write!(f, "{stored} stored, {duplicate} duplicate, {held} held, {ignored} ignored")
    }
}

/// A line that the daemon does not take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refused {
    pub(super) line: u64,
    pub(super) reason: String,
}

/// What became of the lines so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The daemon and the phone, as a hash.
    target: String,
    bytes: u64,
    sha256: String,
    pub(super) counts: Counts,
    pub(super) refused: Vec<Refused>,
}

/// The daemon and the phone as a hash: the record must not hold the phone's token.
pub(super) fn target(base: &str, device_token: &str) -> String {
    hex::encode(Sha256::digest(format!("{base}\n{device_token}")))
}

/// Where the record of one file stands.
#[derive(Debug)]
pub(super) struct Progress {
    path: PathBuf,
    target: String,
}

impl Progress {
    pub(super) fn beside(file: &Path, target: String) -> Self {
        let mut path = file.as_os_str().to_owned();
        path.push(".recon-progress");
        Self { path: PathBuf::from(path), target }
    }

    /// The lines that are still to be posted, and what became of those before.
    pub(super) fn resume(&self, file: &Path) -> Result<(Lines<Source>, Record), CliError> {
        if let Some(record) = self.saved()
            && let Some(lines) = skip(file, &record).map_err(|error| unreadable(file, &error))?
        {
            return Ok((lines, record));
        }
        let lines = open(file).map_err(|error| unreadable(file, &error))?;
        Ok((lines, Record { target: self.target.clone(), ..Record::default() }))
    }

    fn saved(&self) -> Option<Record> {
        let text = std::fs::read(&self.path).ok()?;
        serde_json::from_slice(&text).ok().filter(|record: &Record| record.target == self.target)
    }

    /// Writes the record, so that a kill at any moment leaves the old or the new one.
    pub(super) fn save(&self, record: &mut Record, mark: &Mark) -> io::Result<()> {
        record.bytes = mark.bytes;
        record.sha256 = hex::encode(mark.sha256);
        let mut draft = self.path.clone().into_os_string();
        draft.push(".draft");
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        file.sync_data()?;
        std::fs::rename(&draft, &self.path)
    }

    /// Takes the record away: every line was dealt with.
    pub(super) fn finish(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn open(file: &Path) -> io::Result<Lines<Source>> {
    Ok(Lines::new(Box::new(BufReader::new(File::open(file)?))))
}

/// Reads past the recorded lines; none where they are no longer the same.
fn skip(file: &Path, record: &Record) -> io::Result<Option<Lines<Source>>> {
    let mut lines = open(file)?;
    while let Some(line) = lines.next()? {
        if line.mark.bytes == record.bytes {
            return Ok((hex::encode(line.mark.sha256) == record.sha256).then_some(lines));
        }
        if line.mark.bytes > record.bytes {
            break;
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ingest::lines::Line;

    struct Case {
        _dir: tempfile::TempDir,
        file: PathBuf,
        progress: Progress,
    }

    const FILE: &str = "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n";

    /// A file of which two of three lines are acknowledged.
    fn two_of_three() -> Case {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("day.ndjson");
        std::fs::write(&file, FILE).unwrap();
        let progress = Progress::beside(&file, target("http://recon", "token"));
        let (mut lines, mut record) = progress.resume(&file).unwrap();
        lines.next().unwrap();
        let second: Line = lines.next().unwrap().unwrap();
        record.counts.stored = 2;
        progress.save(&mut record, &second.mark).unwrap();
        Case { _dir: dir, file, progress }
    }

    fn next_number(case: &Case) -> u64 {
        case.progress.resume(&case.file).unwrap().0.next().unwrap().unwrap().number
    }

    #[test]
    fn a_second_run_goes_on_where_the_first_was_killed() {
        let case = two_of_three();
        assert_eq!(next_number(&case), 3);
        assert_eq!(case.progress.resume(&case.file).unwrap().1.counts.stored, 2);
        std::fs::write(&case.file, format!("{FILE}{{\"id\":\"d\"}}\n")).unwrap();
        assert_eq!(next_number(&case), 3, "a file that grew is the same so far");
    }

    #[test]
    fn a_changed_file_another_daemon_or_a_damaged_record_starts_over() {
        let case = two_of_three();
        std::fs::write(&case.file, FILE.replace("\"a\"", "\"x\"")).unwrap();
        assert_eq!(next_number(&case), 1);
        std::fs::write(&case.file, "{\"id\":\"a\"}\n").unwrap();
        assert_eq!(next_number(&case), 1, "shorter than the record");

        let mut case = two_of_three();
        case.progress.target = target("http://recon", "another token");
        assert_eq!(next_number(&case), 1);

        let case = two_of_three();
        std::fs::write(&case.progress.path, "{").unwrap();
        assert_eq!(next_number(&case), 1);
    }

    #[test]
    fn the_record_holds_no_token_and_goes_when_all_is_done() {
        let case = two_of_three();
        assert!(!std::fs::read_to_string(&case.progress.path).unwrap().contains("token"));
        case.progress.finish().unwrap();
        case.progress.finish().unwrap();
        assert_eq!(next_number(&case), 1);
    }
}
