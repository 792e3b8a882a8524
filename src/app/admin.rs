//! The admin edge: its store, its first operator, its actor, its routes.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use anyhow::Context as _;
use futures_util::future::BoxFuture;

use super::Probing;
use super::listeners::Listeners;
use crate::admin::approval::Approver;
use crate::admin::approval::check::ApprovalsCheck;
use crate::admin::approval::desk::{self, ApprovalDesk};
use crate::admin::approval::resolver::{self, Resolver};
use crate::admin::audit_log::{self, AuditLog};
use crate::admin::client::{Client, FindToken, PeerCheck};
use crate::admin::http::{EdgeState, configure};
use crate::admin::live::board::Board;
use crate::admin::live::counters::{self, Counters};
use crate::admin::live::hub::{self, Hub};
use crate::admin::live::recon_events::{self, ReconEvents};
use crate::admin::password;
use crate::admin::peer_health::PeerHealth;
use crate::admin::permission::Role as OperatorRole;
use crate::admin::session::{Lifetime, Slides};
use crate::admin::session_desk::{KIND, LoginFailures, SessionDesk};
use crate::admin::store::{AdminStore, NewUser, Sessions};
use crate::admin::top_info::TopInfo;
use crate::bus::Redis;
use crate::clock::Clock;
use crate::config::{AdminConfig, BaseUrl, Config, credentials};
use crate::database::StoreOptions;
use crate::http::health::Check;
use crate::http::ports::Actors;
use crate::http::server::{self, Running};
use crate::http::state::Readiness;
use crate::private_file;
use crate::supervision::{ActorStatus, Handle, Spec, Supervision};

/// The name of the first operator.
pub(crate) const FIRST: &str = "admin";
/// The sweep of sessions comes every ten minutes, and again soon where it failed.
const DESK_DEADLINE: Duration = Duration::from_mins(15);
/// A look of the resolver takes as long as both peers need to answer.
const RESOLVER_DEADLINE: Duration = Duration::from_mins(1);

/// What the admin edge holds before its actor is started.
pub(super) struct Opened {
    store: AdminStore,
}

impl Opened {
    /// Opens and migrates the edge's database, and makes its first operator where there is none.
    ///
    /// # Errors
    /// One plain sentence for what cannot be.
    pub(super) async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Self> {
        let url = config.admin.database_url.expose();
        let store = AdminStore::open(&StoreOptions::new(url), clock.clone())
            .await
            .context("the admin edge's database cannot be opened; check admin.database_url")?;
        if config.database.auto_migrate {
            store.migrate().await.context("the migrations of the admin edge's database cannot be applied")?;
        } else {
            let pending = store.pending_migrations().await?;
            anyhow::ensure!(
                pending.is_empty(),
                "the admin edge's database lacks {} migrations and database.auto_migrate is false; run `recon migrate`",
                pending.len()
            );
        }
        make_first_operator(&store, &config.data_dir).await?;
        Ok(Self { store })
    }
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

/// The admin role, running.
pub(super) struct Admin {
    store: AdminStore,
    state: Data<EdgeState>,
    peers: [Arc<Client>; 2],
    pub(super) address: SocketAddr,
}

impl Admin {
    /// Builds the actor and what the routes are given.
    ///
    /// # Errors
    /// Where `redis.url` cannot be used.
    pub(super) fn build(
        opened: Opened,
        config: &Config,
        supervision: &Supervision,
        listeners: &Listeners,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let Opened { store } = opened;
        let redis = config.redis.url.as_ref().map(Redis::at).transpose()?;
        let sessions = Sessions::of(&store, redis);
        let (lifetime, single_login) = (lifetime(&config.admin), config.admin.legacy.single_login);
        // Outlives the actor: a crash must not open the doors to who was guessing.
        let failures = Arc::new(LoginFailures::default());
        let of = store.clone();
        let spec = Spec::new(KIND, KIND).critical().progress_deadline(DESK_DEADLINE);
        let desk = supervision.spawn(spec, move || {
            let child = SessionDesk::new(of.clone(), sessions.clone(), lifetime, single_login, Arc::clone(&failures));
            async move { Ok(child) }
        });
        let [recon, wallet] = peers(config, listeners)?;
        let top_info = Arc::new(TopInfo::new(Arc::clone(&recon), Arc::clone(&wallet), clock.clone()));
        let of = store.clone();
        let audit = supervision.spawn(Spec::new(audit_log::KIND, audit_log::KIND), move || {
            let child = AuditLog::new(of.clone());
            async move { Ok(child) }
        });
        let board = Arc::new(Board::default());
        let hub = live(supervision, &board, &recon, &top_info);
        let approvals = approvals(supervision, &store, [&recon, &wallet], &board);
        let state = Data::new(EdgeState {
            desk: Arc::new(desk),
            approvals: Arc::new(approvals),
            recon: Arc::clone(&recon),
            wallet: Arc::clone(&wallet),
            recon_health: PeerHealth::new(Arc::clone(&recon)),
            wallet_health: PeerHealth::new(Arc::clone(&wallet)),
            top_info,
            hub: Arc::new(hub),
            audit: Arc::new(audit),
            own_actors: Arc::new(OwnActors(supervision.clone())),
            clock,
            legacy: config.admin.legacy.clone(),
            allowed_origins: config.admin.allowed_origins.clone(),
        });
        let bound = listeners.admin.as_ref().and_then(|listener| listener.local_addr().ok());
        Ok(Self { store, state, peers: [recon, wallet], address: bound.unwrap_or(config.admin.bind) })
    }

