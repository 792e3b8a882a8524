//! The real daemon in this process: on a thread and an actix system of its own, on a free port, over its own database.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use recon::app::App;
use recon::clock::Clock;
use recon::config::{Config, DatabaseUrl, LoadArgs};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::api::Api;
use super::engine::{Engine, PostgresDatabase};
use super::phone::Phone;
use super::sms::Sms;
use super::texts;

/// Work that is not done by then is not done at all.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);
/// How often state is looked at by those who wait for it.
const LOOK: Duration = Duration::from_millis(5);

/// Tells a story on every engine, each time to a fresh daemon with whitelist and templates of one bank.
pub fn story(tell: impl AsyncFn(&TestApp)) {
    story_with(&[], async |app| {
        app.opens_the_shop().await;
        tell(app).await;
    });
}

/// Tells a story on every engine to a fresh daemon with these configuration values and nothing in it.
pub fn story_with(values: &[(&str, &str)], tell: impl AsyncFn(&TestApp)) {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = TestApp::start(engine, values).await;
            tell(&app).await;
            app.stops().await;
        });
    }
}

type Work = Box<dyn for<'a> FnOnce(&'a App) -> LocalBoxFuture<'a, ()> + Send>;

/// The roles of recon itself: the wallet is told its own stories.
const RECON: &str = "service,worker";

/// A running daemon and its API.
pub struct TestApp {
    pub api: Api,
    /// The wallet's API, where the daemon has that role.
    wallet: Option<Api>,
    /// The wallet's database, where the daemon has that role.
    pub wallet_database: String,
    work: Option<mpsc::UnboundedSender<Work>>,
    thread: Option<JoinHandle<()>>,
    // Dropped last: the daemon's files and its database.
    _data_dir: Arc<tempfile::TempDir>,
    _database: Option<Arc<PostgresDatabase>>,
    _wallet_database: Option<PostgresDatabase>,
}

/// What processes of one daemon share: a database, and the files with its key and token.
#[derive(Clone, Debug)]
pub struct Shared {
    database: Arc<PostgresDatabase>,
    data_dir: Arc<tempfile::TempDir>,
}

impl Shared {
    /// An empty database on PostgreSQL and a fresh directory.
    pub fn create() -> Self {
        Self { database: Arc::new(PostgresDatabase::create()), data_dir: Arc::new(tempfile::tempdir().unwrap()) }
    }
}

impl std::ops::Deref for TestApp {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl TestApp {
    /// Starts a daemon and waits until it serves.
    pub async fn start(engine: Engine, values: &[(&str, &str)]) -> Self {
        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        let database = (engine == Engine::Postgres).then(|| Arc::new(PostgresDatabase::create()));
        Self::launch(data_dir, database, None, values).await
    }

    /// Starts a daemon of these roles over databases of its own.
    pub async fn start_as(engine: Engine, roles: &str, values: &[(&str, &str)]) -> Self {
        let data_dir = Arc::new(tempfile::tempdir().unwrap());
        let database = (engine == Engine::Postgres).then(|| Arc::new(PostgresDatabase::create()));
        Self::launch(data_dir, database, Some(roles), values).await
    }

    /// The wallet's API.
    pub fn wallet(&self) -> &Api {
        self.wallet.as_ref().unwrap()
    }

    /// Starts a process of some roles (`service`) beside others that share the same.
    pub async fn start_beside(shared: &Shared, roles: &str, values: &[(&str, &str)]) -> Self {
        let Shared { database, data_dir } = shared.clone();
        Self::launch(data_dir, Some(database), Some(roles), values).await
    }

    async fn launch(
        data_dir: Arc<tempfile::TempDir>,
        database: Option<Arc<PostgresDatabase>>,
        roles: Option<&str>,
        values: &[(&str, &str)],
    ) -> Self {
        let url = database.as_ref().map(|database| database.url());
        let roles = roles.unwrap_or(RECON);
        let is_wallets = database.is_some() && roles.contains("wallet");
        let wallet_database = is_wallets.then(PostgresDatabase::create);
        let mut config = config(data_dir.path(), url, roles, values);
        if let Some(database) = &wallet_database {
            config.wallet.database_url = DatabaseUrl::parse(&database.url()).unwrap();
        }
        let wallet_url = config.wallet.database_url.expose().to_owned();
        let (ready, started) = oneshot::channel();
        let (work, orders) = mpsc::unbounded_channel();
        let thread = std::thread::spawn(move || run(&config, ready, orders));
        let Started { recon, wallet } = started.await.unwrap_or_else(|_| panic!("the daemon did not start"));
        let api = |(address, token)| Api::new(format!("http://{address}"), token);
        Self {
            api: api(recon),
            wallet: wallet.map(api),
            wallet_database: wallet_url,
            work: Some(work),
            thread: Some(thread),
            _data_dir: data_dir,
            _database: database,
            _wallet_database: wallet_database,
        }
    }

