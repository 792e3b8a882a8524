//! What the console's files must be, held by reading them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{ASSETS, Asset, page};

/// The sentences of a language by their keys: one a line, `"key": "sentence",`.
fn sentences(language: &str) -> BTreeMap<String, String> {
    let asset = Asset::at(&format!("words/{language}.js")).unwrap();
    let lines = asset.text.lines().filter(|line| line.starts_with("  \""));
    let mut found = BTreeMap::new();
    for line in lines {
        let pair: BTreeMap<String, String> =
            serde_json::from_str(&format!("{{{}}}", line.trim().trim_end_matches(','))).unwrap();
        for (key, sentence) in pair {
            assert!(found.insert(key.clone(), sentence).is_none(), "{key} stands twice");
        }
    }
    assert!(found.len() > 300, "{language}: the sentences are no longer one a line");
    found
}

fn scripts() -> impl Iterator<Item = &'static Asset> {
    ASSETS.iter().filter(|asset| asset.path.starts_with("js/"))
}

/// The words in braces of a sentence.
fn slots(sentence: &str) -> BTreeSet<&str> {
    sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(slot, _)| slot).collect()
}

#[test]
fn every_sentence_is_there_in_every_language() {
    let english = sentences("en");
    for language in ["ko", "zh"] {
        let other = sentences(language);
        assert_eq!(english.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{language}");
        for (key, sentence) in &other {
            assert!(!sentence.trim().is_empty(), "{language}: {key} says nothing");
            assert_eq!(slots(&english[key]), slots(sentence), "{language}: {key}");
        }
    }
}

/// The keys that a script names as a whole: `t("key")`, or a word with a dot in it.
fn keys_of(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('"').skip(1).step_by(2);
    let is_key = |word: &&str| {
        // A class's selector begins with its dot.
        word.contains('.')
            && !word.starts_with('.')
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'))
    };
    let kept_elsewhere = ["recon.language"];
    let mut found: BTreeSet<&str> = quoted.filter(is_key).filter(|key| !kept_elsewhere.contains(key)).collect();
    for (at, call) in text.match_indices("t(\"") {
        let is_name = text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '.');
        let key = text[at + call.len()..].split('"').next().unwrap();
        if !is_name && !key.is_empty() {
            found.insert(key);
        }
    }
    found
}

#[test]
fn every_key_that_a_script_names_is_a_sentence() {
    let english = sentences("en");
    let mut named = 0;
    for script in scripts() {
        for key in keys_of(script.text) {
            named += 1;
            assert!(english.contains_key(key), "{}: there is no sentence {key}", script.path);
        }
    }
    assert!(named > 300, "the keys are no longer found: {named}");
}

#[test]
fn every_word_of_the_server_has_a_sentence() {
    use crate::admin::permission::Role;
    use crate::domain::chain::Verdict;
    use crate::domain::flags::Flag;
    use crate::domain::matching::{CandidateVerdict, Criterion, NearReason, Verdict as Compared};
    use crate::domain::order::OrderStatus;
    use crate::domain::sms::{Direction, Review, SmsState};
    use crate::domain::source::SourceKind;
    use crate::domain::template::FieldName;
    use crate::supervision::ActorState;

    let english = sentences("en");
    let has = |prefix: &str, words: &[&str], suffix: &str| {
        for word in words {
            let key = format!("{prefix}.{word}{suffix}");
            assert!(english.contains_key(&key), "there is no sentence {key}");
        }
    };
    macro_rules! all {
        ($kind:ty) => {
            &<$kind>::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>()
        };
    }
    has("flag", all!(Flag), "");
    has("flag", all!(Flag), ".why");
    has("state", all!(SmsState), "");
    has("review", all!(Review), "");
    has("direction", all!(Direction), "");
    has("chain", all!(Verdict), "");
    has("chain", all!(Verdict), ".why");
    has("criterion", all!(Criterion), "");
    has("verdict_of", all!(Compared), "");
    has("candidate", all!(CandidateVerdict), "");
    has("near", all!(NearReason), "");
    has("order_status", all!(OrderStatus), "");
    has("source", all!(SourceKind), "");
    has("template_field", all!(FieldName), "");
    has("actor_state", all!(ActorState), "");
    has("role", all!(Role), "");
}

#[test]
fn no_text_becomes_markup_or_code() {
    let banned = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "eval(",
        "new Function",
        "srcdoc",
        "javascript:",
        "setHTML",
        "createContextualFragment",
        "import(",
        "http://",
        "https://",
        "localStorage.setItem(KEPT_TOKEN",
        "document.cookie",
    ];
    for asset in ASSETS {
        for word in banned {
            // The icon names its own vocabulary.
            let is_namespace = asset.path == "icon.svg" && word == "http://";
            assert!(is_namespace || !asset.text.contains(word), "{} has {word}", asset.path);
        }
    }
    assert!(!page().contains("onclick") && !page().contains("style=") && !page().contains("<style"), "{}", page());
    let inline = page().split("<script").skip(1).filter(|script| !script.contains("src=\"/console/"));
    assert_eq!(inline.count(), 0, "a script stands in the page");
}

#[test]
fn every_file_is_in_the_binary_and_within_its_size() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/admin/console");
    let mut folders = vec![root.clone()];
    let mut there = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "rs") && name != "index.html" {
                there.insert(name);
            }
        }
    }
    assert_eq!(ASSETS.iter().map(|asset| asset.path.to_owned()).collect::<BTreeSet<_>>(), there);
    for script in scripts() {
        assert!(script.text.lines().count() <= 300, "{} is longer than 300 lines", script.path);
    }
}

#[test]
fn what_the_page_and_its_scripts_load_is_there() {
    for path in page().split("/console/").skip(1) {
        let path = path.split('"').next().unwrap().split_once('/').unwrap().1;
        assert!(Asset::at(path).is_some(), "the page loads {path}");
    }
    for script in scripts() {
        let folder = Path::new(script.path).parent().unwrap();
        for line in script.text.lines().filter(|line| line.starts_with("import ")) {
            let named = line.rsplit('"').nth(1).unwrap();
            let mut at = folder.to_path_buf();
            for part in named.split('/') {
                match part {
                    "." => {}
                    ".." => assert!(at.pop(), "{}: {named}", script.path),
                    part => at.push(part),
                }
            }
            assert!(Asset::at(&at.to_string_lossy()).is_some(), "{} imports {named}", script.path);
        }
    }
}
