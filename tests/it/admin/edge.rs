//! An admin edge alone in a process of its own thread, whose clock is moved by hand, and a browser that calls it.

use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use recon::admin::password;
use recon::admin::permission::Role;
use recon::admin::store::{AdminStore, NewUser};
use recon::app::App;
use recon::clock::{Clock, ClockHand};
use recon::config::{Config, LoadArgs};
use recon::database::StoreOptions;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::support::Answer;
use crate::support::api::{Api, Request};
use crate::support::engine::{Engine, PostgresDatabase};
use crate::support::texts;

/// Every operator's password.
pub const PASSWORD: &str = "correct horse";

/// Tells a story on every engine, with sessions in the database and, where there is one, in Redis.
pub fn story(values: &[(&str, &str)], tell: impl AsyncFn(&Edge)) {
    let redis = std::env::var("RECON_TEST_REDIS_URL").ok().filter(|url| !url.is_empty());
    for engine in Engine::all() {
        for redis in [None, redis.clone()].into_iter().collect::<std::collections::BTreeSet<_>>() {
            eprintln!("on {engine:?}, Redis: {}", redis.is_some());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut all: Vec<(&str, &str)> = values.to_vec();
                all.extend(redis.as_deref().map(|url| ("redis.url", url)));
                let edge = Edge::start(engine, &all).await;
                tell(&edge).await;
            });
        }
    }
}

/// A running edge.
pub struct Edge {
    pub api: Api,
    /// Recon's own API, in a whole daemon.
    pub recon: Api,
    /// The wallet's own API, in a whole daemon.
    pub wallet: Api,
    pub hand: ClockHand,
    pub store: AdminStore,
    /// Tells this edge's operators apart from those of others that share the Redis.
    mark: String,
    clock: Clock,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What several edges share: a database, a configuration.
struct Shared {
    env: Vec<(String, String)>,
    data_dir: tempfile::TempDir,
    url: String,
    roles: Option<&'static str>,
    _database: Option<PostgresDatabase>,
}

impl Edge {
    pub async fn start(engine: Engine, values: &[(&str, &str)]) -> Self {
        Self::start_as(engine, values, Some("admin")).await
    }

    async fn start_as(engine: Engine, values: &[(&str, &str)], roles: Option<&'static str>) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let database = (engine == Engine::Postgres).then(PostgresDatabase::create);
        let file = format!("sqlite://{}", data_dir.path().join("admin.db").display());
        let url = database.as_ref().map_or(file, PostgresDatabase::url);
        let mut set = vec![("admin.bind", "127.0.0.1:0"), ("admin.database_url", url.as_str())];
        set.extend(values);
        let variable = |(key, value): &(&str, &str)| {
            (format!("RECON_{}", key.to_uppercase().replace('.', "__")), (*value).to_owned())
        };
        let env = set.iter().map(variable).collect();
        let (clock, hand) = Clock::moved_by_hand(texts::start());
        Self::launch(Arc::new(Shared { env, data_dir, url, roles, _database: database }), clock, hand).await
    }

    /// A whole daemon: recon and the wallet in the same process, which the edge reaches over HTTP.
    pub async fn start_whole(engine: Engine, values: &[(&str, &str)]) -> Self {
        let mut all = vec![
            ("service.bind", "127.0.0.1:0"),
            ("worker.bind", "127.0.0.1:0"),
            ("wallet.bind", "127.0.0.1:0"),
            ("pipeline.sweep_interval", "500ms"),
        ];
        all.extend(values);
        Self::start_as(engine, &all, None).await
    }

    /// Another process over the same database (and Redis), at the same time of day.
    pub async fn another(&self) -> Self {
        let mut another = Self::launch(Arc::clone(&self.shared), self.clock.clone(), self.hand.clone()).await;
        another.mark = self.mark.clone();
        another
    }

