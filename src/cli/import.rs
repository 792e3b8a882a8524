//! `recon import shooter`: the rows of an old shooter server, into this database.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;

use super::{CliError, Context, block_on, migrate, output, printable::printable, table};
use crate::app::sole;
use crate::domain::old_shooter::{OldRow, OldTable, read_line};
use crate::private_file;
use crate::store::Store;
use crate::store::import::{Imported, Importing};

/// Rows of one transaction.
const CHUNK: usize = 500;
/// A line that is longer is no row.
const LINE_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Take in the rows of an old shooter server under the ids that they have there. Run again, it goes on where it was
    /// interrupted and changes nothing that is here; on SQLite no daemon may run
    Shooter {
        /// JSON lines: {"table":"sms","row":{...}}
        file: PathBuf,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let Command::Shooter { file, dry_run } = &args.command;
    let is_file = std::fs::metadata(file).map(|metadata| metadata.is_file());
    if !is_file.map_err(|error| unread(file, &error))? {
        return Err(CliError::Usage(format!("{} is no file: it is read twice", file.display())));
    }
    let config = context.load(None)?.config;
    // The lock stands in it, where there is no database yet, too.
    private_file::create_dir(&config.data_dir).map_err(|error| CliError::No(error.to_string()))?;
    let _sole = sole::hold(config.database.url.expose()).map_err(|error| CliError::No(format!("{error:#}")))?;
    let report = block_on(async {
        let store = migrate::open(&config).await?;
        let failed = |error| CliError::No(format!("the database cannot be migrated: {error}"));
        if !dry_run && config.database.auto_migrate {
            store.migrate().await.map_err(failed)?;
        }
        if !store.pending_migrations().await.map_err(failed)?.is_empty() {
            return Err(CliError::No("the database lacks migrations: run `recon migrate`".to_owned()));
        }
        // With another database's key nothing of it would open.
        store.check_key().await.map_err(|error| CliError::No(error.to_string()))?;
        let report = import(&store, file, *dry_run).await;
        store.close().await;
        report
    })?;
    show(context, &report)
}

fn unread(file: &Path, error: &std::io::Error) -> CliError {
    CliError::Usage(format!("{} cannot be read: {error}", file.display()))
}

/// What an import did, by table.
#[derive(Debug, Default, Serialize)]
struct Report {
    dry_run: bool,
    tables: BTreeMap<&'static str, Counts>,
    /// Lines that are no row.
    unreadable: u64,
    notes: Vec<Note>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Counts {
    taken: u64,
    there: u64,
    skipped: u64,
}

/// What people should know of a line.
#[derive(Debug, Serialize)]
struct Note {
    line: u64,
    table: Option<&'static str>,
    id: Option<i64>,
    /// `taken` with a remark, or `skipped`.
    outcome: &'static str,
    what: String,
}

/// Messages last: whose they are is read from the rows of the phones.
async fn import(store: &Store, file: &Path, dry_run: bool) -> Result<Report, CliError> {
    let mut report = Report { dry_run, ..Report::default() };
    for messages in [false, true] {
        let mut reader = Lines::open(file)?;
        let mut chunk: Vec<(u64, OldRow)> = Vec::with_capacity(CHUNK);
        while let Some((number, line)) = reader.next()? {
            match line.and_then(|line| read_line(&line)) {
                Ok(row) if (row.table == OldTable::Sms) == messages => chunk.push((number, row)),
                // Told once, in the second round.
                Err(what) if messages => {
                    report.unreadable += 1;
                    report.notes.push(Note { line: number, table: None, id: None, outcome: "skipped", what });
                }
                Ok(_) | Err(_) => {}
            }
            if chunk.len() == CHUNK {
                take(store, &mut chunk, &mut report).await?;
            }
        }
        take(store, &mut chunk, &mut report).await?;
    }
    report.notes.sort_by_key(|note| note.line);
    Ok(report)
}

async fn take(store: &Store, chunk: &mut Vec<(u64, OldRow)>, report: &mut Report) -> Result<(), CliError> {
    if chunk.is_empty() {
        return Ok(());
    }
    let (numbers, rows): (Vec<u64>, Vec<OldRow>) = chunk.drain(..).unzip();
    let how = Importing { by: "recon import shooter", dry_run: report.dry_run };
    let told = store.import_rows(&rows, how).await.map_err(|error| {
        CliError::No(format!("the import stopped: {error}; what was taken stays, and running it again goes on"))
    })?;
    for ((line, row), one) in numbers.into_iter().zip(&rows).zip(told) {
        let counts = report.tables.entry(row.table.as_str()).or_default();
        let mut note = |outcome, what| {
            report.notes.push(Note { line, table: Some(row.table.as_str()), id: Some(row.id), outcome, what });
        };
        match one {
            Imported::Taken(remarks) => {
                counts.taken += 1;
                for what in remarks {
                    note("taken", what);
                }
                if !row.unknown.is_empty() {
                    note("taken", format!("these fields are not known and were left out: {}", row.unknown.join(", ")));
                }
            }
            Imported::There => counts.there += 1,
            Imported::Changed => {
                counts.skipped += 1;
                note("skipped", "it was imported before and says something else now: what is here stays".to_owned());
            }
            Imported::Refused(what) => {
                counts.skipped += 1;
                note("skipped", what);
            }
        }
    }
    Ok(())
}

/// A line, or why it cannot be one.
type Line = Result<String, String>;

/// The lines of a file with their numbers, read one at a time.
struct Lines {
    reader: BufReader<File>,
    path: PathBuf,
    number: u64,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, CliError> {
        let file = File::open(path).map_err(|error| unread(path, &error))?;
        Ok(Self { reader: BufReader::new(file), path: path.to_owned(), number: 0 })
    }

