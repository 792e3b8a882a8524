//! The bots as the roster runs them: one poller each.

use std::time::Duration;

use anyhow::Context as _;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::api::BotApi;
use super::poller::{self, Setting, TelegramPoller};
use super::take::Stores;
use crate::config::BaseUrl;
use crate::domain::source::SourceKind;
use crate::sources::claim::Claim;
use crate::sources::family::{Family, Wanted, loop_id};
use crate::store::StoreError;
use crate::supervision::{Spec, Supervision};

/// The bots.
#[derive(Clone, Debug)]
pub struct Telegram {
    stores: Stores,
    api_url: BaseUrl,
    held: Duration,
    public_url: String,
}

impl Telegram {
    /// The bots in `stores`: the Bot API at `api_url` holds a poll for `held`, and reaches us at `public_url`.
    #[must_use]
    pub fn new(stores: Stores, api_url: BaseUrl, held: Duration, public_url: &str) -> Self {
        Self { stores, api_url, held, public_url: public_url.to_owned() }
    }
}

impl Family for Telegram {
    fn kind(&self) -> SourceKind {
        SourceKind::Telegram
    }

    fn loops(&self) -> &'static [&'static str] {
        &[poller::KIND]
    }

    fn wanted(&self) -> BoxFuture<'_, Result<Vec<Wanted>, StoreError>> {
        async {
            let rows = self.stores.store.bots_to_run().await?;
            Ok(rows.into_iter().map(|(id, revision)| Wanted { id, revision }).collect())
        }
        .boxed()
    }

    fn start(&self, supervision: &Supervision, source: Wanted, claim: &Claim) {
        let spec = Spec::new(loop_id(poller::KIND, source.id), poller::KIND)
            .source()
            .progress_deadline(TelegramPoller::deadline(self.held));
        let (of, claim) = (self.clone(), claim.clone());
        supervision.spawn(spec, move || {
            let (of, claim) = (of.clone(), claim.clone());
            async move {
                let bot = of.stores.store.known_bot(source.id).await?.context("the bot was deleted")?;
                let api = BotApi::new(&of.api_url, bot.token.clone())?;
                let setting =
                    Setting { revision: source.revision, held: of.held, public_url: of.public_url.clone(), claim };
                Ok(TelegramPoller::new(of.stores, api, bot, setting))
            }
        });
    }
}
