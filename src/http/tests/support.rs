//! One fake for all actors, and an application around it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix::Message;
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service, try_call_service};
use futures_util::future::{BoxFuture, LocalBoxFuture};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::contract::caller::Answer;
use crate::contract::page::Page;
use crate::contract::phone::Phone;
use crate::contract::system::{Event, TopInfo};
use crate::contract::template::TemplateTestDone;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::http::gate::InHand;
use crate::http::health::Check;
use crate::http::ports::{Actors, Ask};
use crate::http::server::{Served, app};
use crate::http::state::{HashedToken, IngestLimits, ProbeState, Readiness, ServiceState};
use crate::pipeline::inbox::{Deliver, Taken, TakenAs};
use crate::registry::actor_control::ControlActor;
use crate::registry::audit_log::ListAudit;
use crate::registry::device_registry::{
    AddDevice, DeleteDevice, DeviceSecret, EnrolDevice, FindDevice, KnownDevice, ListDevices, TrustDevice,
};
use crate::registry::event_feed::Subscribe;
use crate::registry::order_book::{GetOrder, ListOrders, PutOrders};
use crate::registry::phone_whitelist::{AddPhone, DeletePhone, ListPhones};
use crate::registry::pushbullet_registry::{AddPushbullet, DeletePushbullet, ListPushbullet};
use crate::registry::review_desk::{AcceptBreak, CheckSms, GetSms, ListBreaks, ListSms, NoteRepeats, ResetSms};
use crate::registry::telegram_bots::{AddBot, DeleteBot, ListBots, SeeLoss, TakeUpdate};
use crate::registry::template_book::{AddTemplate, BacktestTemplate, DeleteTemplate, ListTemplates, ReplaceTemplate};
use crate::registry::template_book::{SuggestTemplate, TestTemplate};
use crate::registry::top_info::GetTopInfo;
use crate::supervision::{ActorStatus, AskError};

pub(super) const TOKEN: &str = "service-token-of-the-tests";
pub(super) const DEVICE_TOKEN: &str = "device-token-of-the-tests";
pub(super) const SIGNED_DEVICE_TOKEN: &str = "signed-device-token";
pub(super) const ENROLMENT_TOKEN: &str = "enrolment-token-of-the-tests";

/// How the fake actors behave.
#[derive(Clone, Debug, Default)]
pub(super) enum Mode {
    #[default]
    Works,
    Refuses(Refusal),
    Fails(AskError),
    Panics,
}

/// Stands for every actor: notes what it is asked, and answers something plain.
#[derive(Default)]
pub(super) struct Fake {
    pub(super) mode: Mutex<Mode>,
    pub(super) asked: Mutex<Vec<String>>,
    pub(super) listener: Mutex<Option<mpsc::Sender<Event>>>,
    pub(super) loops: Mutex<Vec<ActorStatus>>,
    pub(super) not_ready: Mutex<Option<String>>,
    pub(super) store_check: Mutex<Option<String>>,
}

macro_rules! fake {
    ($($message:ty => $answer:expr;)+) => { $(
        impl Ask<$message> for Fake {
            fn ask(&self, message: $message, _within: Duration)
                -> LocalBoxFuture<'_, Result<<$message as Message>::Result, AskError>>
            {
                Box::pin(async move {
                    self.asked.lock().unwrap().push(format!("{message:?}"));
                    match self.mode.lock().unwrap().clone() {
                        Mode::Works => {
                            let answer: fn(&Fake, $message) -> <$message as Message>::Result = $answer;
                            Ok(answer(self, message))
                        }
                        Mode::Refuses(refusal) => Ok(Err(refusal)),
                        Mode::Fails(error) => Err(error),
                        Mode::Panics => panic!("the fake actor panics"),
                    }
                })
            }
        }
    )+ };
}

fn answer(status: u16, body: Value) -> Answer {
    Answer { status, body, replayed: false }
}

fn page<T>(items: Vec<T>) -> Page<T> {
    Page { items, next_cursor: None, total: None }
}

fn device(id: i64, secret: Option<&str>) -> KnownDevice {
    KnownDevice { id, line: None, trusted: true, secret: secret.map(|secret| DeviceSecret(secret.to_owned())) }
}

