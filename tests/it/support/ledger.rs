//! What a phone knows of its own messages, and the oracle that compares it with what the daemon kept
//! (reliability, oracle (a), (b) and (e)).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use serde_json::Value;

use super::api::Api;
use super::daemon::recon;

/// How long a phone waits before it tries again.
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// What was acknowledged, by whom, and where the daemon is to be found just now.
pub struct Ledger {
    api: RefCell<Api>,
    acknowledged: RefCell<BTreeMap<String, i64>>,
    /// Set once nobody is to begin anything new.
    pub done: Cell<bool>,
}

impl Ledger {
    pub fn new(api: &Api) -> Self {
        Self { api: RefCell::new(api.clone()), acknowledged: RefCell::default(), done: Cell::new(false) }
    }

    /// The daemon was started again, elsewhere.
    pub fn moved_to(&self, api: &Api) {
        self.api.replace(api.clone());
    }

    pub fn api(&self) -> Api {
        self.api.borrow().clone()
    }

    pub fn count(&self) -> usize {
        self.acknowledged.borrow().len()
    }

    /// Posts a message again and again until it is acknowledged, and notes that. Gives up where all is done.
    pub async fn post(&self, path: &str, message: &Value) {
        let id = message["id"].as_str().unwrap();
        while !self.done.get() {
            let posted = self.api().anonymous(reqwest::Method::POST, path).json(message).try_send().await;
            match posted {
                Ok(answer) if answer.status == 200 => {
                    let result = &answer.body["results"][0];
                    assert_eq!(result["id"], id, "{result}");
                    let sms_id = result["sms_id"].as_i64().unwrap();
                    let before = self.acknowledged.borrow_mut().insert(id.to_owned(), sms_id);
                    assert!(
                        before.is_none_or(|before| before == sms_id),
                        "{id} was sms {before:?} and is now {sms_id}"
                    );
                    return;
                }
                Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
                // Cut off: it may be stored or not.
                Err(_) => {}
            }
            tokio::time::sleep(TRY_AGAIN).await;
        }
    }

    /// Holds the oracle over the database that a daemon left behind, and answers how many messages it has.
    pub async fn audit(&self, data_dir: &Path) -> usize {
        let rows =
            sqlite(data_dir, "SELECT external_id AS name, sms_id AS number FROM sighting WHERE sms_id > 0").await;
        let stored: BTreeMap<&str, i64> = rows.iter().map(|(id, sms_id)| (id.as_str(), *sms_id)).collect();
        assert_eq!(stored.len(), rows.len(), "a delivery is stored twice (INV-I1)");
        for (id, sms_id) in self.acknowledged.borrow().iter() {
            assert_eq!(stored.get(id.as_str()), Some(sms_id), "{id} was acknowledged as sms {sms_id}");
        }
        let messages = sqlite(data_dir, "SELECT state AS name, id AS number FROM sms WHERE id > 0").await;
        let there: BTreeSet<i64> = messages.iter().map(|(_, id)| *id).collect();
        assert_eq!(there, stored.values().copied().collect(), "every message has its sighting and the other way round");
        let pairs = sqlite(data_dir, "SELECT order_id AS name, sms_id AS number FROM sms_match WHERE active = 1").await;
        let orders: BTreeSet<&str> = pairs.iter().map(|(order_id, _)| order_id.as_str()).collect();
        let deposits: BTreeSet<i64> = pairs.iter().map(|(_, sms_id)| *sms_id).collect();
        assert_eq!(
            (orders.len(), deposits.len()),
            (pairs.len(), pairs.len()),
            "an order or a deposit is used twice: {pairs:?}"
        );
        let said = sqlite(data_dir, "SELECT order_id AS name, id AS number FROM sms WHERE order_id IS NOT NULL").await;
        assert_eq!(said.into_iter().collect::<BTreeSet<_>>(), pairs.into_iter().collect::<BTreeSet<_>>());
        let verified = recon(data_dir).args(["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{verified:?}");
        messages.len()
    }
}

/// Rows of a text `name` and an integer `number`, read from the file itself.
pub async fn sqlite(data_dir: &Path, query: &str) -> Vec<(String, i64)> {
    let database = Database::connect(format!("sqlite://{}", data_dir.join("recon.db").display())).await.unwrap();
    let rows = database.query_all_raw(Statement::from_string(DbBackend::Sqlite, query)).await.unwrap();
    let read = rows.iter().map(|row| (row.try_get("", "name").unwrap(), row.try_get("", "number").unwrap())).collect();
    database.close().await.unwrap();
    read
}
