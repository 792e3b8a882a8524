use super::*;
use std::os::unix::fs::PermissionsExt as _;

fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn fresh() -> (tempfile::TempDir, SecretBox) {
    let dir = tempfile::tempdir().unwrap();
    let secrets = SecretBox::open_or_create(&dir.path().join("secrets.key")).unwrap();
    (dir, secrets)
}

fn place() -> Place<'static> {
    Place::new("shooter_device", &7, "secret")
}

#[test]
fn a_sealed_value_opens_in_its_place_also_after_a_restart() {
    let (dir, secrets) = fresh();
    let sealed = secrets.seal(&place(), b"whsec_canary").unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"canary"));
    let again = SecretBox::open_or_create(&dir.path().join("secrets.key")).unwrap();
    assert_eq!(again.open_text(&place(), &sealed).unwrap().expose_secret(), "whsec_canary");
}

#[test]
fn the_same_value_is_sealed_differently_each_time() {
    let (_dir, secrets) = fresh();
    assert_ne!(secrets.seal(&place(), b"x").unwrap(), secrets.seal(&place(), b"x").unwrap());
}

#[test]
fn a_change_of_any_byte_is_noticed() {
    let (_dir, secrets) = fresh();
    let sealed = secrets.seal(&place(), b"token").unwrap();
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert!(secrets.open(&place(), &changed).is_err(), "byte {index}");
    }
    for length in 0..sealed.len() {
        assert!(secrets.open(&place(), &sealed[..length]).is_err(), "cut to {length}");
    }
}

#[test]
fn a_value_moved_to_another_place_does_not_open() {
    let (_dir, secrets) = fresh();
    let sealed = secrets.seal(&place(), b"token").unwrap();
    for other in [
        Place::new("shooter_device", &8, "secret"),
        Place::new("shooter_device", &7, "token"),
        Place::new("telegram_bot", &7, "secret"),
        Place::new("shooter_device7", "", "secret"),
    ] {
        assert_eq!(secrets.open(&other, &sealed).unwrap_err(), SealError::Forged, "{other:?}");
    }
}

#[test]
fn another_machines_key_opens_nothing() {
    let ((_a, ours), (_b, theirs)) = (fresh(), fresh());
    let sealed = ours.seal(&place(), b"token").unwrap();
    assert_eq!(theirs.open(&place(), &sealed).unwrap_err(), SealError::Forged);
}

#[test]
fn the_newest_key_seals_and_older_ones_still_open() {
    let (dir, old) = fresh();
    let path = dir.path().join("secrets.key");
    let sealed = old.seal(&place(), b"token").unwrap();
    let rotated = format!("{}2 {}\n", std::fs::read_to_string(&path).unwrap(), "ab".repeat(32));
    write_private(&path, &rotated);
    let new = SecretBox::open_or_create(&path).unwrap();
    assert_eq!(new.open(&place(), &sealed).unwrap().expose_secret(), b"token");
    let resealed = new.seal(&place(), b"token").unwrap();
    assert_eq!(old.open(&place(), &resealed).unwrap_err(), SealError::UnknownKey(2));
}

#[test]
fn a_damaged_key_file_is_refused_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secrets.key");
    for damaged in ["", "# only a heading\n", "1 abc\n", "0 00\n", "nonsense"] {
        write_private(&path, damaged);
        let error = SecretBox::open_or_create(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::Line { .. }), "{damaged:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), damaged);
    }
    let twice = format!("1 {}\n1 {}\n", "ab".repeat(32), "cd".repeat(32));
    write_private(&path, &twice);
    let error = SecretBox::open_or_create(&path).unwrap_err().to_string();
    assert!(error.contains("line 2") && !error.contains("cdcd"), "{error}");
}

#[test]
fn debug_shows_no_key() {
    let (dir, secrets) = fresh();
    let text = std::fs::read_to_string(dir.path().join("secrets.key")).unwrap();
    let key = text.lines().last().unwrap().strip_prefix("1 ").unwrap();
    let shown = format!("{secrets:?}");
    assert!(shown.contains("versions: [1]") && !shown.contains(&key[..8]), "{shown}");
}

#[test]
fn tokens_are_new_each_time_and_recognised_whole() {
    let token = new_token();
    assert_eq!(token.len(), 43);
    assert_ne!(token, new_token());
    let expected = SecretString::from(token.clone());
    assert!(token_matches(&token, &expected));
    assert!(!token_matches(&token[..42], &expected));
    assert!(!token_matches("", &expected));
    assert_eq!(hex::encode(hash_token("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
