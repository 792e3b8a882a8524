//! `ledger/verify` believes nothing but the rows.

use sea_orm::{ConnectionTrait as _, Database, DbBackend};
use serde_json::{Value, json};

use super::{approval, approves, holds, places, recharge, story};
use crate::support::TestApp;

async fn tampers(app: &TestApp, statements: &[&str]) {
    let database = Database::connect(&app.wallet_database).await.unwrap();
    for statement in statements {
        database.execute_unprepared(statement).await.unwrap();
    }
    database.close().await.unwrap();
}

/// Takes the ledger's guard away on either engine.
async fn unlocks(app: &TestApp, table: &str) {
    let database = Database::connect(&app.wallet_database).await.unwrap();
    let triggers = match database.get_database_backend() {
        DbBackend::Postgres => vec![format!("DROP TRIGGER {table}_fixed ON {table}")],
        _ => vec![format!("DROP TRIGGER {table}_no_update"), format!("DROP TRIGGER {table}_no_delete")],
    };
    for trigger in triggers {
        database.execute_unprepared(&trigger).await.unwrap();
    }
    database.close().await.unwrap();
}

async fn three_credits(app: &TestApp) {
    for (nth, id) in ["R-1", "R-2", "R-3"].into_iter().enumerate() {
        places(app.wallet(), &recharge(id, "50000")).await;
        approves(app.wallet(), id, id, &approval(&format!("sms:{nth}"))).await.expect(200);
    }
    holds(app.wallet()).await;
}

async fn found(app: &TestApp) -> Value {
    let verdict = app.wallet().get("/internal/ledger/verify").await.expect(200);
    assert_eq!(verdict["ok"], false, "{verdict}");
    verdict
}

#[test]
fn the_database_itself_keeps_the_ledger_from_being_changed() {
    story(async |app| {
        three_credits(app).await;
        let database = Database::connect(&app.wallet_database).await.unwrap();
        for statement in [
            "UPDATE ledger_entry SET amount = 1",
            "DELETE FROM ledger_posting",
            "UPDATE ledger_posting SET amount = amount + 1",
            "DELETE FROM ledger_entry",
        ] {
            let refused = database.execute_unprepared(statement).await.unwrap_err().to_string();
            assert!(refused.contains("only ever added to"), "{refused}");
        }
        database.close().await.unwrap();
        holds(app.wallet()).await;
    });
}

#[test]
fn a_posting_that_was_changed_is_found() {
    story(async |app| {
        three_credits(app).await;
        unlocks(app, "ledger_posting").await;
        tampers(app, &["UPDATE ledger_posting SET amount = amount + 1 WHERE amount > 0 AND entry_id = 2"]).await;
        let verdict = found(app).await;
        let problems = verdict["problems"].to_string();
        assert!(problems.contains("entry 2 sum to 1 KRW") && problems.contains("says 150000"), "{problems}");
    });
}

#[test]
fn a_balance_an_order_and_an_entry_that_were_changed_are_found() {
    story(async |app| {
        three_credits(app).await;
        tampers(app, &["UPDATE ledger_account SET balance = balance + 10000 WHERE kind = 'user'"]).await;
        assert!(found(app).await["problems"][0].as_str().unwrap().contains("says 160000"));
        tampers(app, &["UPDATE ledger_account SET balance = balance - 10000 WHERE kind = 'user'"]).await;
        holds(app.wallet()).await;

        tampers(app, &["UPDATE recharge SET amount = 90000 WHERE order_id = 'R-1'"]).await;
        assert!(found(app).await["problems"][0].as_str().unwrap().contains("something else than order R-1"));
        tampers(app, &["UPDATE recharge SET amount = 50000, status = 'open' WHERE order_id = 'R-1'"]).await;
        assert!(found(app).await["problems"][0].as_str().unwrap().contains("R-1, which is open"));
        tampers(app, &["UPDATE recharge SET status = 'approved' WHERE order_id = 'R-1'"]).await;
        holds(app.wallet()).await;

        unlocks(app, "ledger_posting").await;
        unlocks(app, "ledger_entry").await;
        tampers(app, &["DELETE FROM ledger_posting WHERE entry_id = 3", "DELETE FROM ledger_entry WHERE id = 3"]).await;
        let problems = found(app).await["problems"].to_string();
        assert!(
            problems.contains("R-3 is approved and has no entry") && problems.contains("sum to 100000"),
            "{problems}"
        );
    });
}

#[test]
fn a_credit_that_stands_twice_is_found() {
    story(async |app| {
        three_credits(app).await;
        tampers(
            app,
            &[
                "DROP INDEX ledger_entry_deposit",
                "DROP INDEX ledger_entry_order",
                "INSERT INTO ledger_entry (order_id, deposit_ref, user_id, currency, amount, operator, at) \
                 SELECT order_id, deposit_ref, user_id, currency, amount, operator, at FROM ledger_entry WHERE id = 1",
            ],
        )
        .await;
        let verdict = found(app).await;
        let twice = json!([
            {"of": "order_id", "value": "R-1", "entries": 2},
            {"of": "deposit_ref", "value": "sms:0", "entries": 2},
        ]);
        assert_eq!(verdict["duplicates"], twice);
    });
}