fn phone(id: i64) -> Phone {
    Phone { id, phone: "1588-1688".to_owned(), label: None, bank: None, created_at: UnixMs(0) }
}

fn nothing() -> Refusal {
    Refusal::NotFound("there is no such thing here".to_owned())
}

fn taken(deliver: &Deliver) -> Vec<Taken> {
    let status = if deliver.trusted { TakenAs::Stored } else { TakenAs::Held };
    (1..).zip(deliver.deliveries()).map(|(id, _)| Taken { sms_id: Some(id), status }).collect()
}

fn top_info() -> TopInfo {
    TopInfo {
        sms_need_check_cnt: 1,
        sms_unmatched_cnt: 2,
        sms_unparsed_cnt: 3,
        sms_today_cnt: 4,
        sms_today_amount: Vec::new(),
        shooter_device_untrusted_cnt: 5,
        loops_stale_cnt: 0,
        as_of: UnixMs(0),
    }
}

fake! {
    ListPhones => |_, message| {
        let ids = (1..=9).rev().filter(|id| message.page.before.is_none_or(|before| *id < before));
        let rows = ids.take(message.page.limit as usize + 1).map(phone).collect();
        Ok(Page::of(rows, message.page.limit, message.page.count.then_some(9), |phone| phone.id))
    };
    AddPhone => |_, message| Ok(Answer {
        replayed: message.caller.idempotency.is_some_and(|key| key.key.ends_with("again")),
        ..Answer::new(201, &phone(1))?
    });
    DeletePhone => |_, _| Ok(Answer::no_content());
    ListDevices => |_, _| Ok(page(Vec::new()));
    AddDevice => |_, _| Ok(answer(201, json!({"id": 1})));
    DeleteDevice => |_, _| Ok(Answer::no_content());
    TrustDevice => |_, message| Ok(answer(200, json!({"trusted": message.trusted})));
    EnrolDevice => |_, _| Ok(KnownDevice { trusted: false, ..device(2, None) });
    FindDevice => |_, message| Ok(match message.token.as_str() {
        DEVICE_TOKEN => Some(device(1, None)),
        SIGNED_DEVICE_TOKEN => Some(device(3, Some("secret-of-the-device"))),
        _ => None,
    });
    ListBots => |_, _| Ok(page(Vec::new()));
    AddBot => |_, _| Ok(answer(201, json!({"id": 1})));
    DeleteBot => |_, _| Ok(Answer::no_content());
    SeeLoss => |_, _| Ok(answer(200, json!({"id": 1})));
    TakeUpdate => |_, _| Ok(());
    ListPushbullet => |_, _| Ok(page(Vec::new()));
    AddPushbullet => |_, _| Ok(answer(201, json!({"id": 1})));
    DeletePushbullet => |_, _| Ok(Answer::no_content());
    ListTemplates => |_, _| Ok(page(Vec::new()));
    AddTemplate => |_, _| Ok(answer(201, json!({})));
    ReplaceTemplate => |_, _| Ok(answer(200, json!({})));
    DeleteTemplate => |_, _| Ok(Answer::no_content());
    TestTemplate => |_, _| Ok(TemplateTestDone { results: Vec::new() });
    SuggestTemplate => |_, _| Err(nothing());
    BacktestTemplate => |_, _| Err(nothing());
    PutOrders => |_, message| Ok(answer(200, json!({"upserted": message.orders.len(), "unchanged": 0, "stale": 0})));
    ListOrders => |_, _| Ok(page(Vec::new()));
    GetOrder => |_, _| Err(nothing());
    ListSms => |_, _| Ok(page(Vec::new()));
    GetSms => |_, _| Err(nothing());
    ResetSms => |_, _| Ok(answer(200, json!({"reset": 0, "skipped": []})));
    CheckSms => |_, _| Err(Refusal::Conflict("the sms has moved on".to_owned()));
    NoteRepeats => |_, _| Ok(0);
    ListBreaks => |_, _| Ok(page(Vec::new()));
    AcceptBreak => |_, _| Err(Refusal::Conflict("it is no open break".to_owned()));
    GetTopInfo => |_, _| Ok(top_info());
    ListAudit => |_, _| Ok(page(Vec::new()));
    ControlActor => |_, message| if message.id == "order-matcher" || message.id == "pushbullet-listener/3" {
        Ok(answer(202, json!({"id": message.id, "generation": 2})))
    } else {
        Err(nothing())
    };
    Subscribe => |fake, _| {
        let (sender, receiver) = mpsc::channel(4);
        *fake.listener.lock().unwrap() = Some(sender);
        Ok(receiver)
    };
    Deliver => |_, message| Ok(taken(&message));
}

