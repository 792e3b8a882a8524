//! Row 17: 1,000 approvals, of which 30 % lose the wallet's answer after it has committed, and an edge that is killed twice
//! in the middle of it. The edge is a process of its own; recon and the wallet are another.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use recon::clock::Clock;
use recon::domain::time::UnixMs;
use reqwest::Method;
use serde_json::{Value, json};

use super::until_within;
use crate::support::Phone;
use crate::support::api::Api;
use crate::support::daemon::{Daemon, recon};
use crate::support::engine::{Engine, PostgresDatabase};
use crate::support::texts::{self, deposit_template};
use crate::support::toll::{Fate, Toll};

const CALLERS: usize = 8;
const KILLS: usize = 2;
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// The edge as its operators find it: wherever it was started last, with the session that they have there.
struct Desk {
    api: Api,
    token: String,
}

async fn starts_edge(dir: &Path, wallet: &str, of: &Daemon, database: Option<&str>) -> (Daemon, Desk) {
    let mut command = recon(dir);
    command.args(["run", "--roles", "admin"]);
    command.env("RECON_ADMIN__SERVICE_URL", of.api.base()).env("RECON_ADMIN__WALLET_URL", wallet);
    command.env("RECON_SERVICE__TOKEN", of.api.token()).env("RECON_WALLET__TOKEN", of.wallet().token());
    if let Some(database) = database {
        command.env("RECON_ADMIN__DATABASE_URL", database);
    }
    let edge = Daemon::start_as(command, dir).await;
    let password = std::fs::read_to_string(dir.join("admin-password")).unwrap();
    let login = json!({"username": "admin", "password": password.trim()});
    let answer = edge.api.anonymous(Method::POST, "/api/admin/login").json(&login).send().await.expect(200);
    let desk = Desk { api: edge.api.clone(), token: answer["data"]["token"].as_str().unwrap().to_owned() };
    (edge, desk)
}

/// Asks until there is an answer that decides something, whatever becomes of the edge meanwhile.
async fn insists(desk: &RefCell<Desk>, path: &str, body: &Value) -> Value {
    loop {
        let request = {
            let desk = desk.borrow();
            desk.api.anonymous(Method::POST, path).header("x-token", &desk.token).json(body)
        };
        match request.try_send().await {
            Ok(answer) if answer.status == 200 && answer.body["code"] != 7503 => return answer.body,
            // Cut off or sent away: it may have been begun or not.
            _ => tokio::time::sleep(TRY_AGAIN).await,
        }
    }
}

async fn approves(desk: &RefCell<Desk>, nth: usize) {
    let answer =
        insists(desk, "/api/admin/recharge/approve", &json!({"order_id": format!("R-{nth}"), "version": 1})).await;
    let approval = answer["data"]["approval"].as_str().unwrap_or_default();
    // 7409: this very caller has asked before, and the edge was killed before it answered.
    assert!(answer["code"] == 0 || answer["code"] == 7409, "{answer}");
    assert!(["pending", "unknown", "approved"].contains(&approval), "shown failed: {answer}");
}

/// So many orders with their deposits, all matched.
async fn opens_shop(daemon: &Daemon, count: usize) {
    daemon.api.add_phone(texts::BANK).await;
    daemon.api.add_template(&deposit_template()).await;
    let device = daemon.api.post("/internal/v2/shooter/devices", &json!({"name": "counter-1"})).await.expect(201);
    let phone = Phone::of(&daemon.api, &device);
    let place = async |nth: usize| {
        let order = json!({
            "order_id": format!("R-{nth}"), "user_id": format!("u{}", nth % 7), "amount": (10_000 + nth).to_string(),
            "currency": "KRW", "depositor": "홍길동",
        });
        daemon.wallet().post("/internal/recharges", &order).await.expect(201);
    };
    // The wallet writes one after the other, and sends away what waits for long.
    let mut placing = futures_util::stream::iter((0..count).map(place)).buffer_unordered(CALLERS);
    while placing.next().await.is_some() {}
    drop(placing);
    // Every deposit after its order.
    let now = Clock::system().now();
    // The bank writes the time of Seoul.
    let there = UnixMs(now.0 + 9 * 3_600_000).to_string();
    let when = format!("{}/{} {}", &there[5..7], &there[8..10], &there[11..16]);
    let received = now.to_string();
    let messages: Vec<Value> = (0..count)
        .map(|nth| {
            let text = texts::deposit_at(&when, "홍길동", 10_000 + nth as u64);
            json!({"id": format!("m{nth}"), "sender": texts::BANK, "text": text, "received_at": received})
        })
        .collect();
    for some in messages.chunks(200) {
        phone.posts(&json!({ "messages": some })).await.expect(200);
    }
    until_within(Duration::from_mins(1), "every deposit is matched", async || {
        let matched = daemon.api.get("/internal/v2/orders?matched=true&limit=1&count=true").await.expect(200);
        matched["total"] == count
    })
    .await;
}

