//! The operators' console: a page of plain HTML, CSS and ES modules, in the binary as they are written. There is no build
//! step, nothing is loaded from elsewhere, and no script ever makes markup out of text.
//!
//! This is only the list of the files; `http::console` serves them. It calls the edge's routes as any other program does.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// A file of the console.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its path below the version.
    pub path: &'static str,
    /// What it is.
    pub text: &'static str,
}

/// The page. `{version}` stands where it names its files.
const PAGE: &str = include_str!("index.html");

macro_rules! assets {
    ($($path:literal),* $(,)?) => {
        &[$(Asset { path: $path, text: include_str!($path) }),*]
    };
}

/// Every file that the page may load.
pub const ASSETS: &[Asset] = assets![
    "css/colours.css",
    "css/frame.css",
    "css/pages.css",
    "css/parts.css",
    "icon.svg",
    "js/api.js",
    "js/dialog.js",
    "js/dom.js",
    "js/evidence/chain.js",
    "js/evidence/flags.js",
    "js/evidence/match.js",
    "js/evidence/origin.js",
    "js/evidence/past.js",
    "js/evidence/sms.js",
    "js/format.js",
    "js/help.js",
    "js/i18n.js",
    "js/keys.js",
    "js/live.js",
    "js/login.js",
    "js/main.js",
    "js/notice.js",
    "js/pages/actors.js",
    "js/pages/approve.js",
    "js/pages/audit.js",
    "js/pages/devices.js",
    "js/pages/phones.js",
    "js/pages/queue.js",
    "js/pages/queue_detail.js",
    "js/pages/recharges.js",
    "js/pages/story.js",
    "js/pages/story_links.js",
    "js/pages/table.js",
    "js/pages/template_maker.js",
    "js/pages/template_trial.js",
    "js/pages/templates.js",
    "js/plain_text.js",
    "js/router.js",
    "js/session.js",
    "js/standing.js",
    "js/topbar.js",
    "js/verdict.js",
    "words/en.js",
    "words/ko.js",
    "words/zh.js",
];

/// Names the files of this build: no browser mixes them with those of another.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for text in [PAGE].into_iter().chain(ASSETS.iter().map(|asset| asset.text)) {
        hash.update(text.len().to_be_bytes());
        hash.update(text);
    }
    hex::encode(hash.finalize()).chars().take(16).collect()
});

static PAGE_OF_VERSION: LazyLock<String> = LazyLock::new(|| PAGE.replace("{version}", version()));

/// The version of the files.
#[must_use]
pub fn version() -> &'static str {
    &VERSION
}

/// The page.
#[must_use]
pub fn page() -> &'static str {
    &PAGE_OF_VERSION
}

impl Asset {
    /// The one of that path.
    #[must_use]
    pub fn at(path: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.path == path)
    }

    /// Its media type.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, extension)| extension) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        }
    }
}

#[cfg(test)]
mod tests;
