//! A worker that stands still and comes back, as processes of their own over PostgreSQL and Redis (reliability row 14).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use recon::sim::pushbullet::Simulator;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::daemon::{Daemon, recon};
use crate::support::engine::PostgresDatabase;
use crate::support::pushbullet::{DEVICES, PHONE, TOKEN, USER};
use crate::support::texts::BANK;

const WORKERS: usize = 3;
/// With the lease's times as they are.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(20);
/// Whatever else is waited for.
const WITHIN: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

async fn until(state: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + WITHIN;
    while !is_so().await {
        assert!(Instant::now() < deadline, "it did not come to this within {WITHIN:?}: {state}");
        tokio::time::sleep(LOOK).await;
    }
}

fn signal(daemon: &Daemon, signal: &str) {
    assert!(Command::new("kill").args([signal, &daemon.pid().to_string()]).status().unwrap().success());
}

async fn start(dir: &Path, roles: &str, values: &[(&str, String)]) -> Daemon {
    let mut command = recon(dir);
    for (key, value) in values {
        command.env(format!("RECON_{}", key.to_uppercase().replace('.', "__")), value);
    }
    command.args(["run", "--roles", roles]);
    Daemon::start_as(command, dir).await
}

/// The processes that run an actor, as the service lists them.
async fn run_by(service: &Daemon, actor: &str) -> Vec<String> {
    let list = service.api.get("/internal/v2/actors").await.expect(200);
    let items = list["items"].as_array().unwrap();
    items.iter().filter(|item| item["id"] == actor).map(|item| item["process"].as_str().unwrap().to_owned()).collect()
}

fn receives(sim: &Simulator, text: &str) {
    let at_s = recon::clock::Clock::system().now().0 / 1000;
    sim.receives(PHONE, &recon::sim::pushbullet::Sms { sender: BANK.to_owned(), body: text.to_owned(), at_s });
}

async fn messages(service: &Daemon) -> usize {
    service.api.get("/internal/v2/sms?limit=100").await.expect(200)["items"].as_array().unwrap().len()
}

#[test]
fn a_stopped_worker_is_replaced_within_20_seconds_and_writes_nothing_when_it_comes_back() {
    let given = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    let (Some(_), Some(redis)) = (given("RECON_TEST_POSTGRES_URL"), given("RECON_TEST_REDIS_URL")) else {
        eprintln!("SKIPPED: RECON_TEST_POSTGRES_URL and RECON_TEST_REDIS_URL are not both set");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sim = Simulator::start().unwrap();
        sim.add_phone(TOKEN, USER, PHONE, None);
        let (database, dir) = (PostgresDatabase::create(), tempfile::tempdir().unwrap());
        let values = [
            ("database.url", database.url()),
            ("redis.url", redis),
            ("pushbullet.api_url", sim.api_url()),
            ("pushbullet.stream_url", sim.stream_url()),
        ];
        let service = start(dir.path(), "service", &values).await;
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(start(dir.path(), "worker", &values).await);
        }
        let device = json!({"name": "shop phone", "access_token": TOKEN, "device_iden": PHONE, "line": "line-1"});
        let id = service.api.post(DEVICES, &device).await.expect(201)["id"].as_i64().unwrap();
        let listener = format!("pushbullet-listener/{id}");
        until("one of them listens", async || sim.open_streams() == 1 && run_by(&service, &listener).await.len() == 1)
            .await;
        receives(&sim, "the first");
        until("it is heard", async || messages(&service).await == 1).await;
        let holder = run_by(&service, &listener).await.remove(0);
        let port = |worker: &Daemon| worker.api.base().rsplit(':').next().unwrap().to_owned();
        let place = workers.iter().position(|worker| holder.ends_with(&port(worker))).unwrap();

        signal(&workers[place], "-STOP");
        let stopped = Instant::now();
        // Its socket stays open: who stands still says no farewell.
        until("another listens", async || sim.open_streams() == 2).await;
        let took = stopped.elapsed();
        assert!(took <= TAKEN_OVER_WITHIN, "{took:?}");
        receives(&sim, "the second");
        until("the new one hears", async || messages(&service).await == 2).await;

        signal(&workers[place], "-CONT");
        until("what it wants to write is refused and counted", async || refused(&workers[place]).await > 0).await;
        until("it has let go", async || sim.open_streams() == 1).await;
        receives(&sim, "the third");
        until("the new one goes on", async || messages(&service).await == 3).await;
        until("it is run by one process", async || {
            let run_by = run_by(&service, &listener).await;
            run_by.len() == 1 && run_by[0] != holder
        })
        .await;
        for worker in workers.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, worker)| worker) {
            assert_eq!(refused(worker).await, 0, "only the old holder writes under a stale lease");
        }
        let list = service.api.get("/internal/v2/sms?limit=100").await.expect(200);
        let told: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|sms| &sms["text"]).collect();
        assert_eq!(told, ["the third", "the second", "the first"], "each once");
    });
}

/// How many writes of a process were refused because its lease was another's.
async fn refused(worker: &Daemon) -> u64 {
    let text = worker.api.get("/metrics").await.text;
    let counts = text.lines().filter(|line| line.starts_with("recon_source_stale_writes_total"));
    counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
