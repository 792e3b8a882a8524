use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sea_orm::EntityTrait as _;

use super::*;
use crate::contract::device::DeviceInput;
use crate::store::testing::{caller, stores};

/// Every place that the source seals for is one that rotation knows.
#[test]
fn every_sealed_column_is_sealed_anew() {
    let known: BTreeSet<(String, String)> = SEALED
        .iter()
        .map(|column| (column.table.to_owned(), column.column.to_owned()))
        // The word that tells whether the key is the right one, which stands in hex among settings.
        .chain([("setting".to_owned(), "value".to_owned())])
        .collect();
    let mut used = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !is_test(&path) {
                used.extend(places(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert_eq!(used, known, "left: sealed somewhere; right: known to rotation");
}

fn is_test(path: &Path) -> bool {
    path.extension().is_none_or(|extension| extension != "rs") || path.ends_with("tests.rs")
}

/// The tables and columns of every `Place::new("table", row, "column")`.
fn places(source: &str) -> Vec<(String, String)> {
    let quoted = |text: &str| text.split('"').nth(1).map(str::to_owned);
    source
        .split("Place::new(")
        .skip(1)
        .filter_map(|rest| {
            let arguments = rest.split(')').next()?;
            let (table, rest) = arguments.split_once(',')?;
            Some((quoted(table)?, quoted(rest)?))
        })
        .collect()
}

#[tokio::test]
async fn what_an_older_key_sealed_is_sealed_with_the_newest() {
    for store in stores().await {
        store.check_key().await.unwrap();
        let input = |secret: Option<&str>| DeviceInput {
            name: "counter-1".to_owned(),
            line: None,
            secret: secret.map(str::to_owned),
        };
        let asks = caller("a", Some(("POST devices k", 1)));
        store.add_device(&asks, &input(Some("canary-secret")), "token-1", BTreeMap::new()).await.unwrap();
        store.add_device(&caller("a", None), &input(None), "token-2", BTreeMap::new()).await.unwrap();
        assert_eq!(store.seal_anew("test").await.unwrap(), 0, "one key: nothing to do, nothing noted");

        let path = store.key_path();
        let both = SecretBox::with_new_key(&path).unwrap();
        let rotating = store.with_secrets(both).await;
        assert_eq!(rotating.seal_anew("test").await.unwrap(), 3, "a secret, an answer and the word of the check");
        assert_eq!(rotating.seal_anew("test").await.unwrap(), 0);
        let newest = store.with_secrets(SecretBox::with_newest_key_only(&path).unwrap()).await;
        newest.check_key().await.unwrap();
        let known = newest.known_devices().await.unwrap();
        let secret = known.by_token[&crate::secrets::hash_token("token-1")].secret.clone().unwrap();
        assert_eq!(secret.0, "canary-secret");
        assert_eq!(newest.answered(&asks).await.unwrap().unwrap().body["device_token"], "token-1");
        store.check_key().await.unwrap_err();
        assert!(newest.verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_value_that_does_not_open_stops_it_and_changes_nothing() {
    for store in stores().await {
        let input = DeviceInput { name: "a".to_owned(), line: None, secret: Some("s".to_owned()) };
        for token in ["t1", "t2"] {
            store.add_device(&caller("a", None), &input, token, BTreeMap::new()).await.unwrap();
        }
        store
            .write(async |txn| {
                let mut update = Query::update();
                update.table("shooter_device").value("secret", vec![1_u8; 60]).and_where(Expr::col("id").eq(2));
                Ok(txn.execute(&update).await?)
            })
            .await
            .unwrap();
        let rotating = store.with_secrets(SecretBox::with_new_key(&store.key_path()).unwrap()).await;
        rotating.seal_anew("test").await.unwrap_err();
        let row = entity::shooter_device::Entity::find_by_id(1).one(store.reader()).await.unwrap().unwrap();
        assert_eq!(SecretBox::version_of(&row.secret.unwrap()), Some(1));
    }
}
