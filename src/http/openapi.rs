//! The OpenAPI document. The routes declare what is their own; what every route of a kind has is added here, once.

use std::collections::BTreeMap;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ArrayItems, Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required};
use utoipa::{OpenApi as _, ToSchema as _};

use crate::contract::page::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::domain::money::Currency;
use crate::sources::shooter::Format;

use super::answer::REPLAYED;
use super::error::ProblemJson;
use super::{
    actors, audit, devices, docs, events, ingest, orders, phones, probes, pushbullet, sms, telegram, templates,
    top_info,
};

const SCHEME: &str = "service_token";
const PROBLEM: &str = "application/problem+json";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "recon service",
        description = "Hears of bank deposits, reads them, pairs each with its recharge order. It moves no money and cannot."
    ),
    components(schemas(ProblemJson, Currency, Format)),
    paths(
        probes::livez,
        probes::readyz,
        probes::healthz,
        probes::metrics,
        docs::document,
        docs::page,
        phones::list,
        phones::add,
        phones::delete,
        templates::list,
        templates::add,
        templates::replace,
        templates::delete,
        templates::test,
        templates::suggest,
        templates::backtest,
        sms::list,
        sms::get,
        sms::reset,
        sms::check,
        devices::list,
        devices::add,
        devices::delete,
        devices::trust,
        telegram::list,
        telegram::add,
        telegram::delete,
        telegram::loss_seen,
        pushbullet::list,
        pushbullet::add,
        pushbullet::delete,
        orders::put,
        orders::list,
        orders::get,
        top_info::get,
        actors::list,
        actors::restart,
        actors::stop,
        actors::start,
        events::stream_events,
        audit::list,
        ingest::ingest,
        ingest::enrol,
        telegram::take,
    )
)]
struct Document;

/// The document, as `/openapi.json` and `recon openapi` show it.
#[must_use]
pub fn openapi() -> OpenApi {
    completed(Document::openapi(), SCHEME, "`service.token` of the configuration")
}

/// A role's document with all that every route of a kind has. `scheme` names its bearer token, which `description` tells of.
#[must_use]
pub fn completed(mut document: OpenApi, scheme: &str, description: &str) -> OpenApi {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(scheme, path, method, operation);
        }
    }
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(scheme, SecurityScheme::Http(bearer));
    open_what_is_flattened(&mut components.schemas);
    document
}

/// A view that flattens an input is `allOf` the input and more; but an input takes no further fields, so nothing would fit
/// both. The input's fields stand in the view themselves then, without that ban.
fn open_what_is_flattened(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    let closed: BTreeMap<String, Object> = schemas
        .iter()
        .filter_map(|(name, schema)| match schema {
            RefOr::T(Schema::Object(object)) if object.additional_properties.is_some() => {
                Some((format!("#/components/schemas/{name}"), object.clone()))
            }
            _ => None,
        })
        .collect();
    for schema in schemas.values_mut() {
        open_in(schema, &closed);
    }
}

/// Pages hold their items' schema in themselves, so this looks into properties and arrays too.
fn open_in(schema: &mut RefOr<Schema>, closed: &BTreeMap<String, Object>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            for field in object.properties.values_mut() {
                open_in(field, closed);
            }
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                open_in(items, closed);
            }
        }
        RefOr::T(Schema::AllOf(all)) => {
            for part in &mut all.items {
                let RefOr::Ref(reference) = part else { continue };
                if let Some(mut object) = closed.get(&reference.ref_location).cloned() {
                    object.additional_properties = None;
                    *part = RefOr::T(Schema::Object(object));
                }
            }
        }
        _ => {}
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [("get", &mut item.get), ("put", &mut item.put), ("post", &mut item.post), ("delete", &mut item.delete)]
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Adds what is true of every operation of its kind.
fn complete(scheme: &str, path: &str, method: &str, operation: &mut Operation) {
    operation.operation_id = Some(operation_id(path, method));
    let internal = path.starts_with("/internal/");
    let ingest = path.starts_with("/ingest/");
    let named = path.contains('{');
    if internal {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], _>(scheme, [])]);
    }
    let is_list = internal && method == "get" && operation.responses.responses.get("200").is_some_and(is_page);
    if is_list {
        let parameters = operation.parameters.get_or_insert_default();
        parameters.extend(page_parameters().map(RefOr::T));
    }
    // Trying a template changes nothing, so there is nothing to repeat or to answer for.
    let is_write = internal && method != "get" && !path.ends_with("/test");
    if is_write {
        let parameters = operation.parameters.get_or_insert_default();
        // A route that needs one of them declares it itself.
        let declared = |name: &str| parameters.iter().any(|one| matches!(one, RefOr::T(one) if one.name == name));
        let missing: Vec<_> = write_parameters().into_iter().filter(|one| !declared(&one.name)).collect();
        parameters.extend(missing.into_iter().map(RefOr::T));
        let replayed = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]))))
            .description(Some("There, and `true`, on the saved answer of an earlier request with the same key"))
            .build();
        for (status, response) in &mut operation.responses.responses {
            if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
                response.headers.insert(REPLAYED.to_owned(), RefOr::T(replayed.clone()));
            }
        }
    }
    let has_body = operation.request_body.is_some();
    if let (true, Some(RefOr::T(body))) = (path.contains("/actors/"), &mut operation.request_body) {
        body.required = Some(Required::False);
    }
    for (status, description) in problems() {
        let applies = match status {
            "401" | "403" | "429" | "500" | "503" => internal || ingest,
            "404" => (internal || ingest) && named,
            "400" | "408" | "413" | "415" => has_body || (internal && method == "delete" && status != "415"),
            "422" => true,
            // Only where the route declares it itself.
            _ => false,
        };
        add_problem(operation, status, description, applies);
    }
}

