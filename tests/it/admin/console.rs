//! The console as a browser meets it: the page and its policy, the cookie that holds the token, and its routes.

mod cookie;
mod evidence;

use recon::admin::console::{ASSETS, version};
use reqwest::Method;

use super::story;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

#[test]
fn the_page_and_its_files_are_served_under_a_strict_policy() {
    story(&[], async |edge| {
        let mut paths = vec!["/".to_owned()];
        paths.extend(ASSETS.iter().map(|asset| format!("/console/{}/{}", version(), asset.path)));
        for path in &paths {
            let answer = edge.request(Method::GET, path).send().await;
            assert_eq!(answer.status, 200, "{path}");
            assert_eq!(answer.header("content-security-policy"), Some(POLICY), "{path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
            assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
            assert_eq!(answer.header("set-cookie"), None, "{path}");
            let kind = match path.rsplit('.').next() {
                Some("js") => "text/javascript; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                Some("svg") => "image/svg+xml",
                _ => "text/html; charset=utf-8",
            };
            assert_eq!(answer.header("content-type"), Some(kind), "{path}");
            let head = edge.request(Method::HEAD, path).send().await;
            assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        }
        let page = edge.request(Method::GET, "/").send().await;
        assert!(page.text.contains(&format!("/console/{}/js/main.js", version())), "{}", page.text);
        assert_eq!(edge.request(Method::POST, "/").send().await.status, 405);
    });
}

#[test]
fn a_browser_keeps_the_files_of_a_version_and_asks_for_the_page_anew() {
    story(&[], async |edge| {
        let page = edge.request(Method::GET, "/").send().await;
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let tag = page.header("etag").unwrap().to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}")] {
            let again = edge.request(Method::GET, "/").header("if-none-match", &known).send().await;
            assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", Some(tag.as_str())));
        }
        assert_eq!(edge.request(Method::GET, "/").header("if-none-match", "\"other\"").send().await.status, 200);
        let file = |version: &str| edge.request(Method::GET, &format!("/console/{version}/js/main.js")).send();
        assert_eq!(file(version()).await.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let other = file("0123456789abcdef").await;
        assert_eq!((other.status, other.header("cache-control")), (404, Some("no-store")));
        for path in ["js/none.js", "../../admin-password", "index.html", ""] {
            let answer = edge.request(Method::GET, &format!("/console/{}/{path}", version())).send().await;
            assert_eq!(answer.status, 404, "{path}");
        }
    });
}