impl Actors for Fake {
    fn list(&self) -> Vec<ActorStatus> {
        self.loops.lock().unwrap().clone()
    }
}

impl Readiness for Fake {
    fn ready(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { self.not_ready.lock().unwrap().clone().map_or(Ok(()), Err) })
    }
}

impl Check for Fake {
    fn name(&self) -> &'static str {
        "store"
    }

    fn critical(&self) -> bool {
        true
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async { self.store_check.lock().unwrap().clone().map_or(Ok("writable".to_owned()), Err) })
    }
}

/// The application over one [`Fake`].
pub(super) struct TestApp {
    pub(super) fake: Arc<Fake>,
    pub(super) drain: watch::Sender<bool>,
    state: ServiceState,
    served: Served,
}

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Holds that this is a whole problem with that status, and gives it.
    #[track_caller]
    pub(super) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for field in ["type", "title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
        }
        problem
    }

    /// The fields that a 422 names.
    #[track_caller]
    pub(super) fn fields(&self) -> Vec<String> {
        let problem = self.problem(422);
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("no errors: {problem}"));
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}

impl TestApp {
    pub(super) fn new() -> Self {
        Self::with_limits(IngestLimits { rate_per_minute: 0, rate_burst: 0 })
    }

    pub(super) fn with_limits(ingest_limits: IngestLimits) -> Self {
        let fake = Arc::new(Fake::default());
        let (drain, draining) = watch::channel(false);
        let probes = ProbeState {
            readiness: fake.clone(),
            actors: fake.clone(),
            checks: vec![fake.clone()],
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            draining,
            in_hand: InHand::default(),
        };
        let state = ServiceState {
            phones: fake.clone(),
            devices: fake.clone(),
            device_book: crate::registry::device_book::DeviceBook::default(),
            bots: fake.clone(),
            pushbullet: fake.clone(),
            templates: fake.clone(),
            orders: fake.clone(),
            reviews: fake.clone(),
            counters: fake.clone(),
            audits: fake.clone(),
            events: fake.clone(),
            inbox: fake.clone(),
            probes,
            service_token: HashedToken::of(TOKEN),
            enrolment_token: Some(HashedToken::of(ENROLMENT_TOKEN)),
            ingest_limits,
            public_url: "http://127.0.0.1:8080".to_owned(),
            clock: Clock::system(),
        };
        Self { fake, drain, served: Served::service(state.clone()), state }
    }

    pub(super) fn probes_only(&self) -> Self {
        let served = Served::probes(self.probes());
        Self { fake: self.fake.clone(), drain: self.drain.clone(), state: self.state.clone(), served }
    }

    pub(super) fn probes(&self) -> ProbeState {
        self.state.probes.clone()
    }

    pub(super) fn without_enrolment(self) -> Self {
        let state = ServiceState { enrolment_token: None, ..self.state };
        Self { served: Served::service(state.clone()), state, ..self }
    }

    pub(super) fn mode(&self, mode: Mode) {
        *self.fake.mode.lock().unwrap() = mode;
    }

    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.fake.asked.lock().unwrap())
    }

    pub(super) async fn respond(&self, request: TestRequest) -> ServiceResponse<BoxBody> {
        let service = init_service(app(&self.served)).await;
        try_call_service(&service, request.to_request()).await.unwrap()
    }

    pub(super) async fn send(&self, request: TestRequest) -> Got {
        let response = self.respond(request).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body().boxed()).await.unwrap_or_default();
        Got { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    /// GET with the service token.
    pub(super) async fn get(&self, uri: &str) -> Got {
        self.send(authorized(TestRequest::get().uri(uri))).await
    }

    /// POST with the service token.
    pub(super) async fn post(&self, uri: &str, body: Value) -> Got {
        self.send(authorized(TestRequest::post().uri(uri).set_json(body))).await
    }
}

pub(super) fn authorized(request: TestRequest) -> TestRequest {
    request.insert_header(("Authorization", format!("Bearer {TOKEN}")))
}