/// `post_sms_id_check`: the handlers' own names repeat from part to part.
fn operation_id(path: &str, method: &str) -> String {
    let path = path.strip_prefix("/internal/v2").or_else(|| path.strip_prefix("/internal")).unwrap_or(path);
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// Every status that is answered with a problem, and what it says in general.
fn problems() -> [(&'static str, &'static str); 13] {
    [
        ("400", "The body broke off, or is no UTF-8 or no JSON"),
        ("401", "No token, or an unknown one in the path"),
        ("403", "The token is wrong, or the signature is"),
        ("404", "There is no such thing"),
        ("405", "The path does not take this method"),
        ("408", "The body did not arrive whole within 10 s"),
        ("409", "It is there already, or has moved on"),
        ("413", "The body is too large"),
        ("415", "The body is of a type that is not taken"),
        ("422", "Fields or parameters are unknown, missing or wrong"),
        ("429", "Too many requests or too many failed attempts"),
        ("500", "A fault of ours"),
        ("503", "Nobody can answer now; the same request may be sent again"),
    ]
}

/// Makes a problem of a response: one that the route declares without a body keeps its own words.
fn add_problem(operation: &mut Operation, status: &str, description: &str, applies: bool) {
    let responses = &mut operation.responses.responses;
    let own_words = match responses.get(status) {
        Some(RefOr::T(own)) if own.content.is_empty() => Some(own.description.clone()),
        Some(_) => return,
        None => None,
    };
    if own_words.is_none() && !applies {
        return;
    }
    let response = problem_response(status, &own_words.unwrap_or_else(|| description.to_owned()));
    responses.insert(status.to_owned(), RefOr::T(response));
}

fn problem_response(status: &str, description: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemJson::name()))).build();
    let response = ResponseBuilder::new().description(description).content(PROBLEM, content);
    let text = |words: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        HeaderBuilder::new().schema(Some(schema)).description(Some(words)).build()
    };
    match status {
        "401" => response.header("WWW-Authenticate", text("The scheme to come back with")).build(),
        "405" => response.header("Allow", text("The methods that the path takes")).build(),
        "429" | "503" => response.header("Retry-After", text("Seconds to wait")).build(),
        _ => response.build(),
    }
}

fn is_page(response: &RefOr<Response>) -> bool {
    let RefOr::T(response) = response else { return false };
    let Some(RefOr::T(content)) = response.content.get("application/json") else { return false };
    matches!(&content.schema, Some(RefOr::Ref(to)) if to.ref_location.contains("/Page_"))
}

fn page_parameters() -> [Parameter; 3] {
    let limit = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(LIMIT_MAX))
        .default(Some(LIMIT_DEFAULT.into()));
    [
        query("limit", limit, "Items at most"),
        query(
            "cursor",
            ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)),
            "`next_cursor` of the page before",
        ),
        query("count", ObjectBuilder::new().schema_type(Type::Boolean), "Whether to add `total`"),
    ]
}

fn query(name: &str, schema: ObjectBuilder, description: &str) -> Parameter {
    parameter(ParameterIn::Query, name, schema, description)
}

fn write_parameters() -> [Parameter; 2] {
    let operator = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).examples(["operator-1"]);
    let key = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]{1,255}$"));
    [
        parameter(
            ParameterIn::Header,
            "X-Operator",
            operator,
            "Who asks, for the audit: 1 to 100 printable characters, in UTF-8 or percent-encoded",
        ),
        parameter(
            ParameterIn::Header,
            "Idempotency-Key",
            key,
            "Makes the write repeatable: the same key and body get the saved answer, another body 422",
        ),
    ]
}

fn parameter(place: ParameterIn, name: &str, schema: ObjectBuilder, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}
