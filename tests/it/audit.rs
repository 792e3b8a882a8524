//! The audit log: who did what, chained so that a change is found (INV-A1, INV-A2).

use serde_json::json;

use crate::support::daemon::{Daemon, recon};
use crate::support::story;
use sea_orm::{ConnectionTrait as _, Database};
use std::path::Path;
use std::time::Duration;

#[test]
fn every_write_of_a_person_is_audited_and_found() {
    story(async |app| {
        let request = app.api.request(reqwest::Method::POST, "/internal/v2/phones").header("x-operator", "hong");
        request.json(&json!({"phone": "15990000", "label": "new"})).send().await.expect(201);
        let entries = app.get("/internal/v2/audit").await.expect(200)["items"].clone();
        let entry = &entries[0];
        assert_eq!((&entry["operator"], &entry["action"]), (&json!("hong"), &json!("phone.add")), "{entry}");
        assert_eq!(entry["detail"]["label"], "new");
        let ids: Vec<i64> = entries.as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect();
        assert_eq!(ids, [4, 3, 2, 1], "without gaps");
        assert!(entries.as_array().unwrap().iter().all(|entry| entry["hash"].as_str().unwrap().len() == 64));
        let subject = entry["subject"].as_str().unwrap().replace('/', "%2F");
        for (query, count) in [
            ("actor=hong".to_owned(), 1),
            ("actor=service".to_owned(), 3),
            ("actor=nobody".to_owned(), 0),
            (format!("subject={subject}"), 1),
            ("from=2026-04-22T00:29:59Z".to_owned(), 4),
            ("to=2026-04-22T00:29:59Z".to_owned(), 0),
        ] {
            let page = app.get(&format!("/internal/v2/audit?{query}")).await.expect(200);
            assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
        }
        // What is refused did not happen.
        app.post("/internal/v2/phones", &json!({"phone": "15990000"})).await.expect_problem(409);
        assert_eq!(app.get("/internal/v2/audit").await.expect(200)["items"].as_array().unwrap().len(), 4);
        assert_eq!(app.asks(|app| Box::pin(app.store().unwrap().verify_audit())).await.unwrap(), Ok(4));
    });
}

async fn tampered(data_dir: &Path, statement: &str) -> String {
    let url = |name: &str| format!("sqlite://{}?mode=rwc", data_dir.join(name).display());
    let kept = data_dir.join("kept.db");
    std::fs::copy(data_dir.join("recon.db"), &kept).unwrap();
    let database = Database::connect(url("recon.db")).await.unwrap();
    database.execute_unprepared(statement).await.unwrap();
    database.close().await.unwrap();
    let ran = recon(data_dir).args(["audit", "verify"]).output().unwrap();
    for leftover in ["recon.db-wal", "recon.db-shm"] {
        drop(std::fs::remove_file(data_dir.join(leftover)));
    }
    std::fs::rename(&kept, data_dir.join("recon.db")).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{statement}: {ran:?}");
    String::from_utf8(ran.stderr).unwrap()
}

#[test]
fn a_changed_removed_or_moved_entry_is_named() {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let mut daemon = Daemon::start(dir.path()).await;
        for number in 0..5 {
            daemon.api.add_phone(&format!("1599000{number}")).await;
        }
        daemon.terminate();
        assert!(daemon.ends_within(Duration::from_secs(25)).await.success());
        let whole = recon(dir.path()).args(["audit", "verify"]).output().unwrap();
        assert_eq!(whole.status.code(), Some(0), "{whole:?}");
        for (statement, said) in [
            ("UPDATE audit SET operator = 'somebody else' WHERE id = 3", "row 3 was changed"),
            ("UPDATE audit SET detail = replace(detail, '15990002', '15990009') WHERE id = 3", "row 3 was changed"),
            ("UPDATE audit SET at = at + 1 WHERE id = 2", "row 2 was changed"),
            ("UPDATE audit SET hash = zeroblob(32) WHERE id = 4", "row 4 was changed"),
            ("DELETE FROM audit WHERE id = 2", "row 2 was removed"),
            ("DELETE FROM audit WHERE id = 5", "row 4"),
            ("UPDATE audit SET id = 9 WHERE id = 1", "row 1 was removed"),
        ] {
            let sentence = tampered(dir.path(), statement).await;
            assert!(sentence.contains(said), "{statement}: {sentence}");
            assert_eq!(sentence.lines().count(), 1);
        }
    });
}
