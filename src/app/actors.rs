//! Builds the actors, downstream first: each is given what it wakes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::several::{Several, stage_period};
use super::sources::{self, Families};
use crate::bus::Fleet;
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::domain::matching::Windows;
use crate::pipeline::compensator::{self, Compensator};
use crate::pipeline::heartbeat::{self, Heartbeat};
use crate::pipeline::inbox::{self, Inbox};
use crate::pipeline::order_matcher::{self, OrderMatcher};
use crate::pipeline::retention::{self, Retention};
use crate::pipeline::template_parser::{self, TemplateParser};
use crate::pipeline::whitelist_validator::{self, WhitelistValidator};
use crate::registry::actor_control::ActorControl;
use crate::registry::audit_log::AuditLog;
use crate::registry::device_book::DeviceBook;
use crate::registry::device_registry::DeviceRegistry;
use crate::registry::event_feed::EventFeed;
use crate::registry::order_book::{self, OrderBook};
use crate::registry::phone_whitelist::PhoneWhitelist;
use crate::registry::pushbullet_registry::{self, PushbulletRegistry};
use crate::registry::review_desk::{self, ReviewDesk};
use crate::registry::telegram_bots::{self, TelegramBots};
use crate::registry::template_book::TemplateBook;
use crate::registry::top_info::TopInfoBoard;
use crate::sources::telegram::take::Stores;
use crate::store::Store;
use crate::supervision::{Handle, Nudger, Placement, Spec, Supervision};

/// How often retention looks for texts whose time is over.
const RETENTION_PERIOD: Duration = Duration::from_mins(10);

/// The actors of a process.
#[derive(Clone)]
pub struct Actors {
    /// What HTTP asks.
    pub registry: Registry,
    /// What restarts, stops and starts them.
    pub control: ActorControl,
    /// The kinds of sources that are listened to.
    pub(super) families: Families,
}

impl std::fmt::Debug for Actors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Actors").field("registry", &self.registry).finish_non_exhaustive()
    }
}

/// The actors that HTTP asks.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Stores deliveries.
    pub inbox: Handle<Inbox>,
    /// The phone whitelist.
    pub phones: Handle<PhoneWhitelist>,
    /// The shooter devices.
    pub devices: Handle<DeviceRegistry>,
    /// What their registry knows of them.
    pub device_book: DeviceBook,
    /// The Telegram bots.
    pub bots: Handle<TelegramBots>,
    /// The phones that are heard through Pushbullet.
    pub pushbullet: Handle<PushbulletRegistry>,
    /// The templates.
    pub templates: Handle<TemplateBook>,
    /// The orders.
    pub orders: Handle<OrderBook>,
    /// The messages.
    pub reviews: Handle<ReviewDesk>,
    /// The counters.
    pub top_info: Handle<TopInfoBoard>,
    /// The audit log.
    pub audit: Handle<AuditLog>,
    /// The event feed.
    pub events: Handle<EventFeed>,
}

/// What wakes the stages, wherever they run.
pub(super) struct Stages {
    pub(super) validator: Nudger,
    pub(super) parser: Nudger,
    pub(super) matcher: Nudger,
    /// What runs the sources.
    pub(super) roster: Nudger,
}

impl Stages {
    /// Nobody: neither here nor elsewhere.
    fn none() -> Self {
        let none = Nudger::none;
        Self { validator: none(), parser: none(), matcher: none(), roster: none() }
    }
}