fn credits_each_once(engine: Engine, count: usize) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let (recons, edges) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let database = (engine == Engine::Postgres).then(PostgresDatabase::create);
        let url = database.as_ref().map(PostgresDatabase::url);
        let mut command = recon(recons.path());
        command.args(["run", "--roles", "service,worker,wallet"]);
        let daemon = Daemon::start_as(command, recons.path()).await;
        opens_shop(&daemon, count).await;
        let toll = Toll::start();
        toll.leads_to(daemon.wallet().base());
        // Three of ten, and never so many in a row that the breaker opens: that would only take time.
        let mut asked = 0;
        toll.does(move |seen| {
            asked += usize::from(seen.approves());
            if seen.approves() && [1, 4, 7].contains(&(asked % 10)) { Fate::AnswerLost } else { Fate::Passes }
        });

        let begun = tokio::time::Instant::now();
        let (mut edge, desk) = starts_edge(edges.path(), &toll.url(), &daemon, url.as_deref()).await;
        let (desk, done, next) = (RefCell::new(desk), Cell::new(0), Cell::new(0));
        let caller = async || {
            while next.get() < count {
                let nth = next.replace(next.get() + 1);
                approves(&desk, nth).await;
                done.set(done.get() + 1);
            }
        };
        let killer = async {
            for kill in 1..=KILLS {
                while done.get() < kill * count / (KILLS + 1) {
                    tokio::time::sleep(TRY_AGAIN).await;
                }
                edge.kill();
                let (started, again) = starts_edge(edges.path(), &toll.url(), &daemon, url.as_deref()).await;
                edge = started;
                desk.replace(again);
            }
            edge
        };
        let callers = async {
            let mut callers: FuturesUnordered<_> = (0..CALLERS).map(|_| caller()).collect();
            while callers.next().await.is_some() {}
        };
        let (edge, ()) = tokio::join!(killer, callers);
        toll.does(|_| Fate::Passes);
        let total = async |approval: &str| {
            let asked = json!({"approval": approval, "pageSize": 1});
            insists(&desk, "/api/admin/recharge/list", &asked).await["data"]["total"].as_u64().unwrap()
        };
        until_within(Duration::from_mins(2), "every approval is resolved", async || {
            total("approved").await == count as u64
        })
        .await;
        for other in ["pending", "unknown", "stuck", "refused"] {
            assert_eq!(total(other).await, 0, "{other}:\n{}", edge.log());
        }
        let verdict = daemon.wallet().get("/internal/ledger/verify").await.expect(200);
        assert_eq!(verdict, json!({"ok": true, "duplicates": []}));
        let mut credited = 0;
        for user in 0..7 {
            let wallet = daemon.wallet().get(&format!("/internal/wallets/u{user}")).await.expect(200);
            credited += wallet["balances"][0]["amount"].as_str().unwrap().parse::<usize>().unwrap();
        }
        assert_eq!(credited, (0..count).map(|nth| 10_000 + nth).sum::<usize>(), "exactly {count} credits");
        let lost = toll.seen().iter().filter(|seen| seen.fate == Fate::AnswerLost).count();
        let (sent, seconds) = (toll.approvals(), begun.elapsed().as_secs());
        eprintln!("{count} approvals, {lost} answers lost, {sent} sendings, {KILLS} kills, {seconds} s");
        assert!(lost * 10 >= count * 3 - 10, "{lost} answers were lost");
    });
}

#[test]
fn a_thousand_approvals_of_which_a_third_lose_their_answer_are_a_thousand_credits() {
    credits_each_once(Engine::Sqlite, 1_000);
}

#[test]
fn on_postgresql_each_is_credited_once_too() {
    if Engine::all().contains(&Engine::Postgres) {
        credits_each_once(Engine::Postgres, 60);
    }
}
