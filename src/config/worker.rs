//! `worker.*`: the process of the loops.

use std::net::SocketAddr;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;

pub(super) const KEYS: &[Key] =
    &[key("worker.bind", Kind::Text, "127.0.0.1:8081", "where the worker's health and metrics listen")];

/// The process of the loops.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Where its health and metrics listen.
    pub bind: SocketAddr,
}

impl WorkerConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        Some(Self { bind: layers.read("worker.bind", parse::bind)? })
    }
}
