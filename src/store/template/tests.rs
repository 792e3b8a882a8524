use super::*;
use crate::contract::system::AuditFilter;
use crate::domain::sms::SmsState;
use crate::store::settings::revision;
use crate::store::testing::{caller, message, stores};

fn spec(name: &str, enabled: bool) -> TemplateSpec {
    serde_json::from_value(json!({
        "name": name, "kind": "typed", "pattern": "입금 {amount}\n{name}", "senders": ["15881688"], "direction": "deposit",
        "currency": "KRW", "timezone": "Asia/Seoul", "enabled": enabled,
    }))
    .unwrap()
}

#[tokio::test]
async fn every_version_stays_readable_and_the_parser_gets_the_newest() {
    for store in stores().await {
        let operator = caller("김철수", None);
        let added = store.add_template(&operator, &spec("first", true), vec!["mind this".to_owned()]).await.unwrap();
        assert_eq!((added.status, &added.body["version"]), (201, &1.into()));
        assert_eq!(added.body["warnings"], json!(["mind this"]));
        let id = added.body["id"].as_i64().unwrap();
        let replaced = store.replace_template(&operator, id, &spec("second", true), Vec::new()).await.unwrap();
        assert_eq!((replaced.status, &replaced.body["version"]), (200, &2.into()));

        assert_eq!(store.template_revision(id, 1).await.unwrap().unwrap().name, "first");
        assert_eq!(store.template_revision(id, 2).await.unwrap().unwrap().name, "second");
        assert_eq!(store.template_revision(id, 3).await.unwrap(), None);
        let enabled = store.templates_enabled().await.unwrap();
        assert_eq!(enabled, [(id, 2, spec("second", true))]);
        assert_eq!(revision(store.reader(), Revised::Templates).await.unwrap(), 2);

        let audit = store.audit_page(&AuditFilter::default(), PageRequest::default()).await.unwrap();
        let actions: Vec<_> =
            audit.items.iter().map(|entry| (entry.action.as_str(), entry.operator.as_str())).collect();
        assert_eq!(actions, [("template.replace", "김철수"), ("template.add", "김철수")]);
    }
}

#[tokio::test]
async fn a_deleted_template_reads_nothing_more_and_explains_what_it_read() {
    for store in stores().await {
        let operator = caller("a", None);
        let added = store.add_template(&operator, &spec("first", true), Vec::new()).await.unwrap();
        let id = added.body["id"].as_i64().unwrap();
        assert_eq!(store.delete_template(&operator, id).await.unwrap(), Answer::no_content());
        assert!(store.templates_enabled().await.unwrap().is_empty());
        assert!(store.template_page(PageRequest::default()).await.unwrap().items.is_empty());
        assert!(store.template_revision(id, 1).await.unwrap().is_some());
        let again = store.delete_template(&operator, id).await;
        assert!(matches!(again, Err(Refusal::NotFound(_))), "{again:?}");
        let replaced = store.replace_template(&operator, id, &spec("second", true), Vec::new()).await;
        assert!(matches!(replaced, Err(Refusal::NotFound(_))), "{replaced:?}");
    }
}

#[tokio::test]
async fn a_disabled_template_is_listed_and_not_used() {
    for store in stores().await {
        store.add_template(&caller("a", None), &spec("off", false), Vec::new()).await.unwrap();
        assert!(store.templates_enabled().await.unwrap().is_empty());
        let page = PageRequest { count: true, ..PageRequest::default() };
        assert_eq!(store.template_page(page).await.unwrap().total, Some(1));
    }
}

#[tokio::test]
async fn recent_texts_are_those_of_the_senders_newest_first() {
    for store in stores().await {
        let mut ids = Vec::new();
        for sender in ["1588-1688", "1599-1111", "1588-1688", "1588-1688"] {
            ids.push(store.put_sms(message(sender, SmsState::Received, store.now())).await);
        }
        let mut purged = message("1588-1688", SmsState::Ignored, store.now());
        purged.text = None;
        store.put_sms(purged).await;
        let of = async |senders: Option<&[String]>| {
            let texts = store.recent_texts(senders, 2).await.unwrap();
            texts.into_iter().map(|text| text.sms_id).collect::<Vec<_>>()
        };
        assert_eq!(of(Some(&["15881688".to_owned()])).await, [ids[3], ids[2]]);
        assert_eq!(of(Some(&["15991111".to_owned()])).await, [ids[1]]);
        assert_eq!(of(None).await, [ids[3], ids[2]]);
    }
}