    /// The next line that is not blank.
    fn next(&mut self) -> Result<Option<(u64, Line)>, CliError> {
        use std::io::Read as _;
        loop {
            let mut bytes = Vec::new();
            let mut bounded = (&mut self.reader).take(LINE_BYTES_MAX + 1);
            let read = bounded.read_until(b'\n', &mut bytes).map_err(|error| unread(&self.path, &error))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if bytes.len() as u64 > LINE_BYTES_MAX {
                self.skip_line()?;
                return Ok(Some((self.number, Err(format!("is longer than {LINE_BYTES_MAX} bytes")))));
            }
            let line = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned());
            let line = line.map(|line| line.trim_start_matches('\u{feff}').trim().to_owned());
            if line.as_ref().is_ok_and(String::is_empty) {
                continue;
            }
            return Ok(Some((self.number, line)));
        }
    }

    fn skip_line(&mut self) -> Result<(), CliError> {
        loop {
            let buffer = self.reader.fill_buf().map_err(|error| unread(&self.path, &error))?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (length, is_end) = (buffer.len(), end.is_some() || buffer.is_empty());
            self.reader.consume(end.map_or(length, |end| end + 1));
            if is_end {
                return Ok(());
            }
        }
    }
}

fn show(context: &Context, report: &Report) -> Result<(), CliError> {
    let skipped = report.unreadable + report.tables.values().map(|counts| counts.skipped).sum::<u64>();
    if context.json() {
        output::print_json(&json!(report))?;
    } else {
        for Note { line, table, id, outcome, what } in &report.notes {
            let row = table.zip(*id).map(|(table, id)| format!(" {table} {id}")).unwrap_or_default();
            output::print(&printable(&format!("line {line}{row}, {outcome}: {what}")))?;
        }
        let rows: Vec<_> = report
            .tables
            .iter()
            .map(|(name, counts)| {
                json!({"table": name, "taken": counts.taken, "there": counts.there, "skipped": counts.skipped})
            })
            .collect();
        let columns = [("table", "table"), ("taken", "taken"), ("there before", "there"), ("skipped", "skipped")];
        output::print(&table::rows(&rows, &columns))?;
        if report.dry_run {
            output::print("A dry run: nothing was stored.")?;
        }
    }
    match skipped {
        0 => Ok(()),
        1 => Err(CliError::No("one row was skipped; the report says why".to_owned())),
        many => Err(CliError::No(format!("{many} rows were skipped; the report says why"))),
    }
}
