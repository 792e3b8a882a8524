//! The real binary killed, drained and starved of disk (reliability rows 6, 8 and 22).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::api::Api;
use crate::support::daemon::{Daemon, recon};
use crate::support::ledger::{Ledger, sqlite};
use crate::support::texts::{BANK, grouped};
use crate::support::{Answer, Phone};

/// A stop in good order takes no longer.
const DRAINED_WITHIN: Duration = Duration::from_secs(25);

fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story);
}

#[allow(clippy::disallowed_methods, reason = "the daemon of these tests runs by the machine's clock, too")]
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// Whitelists the bank, adds a template and a phone, and answers the path of the phone's posts.
async fn opens_shop(api: &Api) -> String {
    api.add_phone(BANK).await;
    api.add_template(&json!({
        "name": "bank", "kind": "typed", "pattern": "입금 {amount}\n{name}", "senders": [BANK],
        "direction": "deposit", "currency": "KRW", "timezone": "Asia/Seoul",
    }))
    .await;
    let device = api.post("/internal/v2/shooter/devices", &json!({"name": "counter-1", "line": "line-1"})).await;
    Phone::of(api, &device.expect(201)).path("recon")
}

fn message(id: &str, amount: u64) -> Value {
    json!({"id": id, "sender": BANK, "text": format!("[Web발신]\n입금 {}원\n홍길동", grouped(amount)), "received_at": now()})
}

fn order(number: u64) -> Value {
    json!({
        "order_id": format!("R-{number}"), "user_id": "u1", "amount": (10_000 + number).to_string(), "currency": "KRW",
        "depositor": "홍길동", "status": "open", "created_at": "2026-01-01T00:00:00Z",
        "expires_at": "2099-01-01T00:00:00Z", "version": 1,
    })
}

/// A phone that posts one message after the other, and every fifth twice, until all is done.
async fn posts_until_done(ledger: &Ledger, path: &str, poster: u64) {
    for number in 0.. {
        if ledger.done.get() {
            return;
        }
        let message = message(&format!("p{poster}-{number}"), 10_000 + poster + 4 * number);
        ledger.post(path, &message).await;
        if number % 5 == 0 {
            ledger.post(path, &message).await;
        }
    }
}

/// The shop tells of its orders, again and again until it is heard.
async fn orders_until_done(ledger: &Ledger) {
    for first in (0..).step_by(20) {
        let orders: Vec<Value> = (first..first + 20).map(order).collect();
        loop {
            if ledger.done.get() {
                return;
            }
            let request = ledger.api().request(Method::PUT, "/internal/v2/orders").json(&json!({"orders": orders}));
            match request.try_send().await {
                Ok(answer) if answer.status == 200 => break,
                Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        // Orders keep pace with deposits.
        while !ledger.done.get() && u64::try_from(ledger.count()).unwrap() + 100 < first {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn kills() -> u32 {
    std::env::var("RECON_TEST_KILLS").ok().map_or(30, |count| count.parse().unwrap())
}

/// Row 6: kill -9 at random moments loses nothing that was acknowledged and never uses an order twice.
#[test]
fn a_daemon_that_is_killed_again_and_again_keeps_what_it_acknowledged() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let mut daemon = Daemon::start(dir.path()).await;
        let path = opens_shop(&daemon.api).await;
        let ledger = Ledger::new(&daemon.api);
        let killer = async {
            for _ in 0..kills() {
                // The fault's moment is what is random here; nothing waits for it.
                tokio::time::sleep(Duration::from_millis(rand::random_range(5..300))).await;
                daemon.kill();
                daemon = Daemon::start(dir.path()).await;
                ledger.moved_to(&daemon.api);
            }
            // Something must come through after the last one, too.
            let count = ledger.count();
            while ledger.count() < count + 20 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            ledger.done.set(true);
            daemon
        };
        let phones = join_all((0..4).map(|poster| posts_until_done(&ledger, &path, poster)));
        let (mut daemon, _, ()) = tokio::join!(killer, phones, orders_until_done(&ledger));
        daemon.settle().await;
        let health = daemon.api.get("/readyz").await;
        assert_eq!(health.status, 200, "{}", health.text);
        daemon.terminate();
        assert!(daemon.ends_within(DRAINED_WITHIN).await.success(), "{}", daemon.log());
        let messages = ledger.audit(dir.path()).await;
        assert!(messages >= ledger.count() && ledger.count() > 50, "{messages} of {}", ledger.count());
        let matched = sqlite(dir.path(), "SELECT state AS name, id AS number FROM sms WHERE state = 'matched'").await;
        assert!(matched.len() > 20, "hardly anything was matched, so this proves little: {}", matched.len());
    });
}

/// Row 22: SIGTERM under load.
#[test]
fn a_daemon_that_is_told_to_stop_finishes_what_is_in_hand() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let mut daemon = Daemon::start(dir.path()).await;
        let path = opens_shop(&daemon.api).await;
        let orders: Vec<Value> = (0..500).map(order).collect();
        daemon.api.put_orders(&orders).await;
        // A listener that stays does not keep it.
        let listener = crate::support::events::Listener::start(&daemon.api, None).await;
        let ledger = Ledger::new(&daemon.api);
        let stopper = async {
            while ledger.count() < 100 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let told = Instant::now();
            daemon.terminate();
            let status = daemon.ends_within(DRAINED_WITHIN).await;
            ledger.done.set(true);
            assert!(status.success(), "{status}: {}", daemon.log());
            told.elapsed()
        };
        let phones = join_all((0..8).map(|poster| posts_until_done(&ledger, &path, poster)));
        let (took, _) = tokio::join!(stopper, phones);
        assert!(took < DRAINED_WITHIN, "{took:?}");
        drop(listener);
        ledger.audit(dir.path()).await;

        // Whatever was not decided any more is decided after the next start.
        let mut next = Daemon::start(dir.path()).await;
        next.settle().await;
        next.terminate();
        assert!(next.ends_within(DRAINED_WITHIN).await.success());
        ledger.audit(dir.path()).await;
    });
}

