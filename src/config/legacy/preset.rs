//! What the stacks' own front ends expect, as they are published.

use super::{Codes, Envelope, LegacyConfig, Paging};

crate::text_enum! {
    /// A stack that old programs were written for.
    pub enum Preset {
        /// `{code,data,msg}`, 0 and 7, `x-token` and `new-token`.
        GinVueAdmin = "gin-vue-admin",
        /// `{code,data,message}`, 20000 and 50008, `X-Token`.
        VueElementAdmin = "vue-element-admin",
        /// `{code,msg,rows,total}`, 200 and 401, `Authorization: Bearer`.
        Ruoyi = "ruoyi",
        /// `{code,data,message}`, 0 and -1, `Authorization: Bearer`.
        Vben5 = "vben5",
    }
}

/// What the compatibility baseline fixes; other stacks take any other code than that of success for an error.
const CODES: Codes = Codes {
    ok: 0,
    no_token: 7,
    expired: 7,
    ended: 7,
    wrong_password: 7400,
    invalid: 7400,
    forbidden: 7403,
    not_found: 7404,
    conflict: 7409,
    too_many: 7429,
    unavailable: 7503,
    failed: 7500,
};

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn envelope(code: &str, data: &str, message: &str) -> Envelope {
    Envelope { code: code.to_owned(), data: data.to_owned(), message: message.to_owned() }
}

fn paging(list: &str, total: &str, page: &str, page_size: &str) -> Paging {
    let [list, total, page, page_size] = [list, total, page, page_size].map(str::to_owned);
    Paging { list, total, page, page_size, repeats_page: false, in_envelope: false }
}

impl Preset {
    /// Every value of the stack.
    #[must_use]
    pub fn values(self) -> LegacyConfig {
        match self {
            Self::GinVueAdmin => LegacyConfig {
                envelope: envelope("code", "data", "msg"),
                codes: CODES,
                auth_status: 401,
                forbidden_status: 200,
                paging: Paging { repeats_page: true, ..paging("list", "total", "page", "pageSize") },
                token_headers: owned(&["x-token", "authorization"]),
                sliding: true,
                new_token_header: Some("new-token".to_owned()),
                new_expiry_header: Some("new-expires-at".to_owned()),
                single_login: false,
            },
            // Its front end logs out by the codes of HTTP 200 alone, and knows no next token.
            Self::VueElementAdmin => LegacyConfig {
                envelope: envelope("code", "data", "message"),
                codes: Codes {
                    ok: 20000,
                    no_token: 50008,
                    ended: 50012,
                    expired: 50014,
                    wrong_password: 60204,
                    ..CODES
                },
                auth_status: 200,
                forbidden_status: 200,
                paging: paging("items", "total", "page", "limit"),
                token_headers: owned(&["x-token"]),
                sliding: false,
                new_token_header: None,
                new_expiry_header: None,
                single_login: false,
            },
            // Its server lets a token go on in place; its pages stand beside the code.
            Self::Ruoyi => LegacyConfig {
                envelope: envelope("code", "data", "msg"),
                codes: Codes {
                    ok: 200,
                    no_token: 401,
                    expired: 401,
                    ended: 401,
                    wrong_password: 500,
                    invalid: 500,
                    forbidden: 403,
                    not_found: 404,
                    conflict: 409,
                    too_many: 500,
                    unavailable: 500,
                    failed: 500,
                },
                auth_status: 200,
                forbidden_status: 200,
                paging: Paging { in_envelope: true, ..paging("rows", "total", "pageNum", "pageSize") },
                token_headers: owned(&["authorization"]),
                sliding: true,
                new_token_header: None,
                new_expiry_header: None,
                single_login: false,
            },
            // Its front end logs out by HTTP 401.
            Self::Vben5 => LegacyConfig {
                envelope: envelope("code", "data", "message"),
                codes: Codes { no_token: -1, expired: -1, ended: -1, wrong_password: -1, forbidden: -1, ..CODES },
                auth_status: 401,
                forbidden_status: 403,
                paging: paging("items", "total", "page", "pageSize"),
                token_headers: owned(&["authorization"]),
                sliding: false,
                new_token_header: None,
                new_expiry_header: None,
                single_login: false,
            },
        }
    }
}