impl Actors {
    /// Builds the actors of this process's roles.
    ///
    /// # Errors
    /// Where `redis.url` cannot be used.
    pub fn build(
        config: &Config,
        store: &Store,
        fleet: &Fleet,
        clock: &Clock,
        public_url: &str,
    ) -> anyhow::Result<Self> {
        let supervision = fleet.supervision();
        let several = Several::of(config, store, fleet)?;
        let mut stages = match &several {
            _ if config.roles.has(Role::Worker) => stages(config, store, supervision),
            Some(several) => several.stages_elsewhere(),
            None => Stages::none(),
        };
        let inbox = inbox(config, store, supervision, &stages);
        let families = sources::families(config, store, clock, &inbox, &stages.validator, public_url);
        if config.roles.has(Role::Worker) {
            stages.roster = sources::roster(config, store, fleet, &families);
        }
        let registry = registry(config, store, fleet, &stages, inbox, public_url);
        if config.roles.has(Role::Worker) {
            upkeep(config, store, supervision, &stages, &registry.inbox);
        }
        let relay = match &several {
            Some(several) => {
                several.join(&stages);
                several.control_relay()
            }
            None => Nudger::none(),
        };
        let control = ActorControl::new(store.clone(), fleet.clone(), relay);
        Ok(Self { registry, control, families })
    }
}

/// The spec of a kind of which there is one: it is its own id.
fn one(kind: &'static str) -> Spec {
    Spec::new(kind, kind)
}

fn windows(config: &Config) -> Windows {
    Windows { early: config.pipeline.early_window, late: config.pipeline.late_window }
}

fn stages(config: &Config, store: &Store, supervision: &Supervision) -> Stages {
    let period = stage_period(config);
    // A sweep that does not come is a stage that stands still.
    let deadline = period * 2 + Duration::from_secs(15);
    let windows = windows(config);
    // Threads of their own: what a stage computes must not keep the others, or the phones, waiting.
    let stage = |kind| one(kind).critical().progress_deadline(deadline).placement(Placement::Own);

    let of = store.clone();
    let matcher = supervision.spawn(stage(order_matcher::KIND), move || {
        let child = OrderMatcher::new(of.clone(), windows, period);
        async move { Ok(child) }
    });
    let (of, wakes) = (store.clone(), matcher.nudger());
    let parser = supervision.spawn(stage(template_parser::KIND), move || {
        let child = TemplateParser::new(of.clone(), wakes.clone(), period);
        async move { Ok(child) }
    });
    let (of, wakes, decides) = (store.clone(), parser.nudger(), matcher.nudger());
    let validator = supervision.spawn(stage(whitelist_validator::KIND), move || {
        let child = WhitelistValidator::new(of.clone(), wakes.clone(), decides.clone(), period);
        async move { Ok(child) }
    });
    Stages { validator: validator.nudger(), parser: parser.nudger(), matcher: matcher.nudger(), roster: Nudger::none() }
}

fn inbox(config: &Config, store: &Store, supervision: &Supervision, stages: &Stages) -> Handle<Inbox> {
    let (of, validator, window) = (store.clone(), stages.validator.clone(), config.pipeline.correlation_window);
    // The writer of what nobody else will send again: a thread of its own, and room for a burst.
    let spec = one(inbox::KIND).critical().mailbox(8_192).placement(Placement::Own);
    supervision.spawn(spec, move || {
        let child = Inbox::new(of.clone(), validator.clone(), window);
        async move { Ok(child) }
    })
}