    /// Serves the edge on its socket.
    ///
    /// # Errors
    /// Where the socket cannot be used.
    pub(super) fn serve(
        &self,
        listeners: &mut Listeners,
        probing: &Probing,
        supervision: &Supervision,
    ) -> anyhow::Result<Option<Running>> {
        let Some(listener) = listeners.admin.take() else { return Ok(None) };
        let check = Arc::new(AdminStoreCheck(self.store.clone()));
        let mut checks: Vec<Arc<dyn Check>> = vec![check.clone(), Arc::new(ApprovalsCheck(self.store.clone()))];
        checks.extend(self.peers.iter().map(|peer| Arc::new(PeerCheck(Arc::clone(peer))) as Arc<dyn Check>));
        let probes = probing.of(check, Arc::new(OwnActors(supervision.clone())), checks);
        let state = self.state.clone();
        let routes: server::Routes = Arc::new(move |config| configure(config, &state));
        Ok(Some(server::serve_role(listener, probes, routes)?))
    }

    pub(super) async fn close(self) {
        self.store.close().await;
    }
}

/// What tells browsers of changes: who follows recon, who counts, and who owns the connections.
fn live(supervision: &Supervision, board: &Arc<Board>, recon: &Arc<Client>, top_info: &Arc<TopInfo>) -> Handle<Hub> {
    let of = Arc::clone(board);
    let hub = supervision.spawn(Spec::new(hub::KIND, hub::KIND), move || {
        let child = Hub::new(Arc::clone(&of));
        async move { Ok(child) }
    });
    let (of, counts) = (Arc::clone(board), Arc::clone(top_info));
    let counters = supervision.spawn(Spec::new(counters::KIND, counters::KIND), move || {
        let child = Counters::new(Arc::clone(&counts), Arc::clone(&of));
        async move { Ok(child) }
    });
    board.wakes(hub.nudger(), counters.nudger());
    let (of, recon) = (Arc::clone(board), Arc::clone(recon));
    supervision.spawn(Spec::new(recon_events::KIND, recon_events::KIND), move || {
        let child = ReconEvents::new(Arc::clone(&recon), Arc::clone(&of));
        async move { Ok(child) }
    });
    hub
}

/// Who approves, and who finishes what was left open. The desk and the resolver work as two on the same rows.
fn approvals(
    supervision: &Supervision,
    store: &AdminStore,
    [recon, wallet]: [&Arc<Client>; 2],
    board: &Arc<Board>,
) -> Handle<ApprovalDesk> {
    let approver = || Approver::new(store.clone(), Arc::clone(recon), Arc::clone(wallet), Arc::clone(board));
    let of = approver();
    let spec = Spec::new(resolver::KIND, resolver::KIND).progress_deadline(RESOLVER_DEADLINE);
    let resolver = supervision.spawn(spec, move || {
        let child = Resolver::new(of.clone());
        async move { Ok(child) }
    });
    let (of, wakes) = (approver(), resolver.nudger());
    supervision.spawn(Spec::new(desk::KIND, desk::KIND), move || {
        let child = ApprovalDesk::new(of.clone(), wakes.clone());
        async move { Ok(child) }
    })
}

/// The clients of recon and of the wallet. Their tokens are looked for at each call, since they may be made after the edge has
/// started; their addresses are the configured ones, and where those are left at this process's own sockets, which may have
/// taken any free port, the ports that they took.
fn peers(config: &Config, listeners: &Listeners) -> anyhow::Result<[Arc<Client>; 2]> {
    let (of_service, of_wallet) = (config.clone(), config.clone());
    let service_token: FindToken =
        Arc::new(move || credentials::existing_service_token(&of_service).map_err(|error| error.to_string()));
    let wallet_token: FindToken =
        Arc::new(move || credentials::wallet_token(&of_wallet).map_err(|error| error.to_string()));
    let at = |url: &BaseUrl, bind: SocketAddr, listener: Option<&TcpListener>| match listener
        .and_then(|listener| listener.local_addr().ok())
    {
        Some(taken) if *url == BaseUrl::of_bind(bind) => BaseUrl::of_bind(taken),
        _ => url.clone(),
    };
    let recon = at(&config.admin.service_url, config.service.bind, listeners.service.as_ref());
    let wallet = at(&config.admin.wallet_url, config.wallet.bind, listeners.wallet.as_ref());
    Ok([Arc::new(Client::new("recon", recon, service_token)?), Arc::new(Client::new("wallet", wallet, wallet_token)?)])
}

/// The edge's own actors and the supervisor, where others run in the same process.
struct OwnActors(Supervision);

impl Actors for OwnActors {
    fn list(&self) -> Vec<ActorStatus> {
        let is_own = |actor: &ActorStatus| {
            actor.kind.starts_with("admin_") || [resolver::KIND, "supervisor"].contains(&actor.kind.as_str())
        };
        self.0.list().into_iter().filter(is_own).collect()
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
