//! Pages, cursors and filters.

use super::support::TestApp;

#[actix_web::test]
async fn a_list_is_walked_by_its_cursors_to_its_end() {
    let app = TestApp::new();
    let mut seen = Vec::new();
    let mut uri = "/internal/v2/phones?limit=4".to_owned();
    loop {
        let page = app.get(&uri).await.json();
        assert!(page.get("total").is_none());
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        uri = format!("/internal/v2/phones?limit=4&cursor={cursor}");
    }
    assert_eq!(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(app.get("/internal/v2/phones?count=true").await.json()["total"], 9);
}

#[actix_web::test]
async fn a_page_that_cannot_be_is_422() {
    let app = TestApp::new();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=41", "cursor"),
        ("cursor=", "cursor"),
        ("count=yes", "count"),
        ("offset=3", "offset"),
        ("%66oo=1", "foo"),
        ("limit=%ff", "limit"),
    ] {
        assert_eq!(app.get(&format!("/internal/v2/phones?{query}")).await.fields(), [field], "{query}");
    }
    assert!(app.asked().is_empty());
    for limit in [1, 500] {
        assert_eq!(app.get(&format!("/internal/v2/phones?limit={limit}")).await.status, 200);
    }
}

#[actix_web::test]
async fn filters_reach_the_desk_as_they_were_asked() {
    let app = TestApp::new();
    let query = "state=unmatched&review=need_check&sender=1588-1688&source=shooter%2F3&line=a+b&order_id=R-1\
                 &template_id=7&q=%ED%99%8D&from=2026-04-22T00:00:00Z&to=2026-04-23T09:00:00%2B09:00";
    assert_eq!(app.get(&format!("/internal/v2/sms?{query}")).await.status, 200);
    let asked = app.asked().remove(0);
    for part in
        ["Unmatched", "NeedCheck", "kind: Shooter, id: Some(3)", "\"a b\"", "Some(7)", "\"홍\"", "2026-04-23T00:00:00Z"]
    {
        assert!(asked.contains(part), "{part} in {asked}");
    }
}

#[actix_web::test]
async fn a_filter_that_is_not_understood_never_shows_everything() {
    let app = TestApp::new();
    assert_eq!(
        app.get("/internal/v2/sms?state=lost&review=x&source=foo&template_id=a&from=yesterday&stat=1").await.fields(),
        ["state", "review", "source", "template_id", "from", "stat"]
    );
    for (uri, words) in [
        ("sms?source=foo", "pushbullet, telegram or shooter"),
        ("sms?state=lost", "received, held, quarantined"),
        ("sms?review=x", "none, need_check, confirmed, rejected"),
        ("orders?status=paid", "open, approved"),
    ] {
        let said = app.get(&format!("/internal/v2/{uri}")).await.body;
        assert!(said.contains(words), "{uri}: {said}");
    }
    assert_eq!(app.get("/internal/v2/orders?matched=maybe&status=paid").await.fields(), ["status", "matched"]);
    assert_eq!(app.get("/internal/v2/audit?operator=kim").await.fields(), ["operator"]);
    for uri in ["/internal/v2/top-info", "/internal/v2/actors", "/internal/v2/sms/1", "/livez", "/healthz"] {
        assert_eq!(app.get(&format!("{uri}?x=1")).await.fields(), ["x"], "{uri}");
    }
    assert!(app.asked().is_empty());
}
