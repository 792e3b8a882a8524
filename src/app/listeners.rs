//! The sockets of the roles that this process has: bound before anything is started.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;

use crate::config::{Config, Role};

/// The sockets, each until its role takes it.
pub(super) struct Listeners {
    pub(super) service: Option<TcpListener>,
    pub(super) worker: Option<TcpListener>,
    pub(super) wallet: Option<TcpListener>,
    pub(super) admin: Option<TcpListener>,
}

impl Listeners {
    /// Binds the sockets of this process's roles.
    ///
    /// # Errors
    /// A sentence with the cure where one cannot be bound.
    pub(super) fn bind(config: &Config) -> anyhow::Result<Self> {
        let socket = |role, address, key| config.roles.has(role).then(|| bind(address, key)).transpose();
        Ok(Self {
            service: socket(Role::Service, config.service.bind, "service.bind")?,
            worker: socket(Role::Worker, config.worker.bind, "worker.bind")?,
            wallet: socket(Role::Wallet, config.wallet.bind, "wallet.bind")?,
            admin: socket(Role::Admin, config.admin.bind, "admin.bind")?,
        })
    }

    /// Where the first of them is: the service's, else the worker's, the wallet's, the admin edge's.
    pub(super) fn address(&self) -> SocketAddr {
        let listener = self.service.as_ref().or(self.worker.as_ref()).or(self.wallet.as_ref()).or(self.admin.as_ref());
        listener.and_then(address_of).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Where the worker role is, where this process has it.
    pub(super) fn worker_address(&self) -> Option<SocketAddr> {
        self.worker.as_ref().and_then(address_of)
    }

    /// Where the service role is, here or elsewhere.
    pub(super) fn service_address(&self, config: &Config) -> SocketAddr {
        self.service.as_ref().and_then(address_of).unwrap_or(config.service.bind)
    }
}

fn address_of(listener: &TcpListener) -> Option<SocketAddr> {
    listener.local_addr().ok()
}

fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!(
            "{key}: {address} cannot be bound; is another daemon running? Choose another port with --set {key}=ADDRESS"
        )
    })
}
