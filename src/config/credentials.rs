//! Tokens that nobody configured: made at first start in the data directory, found there by commands of the same machine.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::Config;
use crate::private_file::{self, PrivateFileError};
use crate::secrets::new_token;

/// Why a token can be neither found nor made.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Its file can be neither read nor made.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// Its file is there and holds no token.
    #[error("{} holds no token (one line of visible ASCII): delete it, and the next start makes a new one", .0.display())]
    Malformed(PathBuf),
    /// A command looks for the token of a daemon that never ran here.
    #[error(
        "there is no service token: {} is not there; name the daemon's data_dir, or give the token as RECON_SERVICE__TOKEN",
        .0.display()
    )]
    Missing(PathBuf),
}

/// The bearer token of `/internal`: the configured one, else the one of `<data_dir>/service.token`, made where it is not
/// there. The daemon calls it.
pub fn service_token(config: &Config) -> Result<SecretString, CredentialError> {
    if let Some(token) = &config.service.token {
        return Ok(token.clone());
    }
    let path = service_token_file(config);
    let text = private_file::read_or_create(&path, || format!("{}\n", new_token()))?;
    token_of(&path, &text)
}

/// The bearer token of the wallet: the configured one, else the one of `<data_dir>/wallet.token`, made where it is not there.
/// The wallet calls it, and what approves on the same machine.
pub fn wallet_token(config: &Config) -> Result<SecretString, CredentialError> {
    if let Some(token) = &config.wallet.token {
        return Ok(token.clone());
    }
    let path = config.data_dir.join("wallet.token");
    let text = private_file::read_or_create(&path, || format!("{}\n", new_token()))?;
    token_of(&path, &text)
}

/// The bearer token of a daemon on this machine. Commands call it; it never makes one.
pub fn existing_service_token(config: &Config) -> Result<SecretString, CredentialError> {
    if let Some(token) = &config.service.token {
        return Ok(token.clone());
    }
    let path = service_token_file(config);
    let text = private_file::read(&path)?.ok_or_else(|| CredentialError::Missing(path.clone()))?;
    token_of(&path, &text)
}

fn service_token_file(config: &Config) -> PathBuf {
    config.data_dir.join("service.token")
}

fn token_of(path: &Path, text: &str) -> Result<SecretString, CredentialError> {
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CredentialError::Malformed(path.to_owned()));
    }
    Ok(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LoadArgs;
    use secrecy::ExposeSecret as _;
    use std::os::unix::fs::PermissionsExt as _;

    fn config(dir: &Path, token: &str) -> Config {
        let args = LoadArgs {
            default_file: dir.join("none.toml"),
            data_dir: Some(dir.to_str().unwrap().to_owned()),
            ..LoadArgs::default()
        };
        let env = [("RECON_SERVICE__TOKEN".to_owned(), token.to_owned())];
        Config::load(&args, env.into_iter()).unwrap().config
    }

    #[test]
    fn a_first_start_makes_the_token_and_commands_find_it() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), "");
        assert!(matches!(existing_service_token(&config), Err(CredentialError::Missing(_))));
        let made = service_token(&config).unwrap();
        assert_eq!(made.expose_secret().len(), 43);
        assert_eq!(existing_service_token(&config).unwrap().expose_secret(), made.expose_secret());
        assert_eq!(service_token(&config).unwrap().expose_secret(), made.expose_secret());
    }

    #[test]
    fn a_configured_token_makes_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), "given-token");
        assert_eq!(service_token(&config).unwrap().expose_secret(), "given-token");
        assert!(!dir.path().join("service.token").exists());
    }

    #[test]
    fn a_file_without_a_token_is_named_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), "");
        let path = dir.path().join("service.token");
        std::fs::write(&path, "\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(matches!(service_token(&config), Err(CredentialError::Malformed(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\n");
    }
}
