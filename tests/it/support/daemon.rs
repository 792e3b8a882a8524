//! The built binary as a process of its own, which can be killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use super::api::Api;

/// A daemon serves within this time, also after a crash (reliability row 6).
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How often the end of a process is looked for.
const LOOK: Duration = Duration::from_millis(10);

/// A daemon on a free port over a data directory.
pub struct Daemon {
    child: Child,
    pub api: Api,
    wallet: Option<Api>,
    admin: Option<Api>,
    log: Arc<Mutex<Vec<String>>>,
}

/// The command `recon` with a data directory and an environment of its own.
pub fn recon(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_recon"));
    command.env_clear().current_dir(data_dir).env("RECON_DATA_DIR", data_dir);
    command.env("RECON_SERVICE__BIND", "127.0.0.1:0").env("RECON_WORKER__BIND", "127.0.0.1:0");
    command.env("RECON_WALLET__BIND", "127.0.0.1:0").env("RECON_ADMIN__BIND", "127.0.0.1:0");
    command.env("RECON_SHOOTER__RATE_PER_MINUTE", "0").env("RECON_LOG__FORMAT", "json");
    command.env("RECON_PIPELINE__SWEEP_INTERVAL", "500ms").stdin(Stdio::null());
    command
}

impl Daemon {
    /// Runs `recon run` over that directory and waits until it serves.
    pub async fn start(data_dir: &Path) -> Self {
        let mut command = recon(data_dir);
        command.arg("run");
        Self::start_as(command, data_dir).await
    }

    /// Runs that command, which is or becomes `recon run`; `data_dir` is where this process finds its token.
    pub async fn start_as(mut command: Command, data_dir: &Path) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (ready, address) = oneshot::channel();
        let (lines, copy) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        std::thread::spawn(move || {
            let mut ready = Some(ready);
            for line in lines.map_while(Result::ok) {
                let told: Value = serde_json::from_str(&line).unwrap_or_default();
                if told["message"] == "recon is ready"
                    && let Some(ready) = ready.take()
                {
                    let address = |name: &str| told[name].as_str().map(str::to_owned);
                    let first = address("service.address").unwrap_or_default();
                    drop(ready.send((first, address("wallet.address"), address("admin.address"))));
                }
                copy.lock().unwrap().push(line);
            }
        });
        let Ok(Ok((address, wallet, admin))) = timeout(READY_WITHIN, address).await else {
            drop(child.kill());
            panic!("the daemon was not ready within {READY_WITHIN:?}:\n{}", log.lock().unwrap().join("\n"));
        };
        let pid = child.id();
        let token = |name: &str| {
            std::fs::read_to_string(data_dir.join(name))
                // In a mount namespace of its own.
                .or_else(|_| std::fs::read_to_string(format!("/proc/{pid}/root{}/{name}", data_dir.display())))
        };
        let api = |address: &str, token: String| Api::new(format!("http://{address}"), token.trim());
        let wallet = wallet.map(|address| api(&address, token("wallet.token").unwrap()));
        // A wallet by itself is the daemon; an admin edge by itself has no token.
        let own = token("service.token").map(|token| api(&address, token)).ok().or_else(|| wallet.clone());
        let own = own.unwrap_or_else(|| api(&address, String::new()));
        let admin = admin.map(|address| Api::new(format!("http://{address}"), ""));
        Self { child, api: own, wallet, admin, log }
    }

    /// The admin edge's API.
    pub fn admin(&self) -> Api {
        self.admin.clone().unwrap()
    }

    /// The wallet's API.
    pub fn wallet(&self) -> &Api {
        self.wallet.as_ref().unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// SIGKILL: nothing is finished, nothing is told.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub async fn ends_within(&mut self, within: Duration) -> ExitStatus {
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it runs after {within:?}:\n{}", self.log());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until no message waits for a stage.
    pub async fn settle(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        for state in ["received", "accepted", "parsed"] {
            let path = format!("/internal/v2/sms?limit=1&state={state}");
            while self.api.get(&path).await.expect(200)["items"].as_array().unwrap().iter().len() > 0 {
                assert!(Instant::now() < deadline, "messages stay {state}:\n{}", self.log());
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
