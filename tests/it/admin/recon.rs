//! `/recon/*`: what recon says in its own shape, and the audit of both.

use recon::admin::permission::Role;
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::{Value, json};

use super::edge::{Browser, Edge, PASSWORD, expect_code};
use super::frozen::whole;
use super::story;
use crate::support::daemon::recon;
use crate::support::engine::Engine;
use crate::support::texts;

async fn asks(browser: &Browser<'_>, path: &str, body: Value) -> Value {
    expect_code(&browser.posts(&format!("/api/admin/recon/{path}"), &body).await, 200, 0).clone()
}

#[test]
fn actors_are_shown_and_controlled() {
    whole(async |edge| {
        let (admin, viewer) = (edge.browser(Role::Admin).await, edge.browser(Role::Viewer).await);
        let all = viewer.with(&viewer.token, "/api/admin/recon/actors").await;
        let all = expect_code(&all, 200, 0);
        let list = all["list"].as_array().unwrap();
        assert_eq!(all["total"], list.len());
        for id in ["order_matcher", "admin_session_desk", "admin_live", "admin_recon_events"] {
            let found: Vec<&Value> = list.iter().filter(|actor| actor["id"] == id).collect();
            assert_eq!(found.len(), 1, "{id} in {all}");
            assert_eq!(found[0]["fresh"], true, "{id}");
        }
        let page = asks(&viewer, "actors", json!({"page": 2, "pageSize": 3})).await;
        let ids = |list: &[Value]| list.iter().map(|actor| actor["id"].clone()).collect::<Vec<_>>();
        assert_eq!(ids(page["list"].as_array().unwrap()), ids(&list[3..6]));

        let matcher = list.iter().find(|actor| actor["id"] == "order_matcher").unwrap();
        let asked = json!({"id": "order_matcher", "reason": "a test"});
        let restarted = asks(&admin, "actors/restart", asked.clone()).await;
        assert_eq!(restarted["id"], "order_matcher");
        assert!(restarted["generation"].as_u64() > matcher["generation"].as_u64(), "{restarted}");
        expect_code(&viewer.posts("/api/admin/recon/actors/restart", &asked).await, 200, 7403);
        for (body, code) in [(json!({"id": "nobody/1"}), 7404), (json!({"id": "../sms"}), 7404), (json!({}), 7400)] {
            expect_code(&admin.posts("/api/admin/recon/actors/restart", &body).await, 200, code);
        }
        let audit = asks(&viewer, "audit", json!({"subject": "actor/order_matcher"})).await;
        let entry = &audit["list"][0];
        assert_eq!(
            (&entry["operator"], &entry["action"]),
            (&json!(admin.username), &json!("actor.restarted")),
            "{audit}"
        );
        assert_eq!(entry["detail"]["reason"], "a test");
    });
}

#[test]
fn templates_are_tried_by_whoever_reads() {
    whole(async |edge| {
        let viewer = edge.browser(Role::Viewer).await;
        let text = texts::deposit("홍길동", 50_000);
        let tested =
            asks(&viewer, "template/test", json!({"template": texts::deposit_template(), "texts": [text]})).await;
        assert_eq!(tested["results"][0]["matched"], true, "{tested}");
        assert_eq!(tested["results"][0]["fields"]["amount"], "50000");
        let example = json!({"text": text, "fields": {"amount": "50,000", "name": "홍길동"}});
        let suggested = asks(&viewer, "template/suggest", json!({"examples": [example], "extra": 1})).await;
        assert!(suggested["template"]["pattern"].as_str().unwrap().contains("{amount}"), "{suggested}");
        let id = edge.recon.add_template(&texts::deposit_template()).await;
        let backtested =
            asks(&viewer, "template/backtest", json!({"id": id, "limit": "10", "since": edge.now_s()})).await;
        assert_eq!(backtested["examined"], 0, "{backtested}");

        expect_code(&viewer.posts("/api/admin/recon/template/backtest", &json!({"id": 999})).await, 200, 7404);
        let mut bad = json!({"template": texts::deposit_template(), "texts": ["a"]});
        bad["template"]["pattern"] = json!("{amount");
        let refused = viewer.posts("/api/admin/recon/template/test", &bad).await;
        assert_eq!(expect_code(&refused, 200, 7400)["errors"][0]["field"], "template.pattern", "{}", refused.text);
        expect_code(&viewer.posts("/api/admin/recon/template/suggest", &json!({})).await, 200, 7400);
    });
}

