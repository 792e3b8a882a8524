//! `recon run`: the daemon.

use super::signals::Signals;
use super::{CliError, Context};
use crate::app::App;
use crate::clock::Clock;
use crate::supervision::{notify, watchdog};
use crate::telemetry;

/// The exit code when a critical actor cannot be kept: the platform is to start the process anew.
const EXIT_ESCALATED: i32 = 70;
/// The exit code when the second signal cuts the draining short.
pub(super) const EXIT_CUT_SHORT: i32 = 130;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these roles, separated by commas: service, worker, admin, wallet
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let loaded = context.load(args.roles.as_deref())?;
    telemetry::install_log(&loaded.config.log).map_err(|error| CliError::No(error.to_string()))?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let metrics = telemetry::install_metrics().map_err(|error| CliError::No(error.to_string()))?;
    let system = actix_rt::System::new();
    let code = system.block_on(async {
        let signals = Signals::listen()?;
        let app = App::start(&loaded.config, metrics, Clock::system())
            .await
            .map_err(|error| CliError::No(format!("the daemon cannot start: {error:#}")))?;
        let _watchdog = watch(&app)?;
        log_ready(&loaded.config, &app);
        notify::ready();
        serve(app, signals).await
    })?;
    if code == 0 { Ok(()) } else { std::process::exit(code) }
}

/// Has a thread outside of all runtimes end the process where one of them stands still, as long as the answer lives.
pub(super) fn watch(app: &App) -> Result<watchdog::Watchdog, CliError> {
    let watchdog =
        watchdog::Watchdog::start().map_err(|error| CliError::No(format!("no thread for the watchdog: {error}")))?;
    app.supervision().watch_with(&watchdog);
    beside(watchdog.pulse("main"));
    Ok(watchdog)
}

/// Tells the log where the daemon is.
pub(super) fn log_ready(config: &crate::config::Config, app: &App) {
    let store = app.store().map(|store| if store.is_sole() { "sqlite" } else { "postgresql" });
    tracing::info!(
        service.address = %app.address(), worker.address = app.worker().map(|address| address.to_string()),
        wallet.address = app.wallet().map(|(address, _)| address.to_string()),
        admin.address = app.admin().map(|address| address.to_string()),
        roles = %config.roles, store, data_dir = %config.data_dir.display(), "recon is ready"
    );
}

/// Runs the main thread's pulse; it has nothing to lose but the watchdog's trust.
#[allow(clippy::disallowed_methods, reason = "the pulse must be nobody's child: it tells that this thread runs at all")]
fn beside(pulse: impl Future<Output = ()> + 'static) {
    actix_rt::spawn(pulse);
}

async fn serve(app: App, mut signals: Signals) -> Result<i32, CliError> {
    let code = tokio::select! {
        name = signals.next() => {
            tracing::info!(signal = name, "stopping: no new work is taken, what is in hand is finished");
            0
        }
        reason = app.escalated() => {
            tracing::error!(reason, "what everything needs cannot be kept; the process ends so that it is started anew");
            EXIT_ESCALATED
        }
    };
    notify::stopping();
    tokio::select! {
        () = app.stop() => {}
        name = signals.next() => {
            tracing::warn!(signal = name, "stopped at once by a second signal; what was in hand is done after the next start");
            return Ok(EXIT_CUT_SHORT);
        }
    }
    tracing::info!("stopped");
    Ok(code)
}
