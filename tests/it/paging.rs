//! Lists: by key, newest first, complete and without doubles while messages arrive.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::texts::{deposit, order};
use crate::support::{Phone, TestApp, story};

/// The ids of a whole list, page by page; `between` happens after each page.
async fn walk(app: &TestApp, path: &str, limit: usize, between: impl AsyncFn(usize)) -> Vec<Value> {
    let mut ids = Vec::new();
    let mut cursor: Option<String> = None;
    for page_number in 0.. {
        let cursor_part = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = app.get(&format!("{path}?limit={limit}{cursor_part}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit && page.get("total").is_none());
        ids.extend(items.iter().map(|item| item.get("id").or_else(|| item.get("order_id")).unwrap().clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert_eq!(items.len(), limit, "only the last page may be short");
        cursor = Some(next.to_owned());
        between(page_number).await;
    }
    ids
}

#[test]
fn pages_are_whole_and_without_doubles_while_messages_arrive() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let first: Vec<Value> =
            (0..50_u64).map(|n| Phone::message(&format!("a{n}"), &deposit("홍길동", 10_000 + n))).collect();
        phone.posts(&json!({"messages": first})).await.expect(200);
        let there: Vec<i64> = app.list("").await.iter().map(|sms| sms.id).collect();
        assert_eq!(there.len(), 50);
        let ids = walk(app, "/internal/v2/sms", 7, async |page| {
            let messages: Vec<Value> = (0..5_u64)
                .map(|n| Phone::message(&format!("b{page}-{n}"), &deposit("김철수", 20_000 + 10 * page as u64 + n)))
                .collect();
            phone.posts(&json!({"messages": messages})).await.expect(200);
        })
        .await;
        let expected: Vec<Value> = there.iter().map(|id| json!(id)).collect();
        assert_eq!(ids, expected, "what was there when the walk began, newest first, each once");
    });
}

#[test]
fn every_list_is_walked_to_its_end() {
    story(async |app| {
        for number in 0..9 {
            app.add_phone(&format!("1599{number:04}")).await;
            app.phone(&format!("counter-{number}")).await;
            app.put_orders(&[order(&format!("R-{number}"), "홍길동", 50_000)]).await;
            let mut template = crate::support::texts::deposit_template();
            template["name"] = json!(format!("template {number}"));
            app.add_template(&template).await;
        }
        for (path, count) in [
            ("/internal/v2/phones", 10),
            ("/internal/v2/shooter/devices", 9),
            ("/internal/v2/orders", 9),
            ("/internal/v2/templates", 11),
            ("/internal/v2/audit", 39),
        ] {
            for limit in [1, 3, 500] {
                let ids = walk(app, path, limit, async |_| {}).await;
                assert_eq!(ids.len(), count, "{path}?limit={limit}");
                assert_eq!(ids.iter().map(Value::to_string).collect::<HashSet<_>>().len(), count, "{path}: doubles");
            }
            let counted = app.get(&format!("{path}?limit=2&count=true")).await.expect(200);
            assert_eq!(counted["total"], count, "{path}");
            assert_eq!(app.get(&format!("{path}?count=false")).await.expect(200).get("total"), None);
        }
    });
}

#[test]
fn limits_and_cursors_that_are_none_are_refused() {
    story(async |app| {
        let lists = ["phones", "templates", "sms", "shooter/devices", "pushbullet/devices", "orders", "audit"];
        let cursor_of_nothing = "djE6"; // "v1:" without an id
        for list in lists {
            for (query, field) in [
                ("limit=0", "limit"),
                ("limit=501", "limit"),
                ("limit=-1", "limit"),
                ("limit=7.5", "limit"),
                ("limit=", "limit"),
                ("limit=99999999999999999999", "limit"),
                ("limit=1&limit=2", "limit"),
                ("cursor=x", "cursor"),
                ("cursor=", "cursor"),
                (&format!("cursor={cursor_of_nothing}"), "cursor"),
                ("count=yes", "count"),
                ("offset=10", "offset"),
            ] {
                app.get(&format!("/internal/v2/{list}?{query}")).await.expect_invalid(field);
            }
            assert_eq!(app.get(&format!("/internal/v2/{list}?limit=500")).await.status, 200, "{list}");
        }
    });
}