#[test]
fn the_edge_keeps_an_audit_of_its_own() {
    story(&[], async |edge| {
        let viewer = edge.browser(Role::Viewer).await;
        expect_code(&edge.login(&viewer.username, "wrong password").await, 200, 7400);
        expect_code(&edge.login("a-password-in-the-wrong-field", "x").await, 200, 7400);
        edge.store.set_role(&viewer.username, Role::Operator).await.unwrap();
        let login = edge.login(&viewer.username, PASSWORD).await.expect(200);
        let viewer = Browser { token: login["data"]["token"].as_str().unwrap().to_owned(), ..viewer };
        expect_code(&viewer.posts("/api/admin/logout", &json!({})).await, 200, 0);

        let admin = edge.browser(Role::Admin).await;
        let subject = format!("operator/{}", viewer.username);
        let audit = asks(&admin, "audit", json!({"of": "edge", "subject": subject})).await;
        let entries = audit["list"].as_array().unwrap();
        let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        let did = ["logout", "login", "role", "login_failed", "login", "add"].map(|what| format!("operator.{what}"));
        assert_eq!(actions, did, "{audit}");
        assert_eq!((&entries[2]["operator"], &entries[2]["detail"]), (&json!("(local)"), &json!({"role": "operator"})));
        assert_eq!((&entries[1]["operator"], &audit["total"]), (&json!(viewer.username), &json!(6)));
        assert_eq!(entries[1]["detail"]["address"], "127.0.0.1");
        assert_eq!(entries[1]["at"], json!(recon::domain::time::UnixMs(edge.now_s() * 1000)));
        let of = async |filter: Value| {
            let mut asked = json!({"of": "edge", "pageSize": 200});
            asked.as_object_mut().unwrap().append(&mut filter.as_object().unwrap().clone());
            asks(&admin, "audit", asked).await
        };
        let all = of(json!({})).await;
        assert!(!all.to_string().contains("wrong-field"), "it may be a password: {all}");
        let page = of(json!({"page": 2, "pageSize": 3})).await;
        assert_eq!(page["list"], json!(all["list"].as_array().unwrap()[3..6]));
        assert_eq!(of(json!({"actor": viewer.username})).await["total"], 4);
        assert_eq!(of(json!({"to": edge.now_s()})).await["total"], 0);
        assert_eq!(of(json!({"from": edge.now_s()})).await["total"], all["total"]);
        for (wrong, field) in [(json!({"of": "both"}), "of"), (json!({"of": "edge", "from": "today"}), "from")] {
            let refused = admin.posts("/api/admin/recon/audit", &wrong).await;
            assert_eq!(expect_code(&refused, 200, 7400)["errors"][0]["field"], field);
        }
        let far = json!({"of": "edge", "page": 1000, "pageSize": 200});
        expect_code(&admin.posts("/api/admin/recon/audit", &far).await, 200, 7400);
        assert_eq!(edge.store.verify_audit().await.unwrap().unwrap(), all["total"].as_i64().unwrap());
        assert_changes_are_refused(edge).await;
    });
}

async fn assert_changes_are_refused(edge: &Edge) {
    let database = Database::connect(edge.database_url()).await.unwrap();
    for statement in ["UPDATE admin_audit SET operator = 'x' WHERE id = 1", "DELETE FROM admin_audit"] {
        let refused = database.execute_unprepared(statement).await.unwrap_err().to_string();
        assert!(refused.contains("only ever added to"), "{refused}");
    }
    database.close().await.unwrap();
}

#[test]
fn audit_verify_reads_the_edge_s_audit_too() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let edge = Edge::start_whole(Engine::Sqlite, &[]).await;
        edge.browser(Role::Viewer).await;
        let entries = edge.store.verify_audit().await.unwrap().unwrap();
        let verify = || recon(edge.data_dir()).args(["audit", "verify"]).output().unwrap();
        let whole = verify();
        let said = String::from_utf8(whole.stdout).unwrap();
        assert_eq!(whole.status.code(), Some(0), "{said}");
        assert!(said.contains(&format!("The admin edge's audit log holds: {entries} entries")), "{said}");
        let database = Database::connect(edge.database_url()).await.unwrap();
        for (statement, names) in [
            ("UPDATE admin_audit SET operator = 'x' WHERE id = 2", "row 2 was changed"),
            ("DELETE FROM admin_audit WHERE id = (SELECT max(id) FROM admin_audit)", "row 2 was changed"),
        ] {
            for trigger in ["admin_audit_no_update", "admin_audit_no_delete"] {
                database.execute_unprepared(&format!("DROP TRIGGER IF EXISTS {trigger}")).await.unwrap();
            }
            database.execute_unprepared(statement).await.unwrap();
            let found = verify();
            let said = String::from_utf8(found.stderr).unwrap();
            assert_eq!(found.status.code(), Some(1), "{said}");
            assert!(said.contains("the admin edge's audit log does not hold") && said.contains(names), "{said}");
        }
        // Mended but for the end, which is cut off.
        let operator = "UPDATE admin_audit SET operator = '(local)' WHERE id = 2";
        database.execute_unprepared(operator).await.unwrap();
        let cut = String::from_utf8(verify().stderr).unwrap();
        assert!(cut.contains("is not the head that was noted"), "{cut}");
        database.close().await.unwrap();
    });
}
