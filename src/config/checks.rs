//! What must hold between keys. Each check gives sentences that name the keys and the cure.

use std::net::SocketAddr;

use secrecy::ExposeSecret as _;

use super::Config;
use super::roles::Role;
use super::url::Backend;

/// Everything that does not hold.
pub(super) fn problems(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    problems.extend(shared_engines(config));
    problems.extend(distinct_binds(config));
    problems.extend(distinct_databases(config));
    problems.extend(distinct_tokens(config));
    if config.supervision.backoff_min > config.supervision.backoff_max {
        problems.push("supervision.backoff_min is above supervision.backoff_max: swap or change them".to_owned());
    }
    if config.admin.session_refresh_before >= config.admin.session_ttl {
        problems.push(
            "admin.session_refresh_before is not below admin.session_ttl: a session would be renewed by every request"
                .to_owned(),
        );
    }
    problems
}

/// Roles in processes of their own share rows in PostgreSQL and wake each other through Redis.
fn shared_engines(config: &Config) -> Option<String> {
    let (alone, missing) = match (config.roles.has(Role::Service), config.roles.has(Role::Worker)) {
        (true, false) => (Role::Service, Role::Worker),
        (false, true) => (Role::Worker, Role::Service),
        _ => return None,
    };
    let mut cures = Vec::new();
    if config.redis.url.is_none() {
        cures.push("redis.url");
    }
    if *config.database.url.backend() != Backend::Postgres {
        cures.push("database.url to a postgres:// address");
    }
    if cures.is_empty() {
        return None;
    }
    let cures = cures.join(" and ");
    Some(format!(
        "role {alone} runs without {missing}, which needs Redis and PostgreSQL: set {cures}, or run both roles in one process"
    ))
}

fn distinct_binds(config: &Config) -> Vec<String> {
    let binds = [
        (Role::Service, config.service.bind),
        (Role::Worker, config.worker.bind),
        (Role::Admin, config.admin.bind),
        (Role::Wallet, config.wallet.bind),
    ];
    let ours: Vec<_> = binds.into_iter().filter(|(role, _)| config.roles.has(*role)).collect();
    let mut problems = Vec::new();
    for (index, (role, bind)) in ours.iter().enumerate() {
        for (other, taken) in ours.iter().take(index) {
            if collide(*bind, *taken) {
                problems.push(format!("{role}.bind and {other}.bind are both {bind}: give one of them another port"));
            }
        }
    }
    problems
}

/// Port 0 asks for any free port, so two of them never collide.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() != 0 && one == other
}

/// The wallet's and the admin edge's rows live apart from recon's: nothing of recon may reach the ledger.
fn distinct_databases(config: &Config) -> Vec<String> {
    let databases = [
        ("database.url", &config.database.url),
        ("admin.database_url", &config.admin.database_url),
        ("wallet.database_url", &config.wallet.database_url),
    ];
    let mut problems = Vec::new();
    for (index, (key, url)) in databases.iter().enumerate() {
        for (other, taken) in databases.iter().take(index) {
            if url.expose() == taken.expose() {
                problems.push(format!("{key} and {other} name the same database: give each its own"));
            }
        }
    }
    problems
}

/// Whoever holds recon's token must not hold the wallet's with it.
fn distinct_tokens(config: &Config) -> Option<String> {
    let (service, wallet) = config.service.token.as_ref().zip(config.wallet.token.as_ref())?;
    (service.expose_secret() == wallet.expose_secret())
        .then(|| "service.token and wallet.token are the same: give the wallet a token of its own".to_owned())
}
