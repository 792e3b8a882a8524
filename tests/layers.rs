//! Who may know whom (docs/ARCHITECTURE.md): the imports of the source tree, held by reading it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; clippy knows only #[test] functions")]

use std::path::{Path, PathBuf};

/// The lines of code of every file under `src/<folder>`: without comments, and without the tests at a file's end.
fn code_of(folder: &str) -> Vec<(PathBuf, usize, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.join(folder)];
    let mut lines = Vec::new();
    while let Some(folder) = folders.pop() {
        let single = folder.with_extension("rs");
        if single.is_file() {
            read(&root, &single, &mut lines);
        }
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && path != single {
                read(&root, &path, &mut lines);
            }
        }
    }
    assert!(!lines.is_empty(), "there is no code in src/{folder}: has it moved?");
    lines
}

fn read(root: &Path, path: &Path, lines: &mut Vec<(PathBuf, usize, String)>) {
    let name = path.strip_prefix(root).unwrap().to_owned();
    let text = std::fs::read_to_string(path).unwrap();
    for (number, line) in text.lines().enumerate() {
        // A file's own tests stand at its end and may use what they like.
        if line.trim() == "#[cfg(test)]" && text.lines().nth(number + 1).is_some_and(|next| next.ends_with('{')) {
            break;
        }
        let code = line.split("//").next().unwrap_or_default();
        if !code.trim().is_empty() {
            lines.push((name.clone(), number + 1, code.to_owned()));
        }
    }
}

/// Whether `word` stands in `code` as a word of its own.
fn names(code: &str, word: &str) -> bool {
    let is_part = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(word)
        .any(|(at, _)| !is_part(code[..at].chars().next_back()) && !is_part(code[at + word.len()..].chars().next()))
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|stem| {
            let stem = stem.to_string_lossy();
            stem == "tests" || stem == "testing" || stem.ends_with("_tests")
        })
}

