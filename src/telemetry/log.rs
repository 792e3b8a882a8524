//! The log, to stderr or to a file.

use std::fs::File;
use std::io::IsTerminal as _;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{LogConfig, LogFormat};

/// Why the log cannot be installed.
#[derive(Debug, thiserror::Error)]
pub enum LogInstallError {
    /// The filter is none.
    #[error("log.filter cannot be used: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The process has a log already.
    #[error("the log was installed twice in one process")]
    Twice(#[from] tracing::subscriber::SetGlobalDefaultError),
}

/// Libraries that tell at `info` what only their authors ask for. The configured filter comes after it and wins.
const QUIET: &str = "actix_server=warn,sea_orm_migration=warn";

/// Installs the process's log, written to stderr.
pub fn install_log(config: &LogConfig) -> Result<(), LogInstallError> {
    let pretty = match config.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let colours = std::io::stderr().is_terminal();
    let subscriber = subscriber(pretty, colours, &config.filter, BoxMakeWriter::new(std::io::stderr))?;
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(())
}

/// Installs the process's log, written to a file that people read: `auto` is pretty there.
pub fn install_log_file(config: &LogConfig, file: File) -> Result<(), LogInstallError> {
    let pretty = config.format != LogFormat::Json;
    let subscriber = subscriber(pretty, false, &config.filter, BoxMakeWriter::new(Arc::new(file)))?;
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(())
}

fn subscriber(
    pretty: bool,
    colours: bool,
    filter: &str,
    writer: BoxMakeWriter,
) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, LogInstallError> {
    let builder =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(format!("{QUIET},{filter}"))?).with_writer(writer);
    if pretty {
        return Ok(Box::new(builder.with_ansi(colours).finish()));
    }
    // One flat object a line: the message and the fields at the top are what log collectors index.
    Ok(Box::new(builder.json().flatten_event(true).with_current_span(true).with_span_list(false).finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(pretty: bool, filter: &str, log: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = subscriber(pretty, false, filter, BoxMakeWriter::new(move || writer.clone())).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_carry_the_message_and_the_dotted_fields() {
        let text = lines(false, "info", || {
            tracing::info!(sms.id = 41, "stored an sms");
            tracing::debug!("filtered away");
        });
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(line["message"], "stored an sms");
        assert_eq!(line["sms.id"], 41);
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn pretty_lines_escape_what_would_command_a_terminal() {
        let text = lines(true, "info", || tracing::info!(sender = "\u{1b}[2J", "heard"));
        assert!(text.contains("heard") && !text.contains('\u{1b}'), "{text:?}");
    }
}