fn registry(
    config: &Config,
    store: &Store,
    fleet: &Fleet,
    stages: &Stages,
    inbox: Handle<Inbox>,
    public_url: &str,
) -> Registry {
    let supervision = fleet.supervision();
    let (of, validator) = (store.clone(), stages.validator.clone());
    let phones = supervision.spawn(one("phone_whitelist"), move || {
        let child = PhoneWhitelist::new(of.clone(), validator.clone());
        async move { Ok(child) }
    });
    let device_book = DeviceBook::default();
    let (enrolled_max, zone) = (config.shooter.enrolled_max, config.service.time_zone.clone());
    let (of, validator, url, book) =
        (store.clone(), stages.validator.clone(), public_url.to_owned(), device_book.clone());
    let devices = supervision.spawn(one("device_registry").critical(), move || {
        let child = DeviceRegistry::new(of.clone(), validator.clone(), &url, zone.clone(), book.clone())
            .enrolled_max(enrolled_max);
        async move { Ok(child) }
    });
    let bots = TelegramBots::new(
        Stores { store: store.clone(), inbox: inbox.clone() },
        fleet.clone(),
        stages.roster.clone(),
        config.telegram.api_url.clone(),
        public_url,
    );
    let bots = supervision.spawn(one(telegram_bots::KIND), move || {
        let child = bots.clone();
        async move { Ok(child) }
    });
    let (of, actors, roster) = (store.clone(), fleet.clone(), stages.roster.clone());
    let pushbullet = supervision.spawn(one(pushbullet_registry::KIND), move || {
        let child = PushbulletRegistry::new(of.clone(), actors.clone(), roster.clone());
        async move { Ok(child) }
    });
    let (of, parser) = (store.clone(), stages.parser.clone());
    let templates = supervision.spawn(one("template_book"), move || {
        let child = TemplateBook::new(of.clone(), parser.clone());
        async move { Ok(child) }
    });
    let windows = windows(config);
    let (of, matcher) = (store.clone(), stages.matcher.clone());
    let orders = supervision.spawn(one(order_book::KIND).critical(), move || {
        let child = OrderBook::new(of.clone(), matcher.clone(), windows);
        async move { Ok(child) }
    });
    let (of, validator, matcher) = (store.clone(), stages.validator.clone(), stages.matcher.clone());
    let reviews = supervision.spawn(one(review_desk::KIND), move || {
        let child = ReviewDesk::new(of.clone(), validator.clone(), matcher.clone(), windows);
        async move { Ok(child) }
    });
    let of = store.clone();
    let audit = supervision.spawn(one("audit_log"), move || {
        let child = AuditLog::new(of.clone());
        async move { Ok(child) }
    });
    let counters = Arc::new(watch::Sender::new(None));
    let (of, actors, zone, changes) =
        (store.clone(), fleet.clone(), config.service.time_zone.clone(), Arc::clone(&counters));
    let top_info = supervision.spawn(one("top_info"), move || {
        let child = TopInfoBoard::new(of.clone(), actors.clone(), zone.clone(), Arc::clone(&changes));
        async move { Ok(child) }
    });
    let (of, actors, board) = (store.clone(), fleet.clone(), top_info.nudger());
    let events = supervision.spawn(one("event_feed"), move || {
        let child = EventFeed::new(of.clone(), actors.clone(), Arc::clone(&counters), board.clone());
        async move { Ok(child) }
    });
    Registry {
        inbox,
        phones,
        devices,
        device_book,
        bots,
        pushbullet,
        templates,
        orders,
        reviews,
        top_info,
        audit,
        events,
    }
}

fn upkeep(config: &Config, store: &Store, supervision: &Supervision, stages: &Stages, inbox: &Handle<Inbox>) {
    let period = config.pipeline.sweep_interval;
    let (of, validator, parser, matcher) =
        (store.clone(), stages.validator.clone(), stages.parser.clone(), stages.matcher.clone());
    let deadline = period * 2 + Duration::from_secs(15);
    supervision.spawn(one(compensator::KIND).progress_deadline(deadline), move || {
        let child = Compensator::new(of.clone(), validator.clone(), parser.clone(), matcher.clone(), period);
        async move { Ok(child) }
    });
    let (of, keep) = (store.clone(), config.retention.raw_text);
    let deadline = RETENTION_PERIOD * 2;
    supervision.spawn(one(retention::KIND).progress_deadline(deadline), move || {
        let child = Retention::new(of.clone(), keep, RETENTION_PERIOD);
        async move { Ok(child) }
    });
    let (of, inbox) = (store.clone(), inbox.clone());
    let deadline = heartbeat::PERIOD * 2 + Duration::from_secs(15);
    supervision.spawn(one(heartbeat::KIND).progress_deadline(deadline), move || {
        let child = Heartbeat::new(of.clone(), inbox.clone());
        async move { Ok(child) }
    });
}
