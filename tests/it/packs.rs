//! Packs of templates: the command against a running daemon.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::Phone;
use crate::support::daemon::{Daemon, recon};

/// What `recon template install ARGS --json` did.
fn install(daemon: &Daemon, data_dir: &Path, args: &[&str]) -> Value {
    let ran = recon(data_dir)
        .args(["--json", "template", "--url", daemon.api.base(), "install"])
        .args(args)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{told}");
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// How many of a list have each result.
fn count(done: &Value, list: &str, result: &str) -> usize {
    done[list].as_array().unwrap().iter().filter(|item| item["result"] == result).count()
}

async fn stored(daemon: &Daemon) -> Vec<Value> {
    let page = daemon.api.get("/internal/v2/templates?limit=500").await.expect(200);
    page["items"].as_array().unwrap().clone()
}

#[test]
fn a_pack_is_installed_once_and_what_an_operator_changed_is_kept_until_he_asks() {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let data_dir = tempfile::tempdir().unwrap();
        let daemon = Daemon::start(data_dir.path()).await;

        let dry = install(&daemon, data_dir.path(), &["korea", "--dry-run"]);
        let all = count(&dry, "templates", "added");
        assert!(all > 30, "{dry}");
        assert!(stored(&daemon).await.is_empty());

        let first = install(&daemon, data_dir.path(), &["korea"]);
        assert_eq!(count(&first, "templates", "added"), all);
        assert_eq!(stored(&daemon).await.len(), all);
        // No sender is trusted by itself.
        assert_eq!(count(&first, "whitelist", "added"), 0);
        assert!(count(&first, "whitelist", "missing") > 20, "{first}");
        assert!(daemon.api.get("/internal/v2/phones").await.expect(200)["items"].as_array().unwrap().is_empty());

        let second = install(&daemon, data_dir.path(), &["korea"]);
        assert_eq!(count(&second, "templates", "there"), all);
        assert_eq!(stored(&daemon).await.len(), all);

        // An operator changes one template's pattern, and switches it off.
        let mut own = stored(&daemon).await.into_iter().find(|item| item["name"] == "KB국민 입금").unwrap();
        let id = own["id"].as_i64().unwrap();
        let body = own.as_object_mut().unwrap();
        for ours in ["id", "version", "warnings", "created_at", "updated_at", "samples"] {
            body.remove(ours);
        }
        let pattern = std::mem::replace(&mut own["pattern"], json!("[KB] 입금 {amount} {name}"));
        own["enabled"] = json!(false);
        let path = format!("/internal/v2/templates/{id}");
        daemon.api.put(&path, &own).await.expect(200);
        let third = install(&daemon, data_dir.path(), &["korea", "--bank", "kb"]);
        let told = third["templates"].as_array().unwrap().iter().find(|item| item["result"] == "differs").unwrap();
        assert_eq!((told["id"].as_i64(), &told["differs"]["pattern"]["pack"]), (Some(id), &pattern));
        assert_eq!(told["differs"]["pattern"]["there"], "[KB] 입금 {amount} {name}");

        let fourth = install(&daemon, data_dir.path(), &["korea", "--bank", "kb", "--replace"]);
        assert_eq!(count(&fourth, "templates", "replaced"), 1, "{fourth}");
        let now = stored(&daemon).await.into_iter().find(|item| item["id"] == json!(id)).unwrap();
        assert_eq!((&now["pattern"], &now["version"], &now["enabled"]), (&pattern, &json!(3), &json!(false)));

        // With the whitelist, a bank's text is read.
        let fifth = install(&daemon, data_dir.path(), &["korea", "--bank", "shinhan", "--whitelist"]);
        assert_eq!((count(&fifth, "whitelist", "added"), count(&fifth, "whitelist", "missing")), (3, 0));
        let sixth = install(&daemon, data_dir.path(), &["korea", "--bank", "shinhan", "--whitelist"]);
        assert_eq!(count(&sixth, "whitelist", "there"), 3);
        let device = daemon.api.post("/internal/v2/shooter/devices", &json!({"name": "counter-1"})).await;
        let phone = Phone::of(&daemon.api, &device.expect(201));
        let text = "[Web발신]\n신한04/22 14:07\n110-000-000000\n입금     100,000\n잔액    870,045\n 홍길동";
        let message = json!({"id": "m1", "sender": "1577-8000", "text": text, "received_at": "2026-04-22T05:07:30Z"});
        let answer = daemon.api.post(&phone.path("recon"), &message).await.expect(200);
        daemon.settle().await;
        let sms = daemon.api.get(&format!("/internal/v2/sms/{}", answer["results"][0]["sms_id"])).await.expect(200);
        assert_eq!((&sms["depositor"], &sms["money"]["amount"]), (&json!("홍길동"), &json!("100000")), "{sms}");
    });
}

#[test]
fn a_pack_or_bank_that_is_not_there_is_told_with_those_that_are() {
    let data_dir = tempfile::tempdir().unwrap();
    for (args, told) in [
        (["atlantis", "--dry-run", "--bank", "kb"], "there is no pack \"atlantis\": there are korea"),
        (["korea", "--dry-run", "--bank", "kbb"], "pack korea has no bank \"kbb\": it has kb, shinhan"),
    ] {
        let ran = recon(data_dir.path()).args(["template", "install"]).args(args).output().unwrap();
        assert_eq!(ran.status.code(), Some(2));
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(stderr.contains(told), "{stderr}");
    }
    let ran = recon(data_dir.path()).args(["template", "packs"]).output().unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    for pack in ["korea", "vietnam", "thailand", "bangladesh", "india", "china", "mpesa"] {
        assert!(stdout.contains(pack), "{pack} in {stdout}");
    }
}