#[track_caller]
fn hold_that_nobody(folder: &str, except: &[&str], what: &str, is_wrong: impl Fn(&str) -> bool) {
    let wrong: Vec<String> = code_of(folder)
        .into_iter()
        .filter(|(path, _, _)| !is_test(path) && !except.iter().any(|allowed| path.starts_with(allowed)))
        .filter(|(_, _, code)| is_wrong(code))
        .map(|(path, line, code)| format!("src/{}:{line}: {}", path.display(), code.trim()))
        .collect();
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[test]
fn http_never_touches_storage() {
    hold_that_nobody("http", &[], "http knows actors' messages, never the store", |code| {
        code.contains("store::") || names(code, "sea_orm") || code.contains("entity::")
    });
}

#[test]
fn the_domain_knows_nobody() {
    hold_that_nobody("domain", &[], "the domain is pure: values and functions of values", |code| {
        let others = code.match_indices("crate::").any(|(at, found)| {
            let rest = &code[at + found.len()..];
            !(rest.starts_with("domain") || rest.starts_with("text_enum"))
        });
        let outside = ["tokio", "actix", "actix_rt", "actix_web", "sea_orm", "reqwest", "tracing", "metrics", "rand"];
        others
            || code.contains("entity::")
            || outside.iter().any(|name| names(code, name))
            || code.contains("std::fs")
            || code.contains("std::net")
    });
}

#[test]
fn only_the_store_speaks_sql() {
    let stores = ["store", "database", "wallet/store", "admin/store"];
    hold_that_nobody("", &stores, "queries stand in the three stores alone", |code| {
        names(code, "sea_orm") || names(code, "sqlx") || names(code, "sea_query")
    });
}

#[test]
fn contracts_and_decoders_know_no_storage_and_no_http() {
    // What of a source is a loop, and not a decoder.
    let loops = ["family.rs", "poller.rs", "take.rs"].map(|file| format!("sources/telegram/{file}"));
    let loops: Vec<&str> = loops.iter().map(String::as_str).collect();
    for folder in ["contract", "sources/shooter", "sources/telegram"] {
        hold_that_nobody(folder, &loops, "shapes and decoders are below http", |code| {
            code.contains("crate::http") || code.contains("crate::app") || code.contains("crate::store")
        });
    }
}

#[test]
fn actors_know_neither_http_nor_the_composition() {
    for folder in ["pipeline", "registry", "store", "supervision", "sources"] {
        hold_that_nobody(folder, &[], "only app.rs composes, only http speaks HTTP", |code| {
            code.contains("crate::http") || code.contains("crate::app") || names(code, "actix_web")
        });
    }
}

/// Recon's own parts: all but the wallet, what starts it and what sets it up.
const NOT_RECON: [&str; 5] = ["wallet", "app", "config", "cli", "lib.rs"];

/// There is no path from recon to the wallet: no address, no token, no code (architecture, rule 8).
#[test]
fn nothing_leads_from_recon_to_the_wallet() {
    hold_that_nobody("", &NOT_RECON, "recon knows nothing of the wallet's code", |code| {
        code.contains("crate::wallet") || code.contains("super::wallet") || code.contains("entity::wallet")
    });
    // The admin edge approves: it is to know where the wallet is, and none of its code.
    // `recon bench` starts a whole daemon, on ports that nobody else has.
    let may_call = [&NOT_RECON[..], &["admin", "bench/daemon.rs"]].concat();
    hold_that_nobody("", &may_call, "recon holds neither the wallet's address nor its token", |code| {
        ["WalletConfig", "wallet_url", "wallet_token", "wallet.token", "wallet.bind", "config.wallet", "recharges"]
            .iter()
            .any(|name| code.contains(name))
    });
    // The roles of recon are composed without it, too.
    for file in ["app/actors", "app/recon", "app/several", "app/sources", "app/checks", "app/ports"] {
        hold_that_nobody(file, &[], "recon's roles are given nothing of the wallet", |code| {
            code.contains("wallet") || code.contains("Wallet")
        });
    }
}

/// Nor the other way but by HTTP: the wallet shares values and tools, never recon's store, actors or sources.
#[test]
fn nothing_leads_from_the_wallet_into_recon() {
    hold_that_nobody("wallet", &[], "the wallet reaches recon by HTTP alone", |code| {
        let parts =
            ["store", "pipeline", "registry", "sources", "bus", "app", "cli", "secrets", "sim", "demo", "packs"];
        let named =
            |part: &&str| code.contains(&format!("crate::{part}::")) || code.contains(&format!("crate::{part};"));
        let tables = code.contains("entity::") && !code.contains("entity::wallet");
        parts.iter().any(named) || tables || code.contains("migration::Migrator")
    });
    hold_that_nobody("wallet/domain", &[], "the wallet's decisions are pure", |code| {
        ["tokio", "actix", "sea_orm", "reqwest", "tracing", "metrics", "rand"].iter().any(|name| names(code, name))
    });
    hold_that_nobody("wallet/http", &[], "the wallet's routes ask its actor, never the store", |code| {
        code.contains("store::") || names(code, "sea_orm") || code.contains("entity::")
    });
}

/// Only the wallet writes in the ledger, and only where orders are approved.
#[test]
fn money_is_moved_in_one_place() {
    hold_that_nobody("", &["wallet/store/ledger.rs"], "one function credits", |code| {
        code.contains("ledger_entry::Entity::insert") || code.contains("ledger_posting::Entity::insert")
    });
    let calls = code_of("wallet").into_iter().filter(|(_, _, code)| code.contains("ledger::credit(")).count();
    assert_eq!(calls, 1, "one request credits: the approval");
}

/// It ignores the bound of the mailbox and vanishes on a dead actor.
#[test]
fn nobody_sends_without_knowing_that_it_arrived() {
    hold_that_nobody("", &[], "ask or nudge, never do_send", |code| names(code, "do_send"));
}

/// Reads what the rules above would say of code that breaks them.
#[test]
fn the_rules_can_be_broken() {
    assert!(names("use sea_orm::Entity;", "sea_orm") && names("addr.do_send(x)", "do_send"));
    assert!(!names("restore::entity_of()", "entity") && !names("sea_orm_migration::x", "sea_orm"));
    assert!(is_test(Path::new("http/tests/mod.rs")) && !is_test(Path::new("http/server.rs")));
    assert!(code_of("http").iter().any(|(path, _, _)| path.ends_with("server.rs")));
}
