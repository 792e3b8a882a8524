//! The daemon's own binary in a process of its own, as an operator would run it.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::traffic::{SENDER, TEMPLATE};
use super::wire::{self, Connection};
use crate::secrets::new_token;

const START_WITHIN: Duration = Duration::from_secs(30);

/// A running daemon; killed when dropped.
#[derive(Debug)]
pub(super) struct Daemon {
    process: Child,
    address: SocketAddr,
    token: String,
    dir: PathBuf,
    /// From the start of the process until it was ready.
    pub(super) ready_after: Duration,
}

impl Daemon {
    /// Starts one with its data in `dir`, without limits on what a phone may send, and waits until it is ready.
    pub(super) async fn start(dir: &Path) -> anyhow::Result<Self> {
        Self::start_with(dir, &[]).await
    }

    /// The same with these values of the configuration, as `key=value`.
    pub(super) async fn start_with(dir: &Path, set: &[String]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let address = free_address()?;
        let token = new_token();
        let began = Instant::now();
        let process = command(dir, address, &token, set)?.spawn().context("the daemon cannot be started")?;
        let mut daemon = Self { process, address, token, dir: dir.to_owned(), ready_after: Duration::ZERO };
        while !daemon.is_ready().await {
            anyhow::ensure!(began.elapsed() < START_WITHIN, "the daemon is not ready:\n{}", daemon.log());
            if let Some(status) = daemon.process.try_wait()? {
                anyhow::bail!("the daemon ended ({status}):\n{}", daemon.log());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        daemon.ready_after = began.elapsed();
        Ok(daemon)
    }

    /// Where it serves.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bearer token of `/internal`.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Asks `/internal`.
    pub(super) async fn ask(&self, method: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let mut connection = Connection::open(self.address).await?;
        let request = wire::request(method, path, Some(&self.token), &body.to_string());
        connection.send(&request).await?.json().with_context(|| format!("{method} {path}"))
    }

    /// Adds the bank's sender and template and a phone; answers where the phone posts.
    pub(super) async fn add_phone(&self) -> anyhow::Result<String> {
        self.ask("POST", "/internal/v2/phones", &json!({"phone": SENDER})).await?;
        let template = json!({"name": "bench", "kind": "typed", "pattern": TEMPLATE, "senders": [SENDER],
            "direction": "deposit", "currency": "KRW", "timezone": "Asia/Seoul"});
        self.ask("POST", "/internal/v2/templates", &template).await?;
        let device = json!({"name": "bench", "line": "counter-1"});
        let device = self.ask("POST", "/internal/v2/shooter/devices", &device).await?;
        let token = device.get("device_token").and_then(Value::as_str).context("the daemon gave no device token")?;
        Ok(format!("/ingest/{token}/recon"))
    }

    /// Its memory in MB: what is resident, shared pages of the binary included.
    pub(super) fn resident_mb(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kb: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kb / 1024.0)
    }

    async fn is_ready(&self) -> bool {
        let Ok(mut connection) = Connection::open(self.address).await else { return false };
        let request = wire::request("GET", "/readyz", None, "");
        connection.send(&request).await.is_ok_and(|answer| answer.status == 200)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Its data goes too, so nothing is to be drained.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn command(dir: &Path, address: SocketAddr, token: &str, more: &[String]) -> anyhow::Result<Command> {
    let log = File::create(dir.join("log"))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--data-dir").arg(dir).current_dir(dir).stdin(Stdio::null());
    for bind in ["worker.bind", "wallet.bind", "admin.bind"] {
        command.arg("--set").arg(format!("{bind}=127.0.0.1:0"));
    }
    for set in [format!("service.bind={address}"), "shooter.rate_per_minute=0".into()] {
        command.arg("--set").arg(set);
    }
    for set in more {
        command.arg("--set").arg(set);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("RECON_") {
            command.env_remove(name);
        }
    }
    command.arg("run").env("RECON_SERVICE__TOKEN", token).env("RECON_LOG__FILTER", "warn");
    command.stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

/// An address that nobody listens on.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}