    async fn launch(shared: Arc<Shared>, clock: Clock, hand: ClockHand) -> Self {
        let args = LoadArgs {
            default_file: shared.data_dir.path().join("none.toml"),
            data_dir: Some(shared.data_dir.path().to_str().unwrap().to_owned()),
            roles: shared.roles.map(str::to_owned),
            ..LoadArgs::default()
        };
        let config = Config::load(&args, shared.env.iter().cloned()).unwrap().config;
        let (ready, started) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let of_app = clock.clone();
        let thread = std::thread::spawn(move || {
            actix_rt::System::new().block_on(async {
                let metrics = recon::telemetry::install_metrics().unwrap();
                let app = App::start(&config, metrics, of_app).await.unwrap();
                let wallet = app.wallet().map(|(address, token)| (address, token.expose_secret().to_owned()));
                let _ = ready.send((app.admin().unwrap(), app.address(), wallet));
                drop(stopped.await);
                app.stop().await;
            });
        });
        let (address, first, wallet) = started.await.unwrap_or_else(|_| panic!("the edge did not start"));
        let store = AdminStore::open(&StoreOptions::new(&shared.url), clock.clone()).await.unwrap();
        let mark = format!("{:08x}", rand::random::<u32>());
        let api = Api::new(format!("http://{address}"), "");
        let token = std::fs::read_to_string(shared.data_dir.path().join("service.token")).unwrap_or_default();
        let recon = Api::new(format!("http://{first}"), token.trim());
        let (address, token) = wallet.unwrap_or((first, String::new()));
        let wallet = Api::new(format!("http://{address}"), token);
        Self { api, recon, wallet, hand, store, mark, clock, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Where its database is.
    pub fn database_url(&self) -> &str {
        &self.shared.url
    }

    /// Where its files are.
    pub fn data_dir(&self) -> &std::path::Path {
        self.shared.data_dir.path()
    }

    /// Moves the time of day on.
    pub fn later(&self, by: Duration) {
        self.hand.advance(by);
    }

    /// The time of day.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The time of day, in Unix seconds.
    pub fn now_s(&self) -> i64 {
        self.clock.now().0 / 1000
    }

    /// Adds an operator, and answers the name.
    pub async fn has(&self, role: Role) -> String {
        static HASH: OnceLock<String> = OnceLock::new();
        let password_hash = HASH.get_or_init(|| password::hash(PASSWORD).unwrap()).clone();
        let username = format!("{role}-{}", self.mark);
        self.store.add_user(NewUser { username: &username, role, password_hash }).await.unwrap();
        username
    }

    pub async fn login(&self, username: &str, password: &str) -> Answer {
        let body = json!({"username": username, "password": password});
        self.request(Method::POST, "/api/admin/login").json(&body).send().await
    }

    pub fn request(&self, method: Method, path: &str) -> Request {
        self.api.anonymous(method, path)
    }

    /// A browser in which an operator of that role has logged in.
    pub async fn browser(&self, role: Role) -> Browser<'_> {
        let username = self.has(role).await;
        let login = self.login(&username, PASSWORD).await.expect(200);
        assert_eq!(login["code"], 0, "{login}");
        Browser { edge: self, token: login["data"]["token"].as_str().unwrap().to_owned(), username }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// An old program in a browser: it sends the token that it holds, and goes on with a new one as soon as it gets one.
pub struct Browser<'a> {
    pub edge: &'a Edge,
    pub token: String,
    pub username: String,
}

impl Browser<'_> {
    /// Calls with the token that it holds, and keeps a new one.
    pub async fn calls(&mut self, path: &str) -> Answer {
        let answer = self.with(&self.token.clone(), path).await;
        if let Some(new) = answer.header("new-token") {
            self.token = new.to_owned();
        }
        answer
    }

    /// Calls with some token.
    pub async fn with(&self, token: &str, path: &str) -> Answer {
        self.edge.request(Method::GET, path).header("x-token", token).send().await
    }

    /// Posts with the token that it holds.
    pub async fn posts(&self, path: &str, body: &Value) -> Answer {
        self.edge.request(Method::POST, path).header("x-token", &self.token).json(body).send().await
    }
}

/// Holds that this is the envelope of that code.
#[track_caller]
pub fn expect_code(answer: &Answer, status: u16, code: i64) -> &Value {
    assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)), "{}", answer.text);
    let keys: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["code", "data", "msg"], "{}", answer.text);
    assert!(answer.body["msg"].as_str().is_some_and(|msg| !msg.is_empty()), "{}", answer.text);
    &answer.body["data"]
}
