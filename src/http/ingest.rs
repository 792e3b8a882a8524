//! Where phones post: the token in the path says which device, the format how to read the body. 200 only after the commit.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde::Serialize;

use crate::domain::source::{SourceKind, SourceRef};
use crate::pipeline::inbox::{Deliver, Delivery, Taken, TakenAs};
use crate::registry::device_registry::{EnrolDevice, FindDevice, KnownDevice};
use crate::registry::review_desk::{NoteRepeats, Repeat};
use crate::sources::shooter::{DecodeError, Entry, Format, PostInput, RawRequest, decode, ingest_url};
use crate::telemetry::names;

use super::auth::count_failure;
use super::error::{Kind, Problem};
use super::ports::ask;
use super::request::{BodyLimit, QueryReader, address_of, read_bytes, text_id};
use super::resource::Path;
use super::server::Service;

const NAME_MAX: usize = 100;

/// What became of the messages, in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct IngestAnswer {
    /// One for each message.
    results: Vec<IngestResult>,
}

/// What became of one message.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct IngestResult {
    /// The sender's own id of it, where it gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<String>,
    /// Our id of the message; null where there was none.
    sms_id: Option<i64>,
    /// How it was taken.
    status: TakenAs,
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/ingest/{device_token}/{format}").post(web::route().to(ingest)).service())
        .service(Path::new("/ingest/enrol/{enrolment_token}/{format}").post(web::route().to(enrol)).service());
}

/// Takes messages of a device. 200 only once they are stored for good; otherwise nothing of the request was taken.
#[utoipa::path(post, path = "/ingest/{device_token}/{format}", tag = "ingest",
    params(
        ("device_token" = String, Path, description = "The device's token, as its ingest URLs hold it"),
        ("format" = Format, Path, description = "How the body is to be read"),
    ),
    request_body(description = "In the format's own shape; here that of `recon`", content(
        (PostInput = "application/json"),
        (String = "application/x-www-form-urlencoded"),
    )),
    responses((status = 200, description = "What became of them", body = IngestAnswer)))]
pub(super) async fn ingest(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let format = format_of(&request)?;
    limit_address(&service, &request)?;
    let token = text_id(&request, "device_token")?;
    let url = ingest_url(&service.state.public_url, &token, format);
    let device = match service.state.device_book.find(&token) {
        Some(device) => device,
        None => ask(&*service.state.devices, FindDevice { token })
            .await?
            .ok_or_else(|| unknown_token(&service, &request))?,
    };
    take(&service, &request, payload.into_inner(), format, Sender { device: &device, url: &url }).await
}

/// Takes messages of a phone that registers itself: they are held until somebody trusts the device of that name.
#[utoipa::path(post, path = "/ingest/enrol/{enrolment_token}/{format}", tag = "ingest",
    params(
        ("enrolment_token" = String, Path, description = "The token that all phones share for this"),
        ("format" = Format, Path, description = "How the body is to be read"),
        ("device" = String, Query, min_length = 1, max_length = 100, description = "What the phone calls itself: 1 to 100 characters"),
    ),
    request_body(description = "In the format's own shape; here that of `recon`", content(
        (PostInput = "application/json"),
        (String = "application/x-www-form-urlencoded"),
    )),
    responses((status = 200, description = "What became of them", body = IngestAnswer)))]
pub(super) async fn enrol(
    service: Data<Service>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let format = format_of(&request)?;
    limit_address(&service, &request)?;
    let token = text_id(&request, "enrolment_token")?;
    let known = service.state.enrolment_token.as_ref().is_some_and(|own| own.is(token.as_bytes()));
    if !known {
        return Err(unknown_token(&service, &request));
    }
    let mut query = QueryReader::of(&request);
    let name = query.text("device").unwrap_or_default().trim().to_owned();
    if !(1..=NAME_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        query.refuse("device", format!("the phone's name must have 1 to {NAME_MAX} printable characters"));
    }
    query.finish()?;
    let device = ask(&*service.state.devices, EnrolDevice { name }).await?;
    // A phone that registers itself has no secret, so that nothing is compared with its URL.
    take(&service, &request, payload.into_inner(), format, Sender { device: &device, url: "" }).await
}

/// Who posts, and where it was told to post to.
#[derive(Clone, Copy)]
struct Sender<'a> {
    device: &'a KnownDevice,
    url: &'a str,
}

fn format_of(request: &HttpRequest) -> Result<Format, Problem> {
    let known = || Format::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(", ");
    text_id(request, "format")?
        .parse()
        .map_err(|_| Problem::new(Kind::NotFound, format!("there is no such format; there are {}", known())))
}

fn limit_address(service: &Service, request: &HttpRequest) -> Result<(), Problem> {
    service.ingest_by_address.count(&address_of(request)).map_err(Problem::too_many_requests)
}

