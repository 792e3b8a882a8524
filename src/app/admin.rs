//! The admin edge: its store, its first operator, its actor, its routes.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use anyhow::Context as _;
use futures_util::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;

use super::App;
use crate::admin::http::{EdgeState, configure};
use crate::admin::password;
use crate::admin::permission::Role as OperatorRole;
use crate::admin::session::{Lifetime, Slides};
use crate::admin::session_desk::{KIND, LoginFailures, SessionDesk};
use crate::admin::store::{AdminStore, NewUser, Sessions};
use crate::bus::Redis;
use crate::clock::Clock;
use crate::config::{AdminConfig, Config, Role};
use crate::database::StoreOptions;
use crate::http::health::Check;
use crate::http::server;
use crate::http::state::Readiness;
use crate::private_file;
use crate::supervision::Spec;

/// The name of the first operator.
pub(crate) const FIRST: &str = "admin";
/// The sweep of sessions comes every ten minutes, and again soon where it failed.
const DESK_DEADLINE: Duration = Duration::from_mins(15);

/// A running admin edge.
pub(super) struct AdminEdge {
    pub(super) store: AdminStore,
    pub(super) address: SocketAddr,
}

/// Opens the edge's store, and makes its first operator where there is none. None where this process has not the role.
pub(super) async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Option<AdminStore>> {
    if !config.roles.has(Role::Admin) {
        return Ok(None);
    }
    let url = config.admin.database_url.expose();
    let store = AdminStore::open(&StoreOptions::new(url), clock.clone())
        .await
        .context("the admin edge's database cannot be opened; check admin.database_url")?;
    if config.database.auto_migrate {
        store.migrate().await.context("the migrations of the admin edge cannot be applied")?;
    } else {
        let pending = store.pending_migrations().await?;
        anyhow::ensure!(
            pending.is_empty(),
            "the admin edge's database lacks {} migrations and database.auto_migrate is false; run `recon migrate`",
            pending.len()
        );
    }
    make_first_operator(&store, &config.data_dir).await?;
    Ok(Some(store))
}

/// Where the first operator's password is.
pub(crate) fn password_file(data_dir: &Path) -> PathBuf {
    data_dir.join("admin-password")
}

/// The password is in its file before anybody has it: a start that is cut off between the two is done again with the same.
async fn make_first_operator(store: &AdminStore, data_dir: &Path) -> anyhow::Result<()> {
    if !store.has_no_users().await? {
        return Ok(());
    }
    let path = password_file(data_dir);
    let text = private_file::read_or_create(&path, || format!("{}\n", password::random()))?;
    let password = text.trim().to_owned();
    let password_hash = tokio::task::spawn_blocking(move || password::hash(&password))
        .await?
        .with_context(|| format!("the password in {} cannot be taken; delete the file", path.display()))?;
    let made = store.add_user(NewUser { username: FIRST, role: OperatorRole::Admin, password_hash }).await?;
    if made {
        tracing::info!(
            operator = FIRST, password_file = %path.display(),
            "the first operator of the admin edge was made; the password is in the file"
        );
    } else {
        // Another process was faster, with a password of its own.
        std::fs::remove_file(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
    }
    Ok(())
}

fn lifetime(config: &AdminConfig) -> Lifetime {
    let slides = match (config.legacy.sliding, &config.legacy.new_token_header) {
        (false, _) => Slides::Never,
        (true, Some(_)) => Slides::ByNewToken,
        (true, None) => Slides::InPlace,
    };
    Lifetime {
        ttl: config.session_ttl,
        refresh_before: config.session_refresh_before,
        grace: config.session_grace,
        slides,
    }
}

impl App {
    /// Starts the role admin.
    pub(super) fn start_admin(
        &mut self,
        config: &Config,
        store: AdminStore,
        listener: TcpListener,
        metrics: &PrometheusHandle,
    ) -> anyhow::Result<()> {
        let redis = config.redis.url.as_ref().map(Redis::at).transpose()?;
        let sessions = Sessions::of(&store, redis);
        let (lifetime, single_login) = (lifetime(&config.admin), config.admin.legacy.single_login);
        // Outlives the actor: a crash must not open the doors to who was guessing.
        let failures = Arc::new(LoginFailures::default());
        let of_desk = store.clone();
        let spec = Spec::new(KIND, KIND).critical().progress_deadline(DESK_DEADLINE);
        let desk = self.fleet.supervision().spawn(spec, move || {
            let child =
                SessionDesk::new(of_desk.clone(), sessions.clone(), lifetime, single_login, Arc::clone(&failures));
            async move { Ok(child) }
        });
        let state = Data::new(EdgeState {
            desk: Arc::new(desk),
            legacy: config.admin.legacy.clone(),
            allowed_origins: config.admin.allowed_origins.clone(),
        });
        let check = Arc::new(AdminStoreCheck(store.clone()));
        let mut probes = self.probes(check.clone(), metrics);
        probes.checks.push(check);
        let routes: server::Routes = Arc::new(move |config| configure(config, &state));
        let address = listener.local_addr()?;
        self.servers.push(server::serve_role(listener, probes, routes)?);
        self.admin = Some(AdminEdge { store, address });
        Ok(())
    }
}

/// Whether the edge's own store takes writes.
struct AdminStoreCheck(AdminStore);

impl Readiness for AdminStoreCheck {
    fn ready(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            self.0.probe_write().await.map_err(|error| format!("the admin edge's store takes no writes: {error}"))
        })
    }
}

impl Check for AdminStoreCheck {
    fn name(&self) -> &'static str {
        "admin_store"
    }

    fn critical(&self) -> bool {
        true
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { self.ready().await.map(|()| "writable".to_owned()) })
    }
}
