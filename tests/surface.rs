//! The page that people read names what programs find: the routes of the OpenAPI documents, the keys of the configuration.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking; clippy knows only #[test] functions")]

use std::collections::BTreeSet;

const PAGE: &str = include_str!("../docs/reference/recon/recon-service-v2-surface.md");
const METHODS: [&str; 4] = ["GET", "PUT", "POST", "DELETE"];

/// Rows like "| GET | `/livez` | ... |".
fn of_page() -> BTreeSet<String> {
    PAGE.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let method = cells.next().filter(|method| METHODS.contains(method))?;
            let path = cells.next()?.trim_matches('`');
            Some(format!("{method} {path}"))
        })
        .collect()
}

fn of_document() -> BTreeSet<String> {
    let documents = [recon::http::openapi(), recon::wallet::http::openapi()];
    let documents = documents.map(|document| serde_json::to_value(document).unwrap());
    let paths = documents.iter().flat_map(|document| document["paths"].as_object().unwrap());
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

#[test]
fn every_route_of_the_page_is_in_the_document_and_the_other_way_round() {
    let (page, document) = (of_page(), of_document());
    let only_page: Vec<_> = page.difference(&document).collect();
    let only_document: Vec<_> = document.difference(&page).collect();
    assert!(
        only_page.is_empty() && only_document.is_empty(),
        "only page: {only_page:?}; only document: {only_document:?}"
    );
    assert!(page.len() > 25, "the page's table is not read any more: {page:?}");
}

/// Rows like "| `service.bind` | ... |" of the second part.
fn keys_of_page() -> BTreeSet<&'static str> {
    let part = PAGE.split("\n## ").find(|part| part.starts_with("2. ")).unwrap();
    part.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[test]
fn every_key_of_the_page_is_in_the_configuration_and_the_other_way_round() {
    let known: BTreeSet<_> = recon::config::keys::all().map(|key| key.name).collect();
    assert_eq!(keys_of_page(), known);
}
