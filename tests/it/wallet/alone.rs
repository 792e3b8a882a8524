//! `recon run --roles wallet`: nothing of recon's is needed, made or opened.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;

use super::{approval, approves, holds, places, recharge};
use crate::support::daemon::{Daemon, recon};

#[test]
fn a_wallet_by_itself_opens_nothing_of_recon_s_and_stops_in_order() {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let start = async || {
            let mut command = recon(dir.path());
            command.args(["run", "--roles", "wallet"]);
            Daemon::start_as(command, dir.path()).await
        };
        let mut daemon = start().await;
        let api = daemon.wallet().clone();
        places(&api, &recharge("R-1", "50000")).await;
        approves(&api, "R-1", "key-1", &approval("sms:1")).await.expect(200);
        assert_eq!(api.get("/readyz").await.status, 200);
        let health = api.get("/healthz").await.expect(200);
        let loops: Vec<&str> =
            health["loops"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        for kind in ["wallet_ledger", "wallet_outbox", "wallet_expiry"] {
            assert!(loops.contains(&kind), "{loops:?}");
        }
        let recon = health["checks"].as_array().unwrap().iter().find(|check| check["name"] == "recon").unwrap();
        let told = recon["detail"].as_str().unwrap();
        assert!(told.contains("service.token") || told.contains("has not been asked"), "{told}");
        for name in ["recon.db", "service.token", "secrets.key"] {
            assert!(!dir.path().join(name).exists(), "{name} is recon's");
        }
        for name in ["wallet.db", "wallet.token"] {
            let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
        }
        daemon.terminate();
        assert!(daemon.ends_within(Duration::from_secs(25)).await.success(), "{}", daemon.log());
        let again = start().await;
        let repeated = approves(again.wallet(), "R-1", "key-1", &approval("sms:1")).await;
        assert_eq!(repeated.expect(200)["balance"], json!({"amount": "50000", "currency": "KRW"}));
        holds(again.wallet()).await;
    });
}