/// A daemon whose data directory is a file system of 12 MiB in a mount namespace of its own.
async fn on_a_small_disk(data_dir: &Path) -> Daemon {
    let mut command = Command::new("unshare");
    let script = "mount -t tmpfs -o size=12m tmpfs \"$RECON_DATA_DIR\" && cd \"$RECON_DATA_DIR\" && exec \"$0\" run";
    command.args(["--mount", "--map-root-user", "sh", "-c", script, env!("CARGO_BIN_EXE_recon")]);
    let template = recon(data_dir);
    command.env_clear().current_dir(data_dir).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Daemon::start_as(command, data_dir).await
}

/// Row 8: a full disk gives 503 and no acknowledgement, and once there is room again all goes on by itself.
#[test]
fn a_full_disk_acknowledges_nothing_and_recovers() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let daemon = on_a_small_disk(dir.path()).await;
        let path = opens_shop(&daemon.api).await;
        let inside = format!("/proc/{}/root{}", daemon.pid(), dir.path().display());
        let filler = Path::new(&inside).join("filler");
        let post = async |message: &Value| daemon.api.anonymous(Method::POST, &path).json(message).send().await;
        post(&message("before", 10_000)).await.expect(200);
        fill(&filler);
        // What room the database still had inside its own files is used up first, with ever smaller requests.
        let mut acknowledged = 1;
        let mut refused = Vec::new();
        for (size, prefix) in [(50, "large"), (1, "small")] {
            refused = refusal(size, prefix, &mut acknowledged, &post).await;
        }
        assert_eq!(daemon.api.get("/livez").await.status, 200);
        let deadline = Instant::now() + Duration::from_secs(30);
        while daemon.api.get("/readyz").await.status != 503 {
            assert!(Instant::now() < deadline, "it says that it is ready while nothing can be written");
        }
        let health = daemon.api.get("/healthz").await;
        assert_eq!(health.status, 503, "{}", health.text);

        std::fs::remove_file(&filler).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while daemon.api.get("/readyz").await.status != 200 {
            assert!(Instant::now() < deadline, "it does not recover:\n{}", daemon.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let results = post(&json!({"messages": refused})).await.expect(200)["results"].clone();
        let stored = results.as_array().unwrap().iter().all(|result| result["status"] == "stored");
        assert!(stored, "nothing of what was refused had been stored: {results}");
        acknowledged += refused.len();
        daemon.api.put_orders(&[order(1)]).await;
        let repeated = post(&message("before", 10_000)).await.expect(200);
        assert_eq!(repeated["results"][0]["status"], "duplicate");
        // What was acknowledged is in the file and not in an open transaction: another process sees it.
        daemon.settle().await;
        let total = daemon.api.get("/internal/v2/sms?limit=1&count=true").await.expect(200)["total"].clone();
        assert_eq!(total, acknowledged, "each once");
    });
}

/// Posts batches of that size until one is refused, and answers it; counts what was acknowledged before.
async fn refusal(
    size: usize,
    prefix: &str,
    acknowledged: &mut usize,
    post: &impl AsyncFn(&Value) -> Answer,
) -> Vec<Value> {
    for number in 0..2_000_u64 {
        let messages: Vec<Value> =
            (0..size).map(|part| message(&format!("{prefix}-{number}-{part}"), 20_000 + number)).collect();
        let answer = post(&json!({"messages": messages})).await;
        if answer.status == 200 {
            *acknowledged += size;
            continue;
        }
        answer.expect_problem(503);
        return messages;
    }
    panic!("the disk never filled up: {acknowledged} messages are stored");
}

/// Writes until the file system takes no more.
fn fill(path: &Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        let block = vec![0; size];
        while file.write_all(&block).is_ok() {}
    }
}
