//! The configuration: a TOML file, then `RECON_<SECTION>__<KEY>` variables, then flags; every value keeps its origin.
//!
//! One file a concern: it holds the section's keys, their type and their reading. `keys` lists them all, `layers` holds
//! what was given, `checks` holds what must be true between keys, `credentials` makes what nobody gave. It uses nothing
//! else of this crate but `domain`'s macro and `secrets`; the commands and `app` use it.

mod admin;
mod checks;
pub mod credentials;
mod database;
mod env;
mod error;
mod example;
mod exposure;
mod file;
pub mod keys;
mod layers;
mod legacy;
mod load;
mod log;
mod origin;
mod parse;
mod pipeline;
mod pushbullet;
mod redis;
mod retention;
mod roles;
mod secrets;
mod service;
mod shooter;
mod supervision;
mod telegram;
mod url;
mod wallet;
mod worker;

use std::path::PathBuf;

pub use admin::AdminConfig;
pub use database::DatabaseConfig;
pub use env::process_env;
pub use error::ConfigError;
pub use example::example;
pub use legacy::{Codes, Envelope, LegacyConfig, Paging, Preset};
pub use load::{Entry, LoadArgs, Loaded};
pub use log::{LogConfig, LogFormat};
pub use origin::Origin;
pub use pipeline::PipelineConfig;
pub use pushbullet::PushbulletConfig;
pub use redis::RedisConfig;
pub use retention::RetentionConfig;
pub use roles::{Role, Roles};
pub use secrets::SecretsConfig;
pub use service::ServiceConfig;
pub use shooter::ShooterConfig;
pub use supervision::SupervisionConfig;
pub use telegram::TelegramConfig;
pub use url::{Backend, BaseUrl, DatabaseUrl, reachable};
pub use wallet::WalletConfig;
pub use worker::WorkerConfig;

use keys::{Key, Kind, key};
use layers::Layers;

const TOP_KEYS: &[Key] =
    &[key("data_dir", Kind::Text, "data", "where files of this machine live: database, tokens, keys")];

/// The whole configuration of a process, valid in itself. Debug shows no secret.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where files of this machine live.
    pub data_dir: PathBuf,
    /// Which parts of the program this process runs.
    pub roles: Roles,
    /// How the log is written.
    pub log: LogConfig,
    /// Where recon keeps what it knows.
    pub database: DatabaseConfig,
    /// What carries wake-ups and events between processes.
    pub redis: RedisConfig,
    /// The internal API and the ingestion endpoint.
    pub service: ServiceConfig,
    /// The process of the loops.
    pub worker: WorkerConfig,
    /// The admin edge and the console.
    pub admin: AdminConfig,
    /// The reference wallet.
    pub wallet: WalletConfig,
    /// The key that seals tokens at rest.
    pub secrets: SecretsConfig,
    /// The phones heard through Pushbullet.
    pub pushbullet: PushbulletConfig,
    /// The bots that read channels in which phones post.
    pub telegram: TelegramConfig,
    /// Phones that post their messages themselves.
    pub shooter: ShooterConfig,
    /// How messages become matched orders.
    pub pipeline: PipelineConfig,
    /// How actors that crash are restarted.
    pub supervision: SupervisionConfig,
    /// How long what people wrote is kept.
    pub retention: RetentionConfig,
}

impl Config {
    /// Loads file, environment and flags. Everything that is wrong is told at once.
    pub fn load(args: &LoadArgs, env: impl Iterator<Item = (String, String)>) -> Result<Loaded, ConfigError> {
        load::load(args, env)
    }

    fn read(layers: &mut Layers, roles: Roles) -> Option<Self> {
        let data_dir = layers.read("data_dir", parse::path);
        let log = LogConfig::read(layers);
        let database = DatabaseConfig::read(layers);
        let redis = RedisConfig::read(layers);
        let service = ServiceConfig::read(layers);
        let worker = WorkerConfig::read(layers);
        let admin = AdminConfig::read(layers);
        let wallet = WalletConfig::read(layers);
        let secrets = SecretsConfig::read(layers);
        let pushbullet = PushbulletConfig::read(layers);
        let telegram = TelegramConfig::read(layers);
        let shooter = ShooterConfig::read(layers);
        let pipeline = PipelineConfig::read(layers);
        let supervision = SupervisionConfig::read(layers);
        let retention = RetentionConfig::read(layers);
        Some(Self {
            data_dir: data_dir?,
            roles,
            log: log?,
            database: database?,
            redis: redis?,
            service: service?,
            worker: worker?,
            admin: admin?,
            wallet: wallet?,
            secrets: secrets?,
            pushbullet: pushbullet?,
            telegram: telegram?,
            shooter: shooter?,
            pipeline: pipeline?,
            supervision: supervision?,
            retention: retention?,
        })
    }
}

#[cfg(test)]
mod tests;
