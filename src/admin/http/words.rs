//! The sentences that people read, in the languages of their programs.

use actix_web::http::header::{self, HeaderMap};

/// A language of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Korean.
    Ko,
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// What `Accept-Language` asks for most and is there; else English.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best: Option<(u32, Self)> = None;
        for part in asked.split(',') {
            let (tag, quality) = part.split_once(';').unwrap_or((part, ""));
            let Some(lang) = Self::of_tag(tag.trim()) else { continue };
            let weight = weight(quality);
            // Of equals the first.
            if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, lang));
            }
        }
        best.map_or(Self::default(), |(_, lang)| lang)
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "ko" => Some(Self::Ko),
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }
}

/// `q=0.8` in thousandths; 1000 without one, 0 for what cannot be read.
fn weight(quality: &str) -> u32 {
    let Some(number) = quality.trim().strip_prefix("q=") else {
        return if quality.trim().is_empty() { 1000 } else { 0 };
    };
    let (whole, fraction) = number.trim().split_once('.').unwrap_or((number.trim(), ""));
    let thousandths = format!("{fraction:0<3}");
    match (whole.parse::<u32>(), thousandths.get(..3).and_then(|digits| digits.parse::<u32>().ok())) {
        (Ok(whole), Some(thousandths)) => (whole * 1000 + thousandths).min(1000),
        _ => 0,
    }
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each says what it says")]
pub enum Say {
    NotLoggedIn,
    SessionOver,
    SessionEnded,
    WrongPassword,
    Invalid,
    Forbidden,
    NotFound,
    Conflict,
    TooMany,
    Unavailable,
    Failed,
    Missing,
    GiveText,
    GiveNumber,
    GiveSwitch,
    GiveJson,
    GiveObject,
    PageTooFar,
    NoSuchNumber,
    GiveTime,
    GiveAudit,
    GiveNote,
    GiveApproval,
    TooLong,
}

impl Say {
    /// The sentence.
    #[must_use]
    pub const fn text(self, lang: Lang) -> &'static str {
        let [ko, en, zh] = self.texts();
        match lang {
            Lang::Ko => ko,
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// Korean, English, Chinese.
    const fn texts(self) -> [&'static str; 3] {
        match self {
            Self::NotLoggedIn => ["로그인이 필요합니다.", "You are not logged in.", "您尚未登录。"],
            Self::SessionOver => [
                "로그인이 만료되었습니다. 다시 로그인하세요.",
                "Your session is over; log in again.",
                "登录已过期，请重新登录。",
            ],
            Self::SessionEnded => [
                "다른 곳에서 로그인했거나 계정이 변경되었습니다. 다시 로그인하세요.",
                "Your session was ended by another login or a change of your account; log in again.",
                "您的账号已在别处登录或已变更，请重新登录。",
            ],
            Self::WrongPassword => [
                "사용자 이름 또는 비밀번호가 올바르지 않습니다.",
                "The user name or the password is wrong.",
                "用户名或密码错误。",
            ],
            Self::Invalid => [
                "요청에 올바르지 않은 값이 있습니다.",
                "The request has values that cannot be taken.",
                "请求中有无效的值。",
            ],
            Self::Forbidden => ["권한이 없습니다.", "You may not do this.", "您没有权限执行此操作。"],
            Self::NotFound => ["대상을 찾을 수 없습니다.", "There is no such thing.", "找不到该内容。"],
            Self::Conflict => [
                "이미 존재하거나 그 사이에 변경되었습니다.",
                "It is there already, or has changed meanwhile.",
                "已存在，或已被更改。",
            ],
            Self::TooMany => [
                "시도가 너무 많습니다. 잠시 후 다시 시도하세요.",
                "Too many tries; come back later.",
                "尝试次数过多，请稍后再试。",
            ],
            Self::Unavailable => [
                "지금은 처리할 수 없습니다. 잠시 후 다시 시도하세요.",
                "This cannot be done now; try again later.",
                "暂时无法处理，请稍后再试。",
            ],
            Self::Failed => {
                ["내부 오류가 발생했습니다.", "Something went wrong here; the log says what.", "服务器内部错误。"]
            }
            Self::Missing => ["필수 항목입니다.", "This is needed.", "此项必填。"],
            Self::GiveText => ["텍스트를 입력하세요.", "Give a text.", "请填写文本。"],
            Self::GiveNumber => {
                ["1 이상의 정수를 입력하세요.", "Give a whole number from 1.", "请填写不小于 1 的整数。"]
            }
            Self::GiveSwitch => ["1 또는 0을 입력하세요.", "Give 1 or 0.", "请填写 1 或 0。"],
            Self::NoSuchNumber => ["알 수 없는 값입니다.", "This number means nothing here.", "未知的取值。"],
            Self::PageTooFar => [
                "너무 뒤쪽 페이지입니다. 조건을 좁혀 주세요.",
                "The page is too far down; narrow the list by a filter.",
                "页码过大，请缩小筛选范围。",
            ],
            Self::GiveTime => [
                "Unix 초 또는 RFC 3339 형식의 시각을 입력하세요.",
                "Give a time: Unix seconds or RFC 3339.",
                "请填写时间：Unix 秒或 RFC 3339 格式。",
            ],
            Self::GiveAudit => ["recon 또는 edge를 입력하세요.", "Give recon or edge.", "请填写 recon 或 edge。"],
            Self::GiveObject => ["객체를 입력하세요.", "Give an object.", "请填写一个对象。"],
            Self::GiveNote => [
                "입금액이 주문 금액과 다릅니다. 사유를 입력하세요.",
                "The deposit is not the order's amount; say why it is right so.",
                "入金金额与订单金额不同，请填写原因。",
            ],
            Self::GiveApproval => [
                "pending, unknown, stuck, approved, refused 중 하나를 입력하세요.",
                "Give pending, unknown, stuck, approved or refused.",
                "请填写 pending、unknown、stuck、approved 或 refused。",
            ],
            Self::TooLong => {
                ["1,000자 이하로 입력하세요.", "Give 1,000 characters at most.", "请填写不超过 1000 个字符。"]
            }
            Self::GiveJson => {
                ["본문은 JSON 객체여야 합니다.", "The body must be a JSON object.", "请求体必须是 JSON 对象。"]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_language_asked_for_most_is_taken_where_it_is_there() {
        let of = |asked: &str| {
            let request = TestRequest::default().insert_header(("accept-language", asked)).to_http_request();
            Lang::of(request.headers())
        };
        assert_eq!(of("ko-KR,ko;q=0.9,en-US;q=0.8"), Lang::Ko);
        assert_eq!(of("fr, zh-CN;q=0.5, en;q=0.4"), Lang::Zh);
        assert_eq!(of("en;q=0.4, zh;q=0.45"), Lang::Zh);
        assert_eq!(of("ko;q=0, fr"), Lang::En);
        assert_eq!(of("*;q=x, ko;q=nonsense"), Lang::En);
        assert_eq!(of("KO"), Lang::Ko);
        assert_eq!(Lang::of(TestRequest::default().to_http_request().headers()), Lang::En);
    }
}