fn unknown_token(service: &Service, request: &HttpRequest) -> Problem {
    let unknown = || Problem::unauthorized("the token in the path is not known", "Device-Token");
    count_failure(service, request).err().unwrap_or_else(unknown)
}

async fn take(
    service: &Service,
    request: &HttpRequest,
    payload: Payload,
    format: Format,
    sender: Sender<'_>,
) -> Result<HttpResponse, Problem> {
    let device = sender.device;
    service.ingest_by_device.count(&device.id).map_err(Problem::too_many_requests)?;
    let body = read_bytes(request, payload, BodyLimit(format.body_limit())).await?;
    let entries = read(service, request, &body, format, sender)?;
    let (ids, deliveries) = apart(entries);
    count_ignored(ids.len() - deliveries.len());
    let source = SourceRef { kind: SourceKind::Shooter, id: device.id };
    let taken = if deliveries.is_empty() {
        Vec::new()
    } else {
        let (line, trusted) = (device.line.clone(), device.trusted);
        ask(&*service.state.inbox, Deliver::new(source, line, trusted, deliveries)).await?
    };
    if format == Format::Recon && taken.iter().any(|taken| taken.status == TakenAs::Duplicate) {
        // Read once more rather than kept: hardly any request repeats anything.
        if let Ok(entries) = read(service, request, &body, format, sender) {
            note_repeats(service, source, entries, &taken).await;
        }
    }
    let mut taken = taken.into_iter();
    let mut results = Vec::with_capacity(ids.len());
    for (id, is_message) in ids {
        let taken = if is_message { taken.next().ok_or_else(short)? } else { IGNORED };
        results.push(IngestResult { id, sms_id: taken.sms_id, status: taken.status });
    }
    Ok(HttpResponse::Ok().json(IngestAnswer { results }))
}

/// What is no message never reaches the inbox, which counts the others.
fn count_ignored(count: usize) {
    if count > 0 {
        let (kind, status) = (SourceKind::Shooter.as_str(), TakenAs::Ignored.as_str());
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        metrics::counter!(names::SMS_INGESTED, "source" => kind, "status" => status).increment(count);
    }
}

/// Has what came again compared with what came first. The answer does not hang on it: the message is stored.
async fn note_repeats(service: &Service, source: SourceRef, entries: Vec<Entry>, taken: &[Taken]) {
    let (_, deliveries) = apart(entries);
    let repeats: Vec<Repeat> = deliveries
        .into_iter()
        .zip(taken)
        .filter(|(_, taken)| taken.status == TakenAs::Duplicate)
        .filter_map(|(delivery, taken)| Some(Repeat { sms_id: taken.sms_id?, text: delivery.text? }))
        .collect();
    if repeats.is_empty() {
        return;
    }
    if let Err(problem) = ask(&*service.state.reviews, NoteRepeats { source, repeats }).await {
        tracing::warn!(%source, %problem, "what came again could not be compared with what came first");
    }
}

const IGNORED: Taken = Taken { sms_id: None, status: TakenAs::Ignored };

fn short() -> Problem {
    tracing::error!("the inbox answered for fewer messages than it was given");
    Problem::new(Kind::Internal, "a fault of ours; the log has the details under this request's id")
}

fn read(
    service: &Service,
    request: &HttpRequest,
    body: &Bytes,
    format: Format,
    sender: Sender<'_>,
) -> Result<Vec<Entry>, Problem> {
    let headers = request.headers();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let raw = RawRequest {
        content_type: header(header::CONTENT_TYPE.as_str()),
        header: &header,
        url: sender.url,
        query: request.query_string(),
        body,
        now: service.state.clock.now(),
    };
    Ok(decode(format, &raw, sender.device).map_err(|error| refused(service, request, error))?.entries)
}

fn refused(service: &Service, request: &HttpRequest, error: DecodeError) -> Problem {
    let detail = error.to_string();
    let problem = match error {
        DecodeError::UnsupportedMediaType => return Problem::new(Kind::UnsupportedMediaType, detail),
        DecodeError::Malformed(_) => return Problem::new(Kind::BadRequest, detail),
        DecodeError::Invalid(errors) => return Problem::invalid(errors),
        DecodeError::MissingSignature => Problem::unauthorized(detail, "Signature"),
        DecodeError::BadSignature(_) | DecodeError::UnsignableFormat => Problem::new(Kind::Forbidden, detail),
    };
    count_failure(service, request).err().unwrap_or(problem)
}

/// The ids in their order, each with whether it is a message's, and the messages.
fn apart(entries: Vec<Entry>) -> (Vec<(Option<String>, bool)>, Vec<Delivery>) {
    let mut deliveries = Vec::new();
    let ids = entries
        .into_iter()
        .map(|entry| match entry {
            Entry::Message(delivery) => {
                let id = delivery.external_id.clone();
                deliveries.push(delivery);
                (id, true)
            }
            Entry::Ignored { external_id } => (external_id, false),
        })
        .collect();
    (ids, deliveries)
}
