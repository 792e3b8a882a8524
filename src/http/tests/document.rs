//! The OpenAPI document and its page.

use serde_json::Value;

use super::support::TestApp;

fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap();
        item.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[actix_web::test]
async fn the_document_declares_what_every_route_can_answer() {
    let app = TestApp::new();
    let document = app.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = std::collections::BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name} shares its operationId");
        let responses = operation["responses"].as_object().unwrap();
        let has = |status: &str| responses.contains_key(status);
        assert!(has("422"), "{name}");
        assert!(operation["summary"].as_str().or(operation["description"].as_str()).is_some(), "{name}");
        if name.contains("/internal/") {
            assert!(["401", "403", "429", "500", "503"].into_iter().all(has), "{name}");
            assert_eq!(operation["security"][0]["service_token"], serde_json::json!([]), "{name}");
        }
        if name.contains("/ingest/") {
            assert!(["400", "401", "403", "404", "408", "413", "415", "429", "503"].into_iter().all(has), "{name}");
        }
        for (status, response) in responses {
            if status.starts_with('4') || status == "500" {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{name} {status}");
            }
        }
    }
    assert_eq!(document["components"]["securitySchemes"]["service_token"]["scheme"], "bearer");
}

#[actix_web::test]
async fn every_reference_in_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = serde_json::to_value(crate::http::openapi()).unwrap();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 50);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[actix_web::test]
async fn lists_declare_their_pages_and_writes_their_caller() {
    let document = serde_json::to_value(crate::http::openapi()).unwrap();
    let parameters = |path: &str, method: &str| -> Vec<String> {
        let parameters = document["paths"][path][method]["parameters"].as_array().cloned().unwrap_or_default();
        parameters.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    };
    for path in
        ["phones", "templates", "sms", "chain/breaks", "orders", "audit", "shooter/devices", "pushbullet/devices"]
    {
        let names = parameters(&format!("/internal/v2/{path}"), "get");
        assert!(["limit", "cursor", "count"].iter().all(|name| names.iter().any(|own| own == name)), "{path}");
    }
    assert!(parameters("/internal/v2/sms", "get").contains(&"template_id".to_owned()));
    assert_eq!(parameters("/internal/v2/phones", "post"), ["X-Operator", "Idempotency-Key"]);
    assert_eq!(parameters("/internal/v2/top-info", "get"), [""; 0]);
}

#[actix_web::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let app = TestApp::new();
    let page = app.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.body.contains("<base href=\"/docs/\">"));
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "{}", page.body);
    let named = |attribute: &str| -> Vec<String> {
        page.body.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    };
    let files: Vec<_> =
        [named("src=\""), named("href=\"")].concat().into_iter().filter(|file| file != "/docs/").collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(app.get(&format!("/docs/{}", file.trim_start_matches("./"))).await.status, 200, "{file}");
    }
    assert!(app.get("/docs/swagger-initializer.js").await.body.contains("/openapi.json"));
}

#[actix_web::test]
async fn the_document_names_the_words_that_are_sent_and_not_our_variants() {
    let document = serde_json::to_value(crate::http::openapi()).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let words: Vec<&str> =
        schemas.values().filter_map(|schema| schema["enum"].as_array()).flatten().filter_map(Value::as_str).collect();
    assert!(words.len() > 50, "{words:?}");
    // Currencies and criteria aside, every word of ours is snake_case.
    let odd: Vec<_> = words.iter().filter(|word| word.chars().any(char::is_uppercase)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let sms_states: Vec<_> = crate::domain::sms::SmsState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(schemas["SmsState"]["enum"], serde_json::json!(sms_states));
}

#[actix_web::test]
async fn a_view_that_holds_an_input_may_hold_more_than_the_input() {
    let document = serde_json::to_value(crate::http::openapi()).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["TemplateSpec"]["additionalProperties"], false, "an input takes nothing unknown");
    for view in [&schemas["TemplateView"], &schemas["Page_TemplateView"]["properties"]["items"]["items"]] {
        let parts = view["allOf"].as_array().unwrap();
        assert!(parts.iter().any(|part| part["properties"]["pattern"].is_object()), "{parts:?}");
        for part in parts {
            assert!(part["$ref"].is_null() && part["additionalProperties"].is_null(), "{part}");
        }
    }
}
