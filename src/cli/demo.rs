//! `recon demo`: the whole daemon on a directory of its own, fed by simulators, and what it made of them.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::output::{print, print_json};
use super::run::{EXIT_CUT_SHORT, log_ready, watch};
use super::signals::Signals;
use super::{CliError, Context, table};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{Api, Demo, DemoPlan, Place, Report, Say, Simulators};
use crate::telemetry;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How long, such as 30s or 5m [default: until Ctrl-C]
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    length: Option<Duration>,
    /// About how many messages a second the banks send
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=200))]
    rate: u32,
    /// The same seed, the same script
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the API is served; port 0 is any free one
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    bind: SocketAddr,
    /// Keep the directory with the database and the log
    #[arg(long)]
    keep: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let length = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let fits = (Duration::from_secs(3)..=Duration::from_hours(24)).contains(&length);
    if fits { Ok(length) } else { Err("give 3s to 24h".to_owned()) }
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let place = Place::make(args.keep).map_err(no)?;
    let simulators = Simulators::start(Clock::system(), args.seed).map_err(no)?;
    let config = config(context, args, &place, &simulators)?;
    let log = File::options().create_new(true).write(true).mode(0o600).open(place.file("demo.log")).map_err(no)?;
    telemetry::install_log_file(&config.log, log).map_err(no)?;
    let metrics = telemetry::install_metrics().map_err(no)?;
    let say: Say = if context.json() { to_stderr } else { to_stdout };
    let ended = actix_rt::System::new().block_on(async {
        // Two listeners: the first signal ends the script, the second everything.
        let (mut first, mut second) = (Signals::listen()?, Signals::listen()?);
        let app = App::start(&config, metrics, Clock::system())
            .await
            .map_err(|error| CliError::No(format!("the daemon cannot start: {error:#}")))?;
        let _watchdog = watch(&app)?;
        log_ready(&config, &app);
        let cut = async {
            second.next().await;
            second.next().await;
        };
        let whole = async {
            let report = tokio::select! {
                report = play(&app, args, &place, &simulators, say, &mut first) => report,
                reason = app.escalated() => Err(CliError::No(format!("what everything needs cannot be kept: {reason}"))),
            };
            app.stop().await;
            report
        };
        tokio::select! {
            report = whole => report.map(Some),
            () = cut => Ok(None),
        }
    });
    if args.keep {
        say(&format!("kept: {}", place.dir().display()));
    }
    drop(place);
    match ended? {
        Some(report) => tell(context, &report),
        None => std::process::exit(EXIT_CUT_SHORT),
    }
}

/// The configuration of the demo alone: no file and no environment, so that it never meets a real database.
fn config(context: &Context, args: &Args, place: &Place, simulators: &Simulators) -> Result<Config, CliError> {
    let own = [
        ("service.bind", args.bind.to_string()),
        ("worker.bind", "127.0.0.1:0".to_owned()),
        ("wallet.bind", "127.0.0.1:0".to_owned()),
        ("admin.bind", "127.0.0.1:0".to_owned()),
        // All phones of the demo have one address.
        ("shooter.rate_per_minute", "0".to_owned()),
    ];
    let own = own.into_iter().chain(simulators.settings());
    let own: Vec<(String, String)> = own.map(|(key, value)| (key.to_owned(), value)).collect();
    context.load_alone(place.dir(), &own)
}

async fn play(
    app: &App,
    args: &Args,
    place: &Place,
    simulators: &Simulators,
    say: Say,
    signals: &mut Signals,
) -> Result<Report, CliError> {
    let api = Api::new(format!("http://{}", app.address()), app.token().cloned().unwrap_or_default()).map_err(no)?;
    let plan = DemoPlan { seed: args.seed, length: args.length, rate: args.rate };
    let demo = Demo::set_up(&api, simulators, Clock::system(), say).await.map_err(no)?;
    welcome(say, api.base(), app.admin(), place.dir(), &plan);
    let stop = async {
        signals.next().await;
        say("stopping: what was sent is looked at once more (again Ctrl-C: at once)");
    };
    demo.play(&plan, stop).await.map_err(no)
}

fn welcome(say: Say, url: &str, admin: Option<SocketAddr>, dir: &Path, plan: &DemoPlan) {
    let recon = std::env::args().next().unwrap_or_else(|| "recon".to_owned());
    let dir = dir.display();
    say(&format!("API      {url} (pages: {url}/docs, health: {url}/healthz)"));
    if let Some(admin) = admin {
        say(&format!("console  http://{admin} (admin, password: {dir}/admin-password)"));
    }
    say(&format!("token    {dir}/service.token"));
    say(&format!("log      {dir}/demo.log"));
    say("try");
    for command in ["sms list", "sms show 1", "actors"] {
        say(&format!("  {recon} --data-dir {dir} {command} --url {url}"));
    }
    let length = plan
        .length
        .map_or_else(|| "until Ctrl-C".to_owned(), |length| format!("for {}", humantime::format_duration(length)));
    say(&format!("\nseed {}, about {} messages a second, {length}", plan.seed, plan.rate));
}

fn tell(context: &Context, report: &Report) -> Result<(), CliError> {
    let value = serde_json::to_value(report).map_err(no)?;
    let list = |name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    if context.json() {
        print_json(&with_verdict(&value, report))?;
    } else {
        let fates = ["fate", "planned", "right", "reviews", "wrong", "otherwise", "lost", "doubled"];
        print(&format!("\n{}", table::rows(&list("fates"), &fates.map(|name| (name, name)))))?;
        let sources = ["source", "kind", "line", "told", "heard", "ended"];
        print(&table::rows(&list("sources"), &sources.map(|name| (name, name))))?;
        print(&format!(
            "{} orders; of the {} that nobody paid as far as recon could hear, {} are still open.",
            report.orders, report.unpaid, report.unpaid_and_open
        ))?;
    }
    if report.is_as_planned() {
        if !context.json() {
            print("Nothing was lost, doubled or wrongly matched.")?;
        }
        return Ok(());
    }
    if !context.json() {
        for one in &report.unlike {
            let order = one.order_id.as_deref().unwrap_or("no order");
            print(&format!(
                "sms {}: planned {}; it is {}, review {}, {order}, flags {:?}",
                one.sms_id, one.planned, one.state, one.review, one.flags
            ))?;
        }
    }
    let faults = report.faults().into_iter().filter(|(_, count)| *count > 0);
    let faults: Vec<String> = faults.map(|(what, count)| format!("{count} {what}")).collect();
    Err(CliError::No(format!("not as planned: {}", faults.join(", "))))
}

fn with_verdict(value: &Value, report: &Report) -> Value {
    let mut value = value.clone();
    value["as_planned"] = json!(report.is_as_planned());
    value
}

fn no(error: impl std::fmt::Display) -> CliError {
    CliError::No(format!("{error:#}"))
}

fn to_stdout(line: &str) {
    // Whoever looked on may have gone; the demo still ends as it must.
    drop(print(line));
}

fn to_stderr(line: &str) {
    eprintln!("{line}");
}