    /// Whitelists the bank and adds its templates.
    pub async fn opens_the_shop(&self) {
        self.add_phone(texts::BANK).await;
        self.add_template(&texts::deposit_template()).await;
        self.add_template(&texts::withdrawal_template()).await;
    }

    /// Adds a trusted phone of that name on a line of its own name.
    pub async fn phone(&self, name: &str) -> Phone {
        self.phone_on(name, name).await
    }

    /// Adds a trusted phone on that line.
    pub async fn phone_on(&self, name: &str, line: &str) -> Phone {
        let device = self.post("/internal/v2/shooter/devices", &json!({"name": name, "line": line})).await;
        Phone::of(&self.api, &device.expect(201))
    }

    /// An sms with everything that is known of it.
    pub async fn sms(&self, id: i64) -> Sms {
        Sms::of(&self.get(&format!("/internal/v2/sms/{id}")).await.expect(200))
    }

    /// The newest messages that a query finds, up to 500.
    pub async fn list(&self, query: &str) -> Vec<Sms> {
        let page = self.get(&format!("/internal/v2/sms?limit=500&{query}")).await.expect(200);
        page["items"].as_array().unwrap().iter().map(Sms::of).collect()
    }

    pub async fn order(&self, order_id: &str) -> Value {
        self.get(&format!("/internal/v2/orders/{order_id}")).await.expect(200)
    }

    /// An operator's check of an sms as it stands now.
    pub async fn check(&self, id: i64, mut check: Value) -> super::Answer {
        check["version"] = json!(self.sms(id).await.version);
        self.post(&format!("/internal/v2/sms/{id}/check"), &check).await
    }

    /// Waits until nothing is left to be decided.
    pub async fn settle(&self) {
        self.until("all is decided", async || {
            self.asks(|app| Box::pin(app.store().unwrap().undecided())).await.unwrap() == 0
        })
        .await;
    }

    /// Waits for a state, looking at it again and again.
    pub async fn until(&self, state: &str, is_so: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + SETTLED_WITHIN;
        while !is_so().await {
            assert!(Instant::now() < deadline, "it did not come to this within {SETTLED_WITHIN:?}: {state}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Asks the daemon's inside, on its own thread.
    pub async fn asks<T: Send + 'static>(
        &self,
        question: impl for<'a> FnOnce(&'a App) -> LocalBoxFuture<'a, T> + Send + 'static,
    ) -> T {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(|app| {
            let asked = question(app);
            Box::pin(async move { drop(reply.send(asked.await)) })
        });
        self.work.as_ref().unwrap().send(work).ok().unwrap();
        answer.await.unwrap()
    }

    /// Stops the daemon in good order and waits for its end.
    pub async fn stops(mut self) {
        drop(self.work.take());
        let thread = self.thread.take().unwrap();
        tokio::task::spawn_blocking(move || thread.join()).await.unwrap().unwrap();
    }
}

impl Drop for TestApp {
    /// A story that failed leaves a daemon behind: it is stopped, and its database goes after it.
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn config(data_dir: &Path, database_url: Option<String>, roles: &str, values: &[(&str, &str)]) -> Config {
    let mut set: Vec<(&str, &str)> = vec![
        ("service.bind", "127.0.0.1:0"),
        ("worker.bind", "127.0.0.1:0"),
        ("wallet.bind", "127.0.0.1:0"),
        ("admin.bind", "127.0.0.1:0"),
        ("pipeline.sweep_interval", "500ms"),
        ("shooter.rate_per_minute", "0"),
    ];
    set.extend(values);
    // Given as variables, which may carry secrets, too.
    let variable =
        |(key, value): &(&str, &str)| (format!("RECON_{}", key.to_uppercase().replace('.', "__")), (*value).to_owned());
    let mut env: Vec<(String, String)> = set.iter().map(variable).collect();
    env.extend(database_url.map(|url| ("RECON_DATABASE__URL".to_owned(), url)));
    let args = LoadArgs {
        default_file: data_dir.join("none.toml"),
        data_dir: Some(data_dir.to_str().unwrap().to_owned()),
        roles: Some(roles.to_owned()),
        ..LoadArgs::default()
    };
    Config::load(&args, env.into_iter()).unwrap().config
}

/// Where it serves, each with its token.
struct Started {
    recon: (SocketAddr, String),
    wallet: Option<(SocketAddr, String)>,
}

fn run(config: &Config, ready: oneshot::Sender<Started>, mut orders: mpsc::UnboundedReceiver<Work>) {
    actix_rt::System::new().block_on(async {
        let metrics = recon::telemetry::install_metrics().unwrap();
        let clock = Clock::following_tokio(texts::start());
        let app = App::start(config, metrics, clock).await.unwrap();
        let token = app.token().unwrap().expose_secret().to_owned();
        let wallet = app.wallet().map(|(address, token)| (address, token.expose_secret().to_owned()));
        drop(ready.send(Started { recon: (app.address(), token), wallet }));
        while let Some(work) = orders.recv().await {
            work(&app).await;
        }
        app.stop().await;
    });
}
