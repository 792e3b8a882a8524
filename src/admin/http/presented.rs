//! The token that a request brings: in one of the profile's headers, else in the console's cookie.

use actix_web::http::header::{self, HeaderMap};

use crate::config::LegacyConfig;

/// The console's cookie.
pub const COOKIE: &str = "recon_admin";

/// A token as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The token.
    pub token: String,
    /// Whether the browser sent it by itself.
    pub by_cookie: bool,
}

/// The first that there is. A header that is empty is none; `Bearer ` before a token is no part of it.
#[must_use]
pub fn presented(headers: &HeaderMap, legacy: &LegacyConfig) -> Option<Presented> {
    let of_header = |name: &String| {
        let text = headers.get(name.as_str())?.to_str().ok()?.trim();
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        let token = if scheme.eq_ignore_ascii_case("bearer") { rest.trim() } else { text };
        (!token.is_empty()).then(|| Presented { token: token.to_owned(), by_cookie: false })
    };
    legacy.token_headers.iter().find_map(of_header).or_else(|| of_cookie(headers))
}

fn of_cookie(headers: &HeaderMap) -> Option<Presented> {
    let cookies = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, token) = pairs.find(|(name, token)| *name == COOKIE && !token.is_empty())?;
    Some(Presented { token: token.to_owned(), by_cookie: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn found(pairs: &[(&str, &str)]) -> Option<(String, bool)> {
        let mut request = TestRequest::default();
        for (name, value) in pairs {
            request = request.append_header((*name, *value));
        }
        let legacy = crate::config::Preset::GinVueAdmin.values();
        presented(request.to_http_request().headers(), &legacy).map(|found| (found.token, found.by_cookie))
    }

    #[test]
    fn a_token_is_found_where_each_caller_puts_it() {
        assert_eq!(found(&[("x-token", "a")]), Some(("a".to_owned(), false)));
        assert_eq!(found(&[("authorization", "Bearer b")]), Some(("b".to_owned(), false)));
        assert_eq!(found(&[("authorization", "bearer  b ")]), Some(("b".to_owned(), false)));
        assert_eq!(found(&[("cookie", "a=b; recon_admin=c; d=e")]), Some(("c".to_owned(), true)));
        assert_eq!(found(&[("x-token", "a"), ("authorization", "Bearer b")]), Some(("a".to_owned(), false)));
        assert_eq!(found(&[("x-token", ""), ("cookie", "recon_admin=c")]), Some(("c".to_owned(), true)));
        assert_eq!(found(&[("x-token", " "), ("authorization", "Bearer "), ("cookie", "recon_admin=")]), None);
        assert_eq!(found(&[]), None);
    }
}
