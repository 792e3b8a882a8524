//! The real wallet killed in the middle of its work: every approval is credited exactly once (reliability row 17).

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use reqwest::Method;
use serde_json::{Value, json};

use super::{holds, recharge};
use crate::support::api::Api;
use crate::support::daemon::{Daemon, recon};
use crate::support::engine::{Engine, PostgresDatabase};

const CALLERS: usize = 8;
const KILLS: usize = 4;
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// Sends a write under its key until it is answered, whatever becomes of the daemon meanwhile.
async fn insists(api: &RefCell<Api>, path: &str, key: &str, body: &Value) -> (u16, Value) {
    loop {
        let at = api.borrow().clone();
        let request = at.request(Method::POST, path).header("idempotency-key", key).json(body);
        match request.try_send().await {
            Ok(answer) if answer.status != 503 => return (answer.status, answer.body),
            // Cut off or sent away: it may have been done or not.
            _ => tokio::time::sleep(TRY_AGAIN).await,
        }
    }
}

async fn one(api: &RefCell<Api>, nth: usize, done: &Cell<usize>) {
    let id = format!("R-{nth}");
    let mut order = recharge(&id, "50000");
    order["user_id"] = json!(format!("u{}", nth % 7));
    let (status, placed) = insists(api, "/internal/recharges", &id, &order).await;
    assert_eq!(status, 201, "{placed}");
    let approval = super::approval(&format!("sms:{nth}"));
    let path = format!("/internal/recharges/{id}/approve");
    let (status, credit) = insists(api, &path, &id, &approval).await;
    assert_eq!((status, &credit["order_id"]), (200, &json!(id)), "{credit}");
    done.set(done.get() + 1);
}

/// A whole daemon, whose wallet's ledger is in that database of PostgreSQL, or in its own file.
async fn starts(dir: &Path, database: Option<&PostgresDatabase>) -> Daemon {
    let mut command = recon(dir);
    command.arg("run").envs(database.map(|database| ("RECON_WALLET__DATABASE_URL", database.url())));
    Daemon::start_as(command, dir).await
}

#[test]
fn a_wallet_that_is_killed_again_and_again_credits_each_approval_once() {
    is_killed_again_and_again(Engine::Sqlite, 1_000);
}

#[test]
fn so_does_one_on_postgresql() {
    if Engine::all().contains(&Engine::Postgres) {
        is_killed_again_and_again(Engine::Postgres, 300);
    }
}

fn is_killed_again_and_again(engine: Engine, orders: usize) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let database = (engine == Engine::Postgres).then(PostgresDatabase::create);
        let mut daemon = starts(dir.path(), database.as_ref()).await;
        let (api, done, next) = (RefCell::new(daemon.wallet().clone()), Cell::new(0), Cell::new(0));
        let caller = async || {
            while next.get() < orders {
                let nth = next.replace(next.get() + 1);
                one(&api, nth, &done).await;
            }
        };
        let killer = async {
            for kill in 1..=KILLS {
                while done.get() < kill * orders / (KILLS + 1) {
                    tokio::time::sleep(TRY_AGAIN).await;
                }
                daemon.kill();
                daemon = starts(dir.path(), database.as_ref()).await;
                api.replace(daemon.wallet().clone());
            }
            daemon
        };
        let callers = async {
            let mut callers: FuturesUnordered<_> = (0..CALLERS).map(|_| caller()).collect();
            while callers.next().await.is_some() {}
        };
        let (daemon, ()) = tokio::join!(killer, callers);
        let api = daemon.wallet();
        holds(api).await;
        let mut credited = 0;
        for user in 0..7 {
            let wallet = api.get(&format!("/internal/wallets/u{user}")).await.expect(200);
            credited += wallet["balances"][0]["amount"].as_str().unwrap().parse::<usize>().unwrap();
        }
        assert_eq!(credited, orders * 50_000, "exactly {orders} credits");
        // And recon, which was killed with it, comes to know every one of them.
        loop {
            let waiting = api.get("/internal/outbox?state=pending&limit=1").await.expect(200);
            if waiting["items"] == json!([]) {
                break;
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
        let known = daemon.api.get("/internal/v2/orders?status=approved&limit=1&count=true").await.expect(200);
        assert_eq!(known["total"], orders);
    });
}
