//! The wallet role: its own database, its own token, its own socket. What it tells recon goes over HTTP, in one process too.

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::listeners::Listeners;
use super::{Probing, sole};
use crate::clock::Clock;
use crate::config::{BaseUrl, Config, credentials};
use crate::database::StoreOptions;
use crate::http::server::{self, Running};
use crate::http::state::HashedToken;
use crate::supervision::{Handle, Placement, Spec, Supervision};
use crate::wallet::checks::{self, OwnActors};
use crate::wallet::expiry::{self, Expiry};
use crate::wallet::http::{self, Wallet as WalletRoutes};
use crate::wallet::ledger_book::{self, LedgerBook};
use crate::wallet::outbox::{self, Outbox, Reach};
use crate::wallet::recon_client::{FindToken, ReconClient};
use crate::wallet::store::WalletStore;

/// A look of the outbox takes as long as recon needs to answer.
const OUTBOX_DEADLINE: Duration = Duration::from_mins(1);
/// A check of the whole ledger is dropped after so long.
const LEDGER_DEADLINE: Duration = Duration::from_mins(1);

/// What the wallet holds before any of its actors is started.
pub(super) struct Opened {
    sole: Option<File>,
    store: WalletStore,
    token: SecretString,
}

impl Opened {
    /// Opens and migrates the wallet's database.
    ///
    /// # Errors
    /// One plain sentence for what cannot be.
    pub(super) async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Self> {
        let token = credentials::wallet_token(config)?;
        let url = config.wallet.database_url.expose();
        let sole = sole::hold(url)?;
        let store = WalletStore::open(&StoreOptions::new(url), clock.clone())
            .await
            .context("the wallet's database cannot be opened; check wallet.database_url")?;
        if config.database.auto_migrate {
            store.migrate().await.context("the migrations of the wallet's database cannot be applied")?;
        } else {
            let pending = store.pending_migrations().await?;
            anyhow::ensure!(
                pending.is_empty(),
                "the wallet's database lacks {} migrations and database.auto_migrate is false; run `recon migrate`",
                pending.len()
            );
        }
        Ok(Self { sole, store, token })
    }
}

/// The wallet role, running.
pub(super) struct Wallet {
    _sole: Option<File>,
    store: WalletStore,
    ledger: Handle<LedgerBook>,
    reach: Arc<Reach>,
    pub(super) token: SecretString,
    pub(super) address: SocketAddr,
}

impl Wallet {
    /// Builds the actors. `service_token` is recon's, where its roles are in this process; else it is looked for at each
    /// call, since it may be made after the wallet has started.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub(super) fn build(
        opened: Opened,
        config: &Config,
        supervision: &Supervision,
        listeners: &Listeners,
        service_token: Option<SecretString>,
    ) -> anyhow::Result<Self> {
        let Opened { sole, store, token } = opened;
        let recon = ReconClient::new(recon_url(config, listeners), find_token(config, service_token))?;
        let reach = Arc::new(Reach::default());
        let one = |kind: &'static str| Spec::new(kind, kind);
        let (of, client, found) = (store.clone(), recon, Arc::clone(&reach));
        let outbox = supervision.spawn(one(outbox::KIND).progress_deadline(OUTBOX_DEADLINE), move || {
            let child = Outbox::new(of.clone(), client.clone(), Arc::clone(&found));
            async move { Ok(child) }
        });
        let (of, wakes) = (store.clone(), outbox.nudger());
        let spec = one(ledger_book::KIND).critical().placement(Placement::Own).progress_deadline(LEDGER_DEADLINE);
        let ledger = supervision.spawn(spec, move || {
            let child = LedgerBook::new(of.clone(), wakes.clone());
            async move { Ok(child) }
        });
        let (of, wakes, grace) = (store.clone(), outbox.nudger(), config.wallet.expiry_grace);
        supervision.spawn(one(expiry::KIND), move || {
            let child = Expiry::new(of.clone(), wakes.clone(), grace);
            async move { Ok(child) }
        });
        let bound = listeners.wallet.as_ref().and_then(|listener| listener.local_addr().ok());
        let address = bound.unwrap_or(config.wallet.bind);
        Ok(Self { _sole: sole, store, ledger, reach, token, address })
    }

    /// Serves the wallet on its socket.
    ///
    /// # Errors
    /// Where the socket cannot be used.
    pub(super) fn serve(
        &self,
        listeners: &mut Listeners,
        probing: &Probing,
        supervision: &Supervision,
    ) -> anyhow::Result<Option<Running>> {
        let Some(listener) = listeners.wallet.take() else { return Ok(None) };
        let actors = Arc::new(OwnActors(supervision.clone()));
        let probes = probing.of(checks::readiness(&self.store), actors, checks::all(&self.store, &self.reach));
        let wallet = WalletRoutes::new(self.ledger.clone(), HashedToken::of(self.token.expose_secret()));
        Ok(Some(server::serve_role(listener, probes, http::routes(wallet))?))
    }

    pub(super) async fn close(self) {
        self.store.close().await;
    }
}

/// Where recon is: `wallet.recon_url`; where that is left at this process's own service, which may have taken any free
/// port, the port that it took.
fn recon_url(config: &Config, listeners: &Listeners) -> BaseUrl {
    let url = config.wallet.recon_url.clone();
    if listeners.service.is_some() && url == BaseUrl::of_bind(config.service.bind) {
        return BaseUrl::of_bind(listeners.service_address(config));
    }
    url
}

fn find_token(config: &Config, service_token: Option<SecretString>) -> FindToken {
    match service_token {
        Some(token) => Arc::new(move || Ok(token.clone())),
        None => {
            let config = config.clone();
            Arc::new(move || credentials::existing_service_token(&config).map_err(|error| error.to_string()))
        }
    }
}
