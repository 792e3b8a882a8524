//! The console's cookie: it keeps the token where no script can read it.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use super::presented::COOKIE;

/// What becomes of the cookie. Debug does not show the token.
pub enum CookieChange {
    /// It holds this token from now on.
    Holds(String),
    /// It is gone.
    Gone,
}

impl std::fmt::Debug for CookieChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Holds(_) => "Holds",
            Self::Gone => "Gone",
        })
    }
}

impl CookieChange {
    /// The header's value: for the browser's session, for this site's own requests alone. None where a token cannot stand
    /// in a header.
    #[must_use]
    pub fn header(&self, is_https: bool) -> Option<HeaderValue> {
        let (token, age) = match self {
            Self::Holds(token) => (token.as_str(), ""),
            Self::Gone => ("", "; Max-Age=0"),
        };
        let secure = if is_https { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}")).ok()
    }
}

/// Whether the browser came over https, to us or to the proxy before us, which says so in `X-Forwarded-Proto`.
#[must_use]
pub fn is_https(request: &HttpRequest) -> bool {
    request.connection_info().scheme() == "https"
}
