//! The OpenAPI 3.1 document, built from the one registry of routes.
//!
//! It keeps to what client generators digest: every schema has a name, and there is no `oneOf`, `anyOf`,
//! `allOf` or discriminator. Each operation lists every problem it can answer; those it shares with others
//! are worked out here from its access, parameters and body, so that a route names only its own.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use serde_json::json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::info::{ContactBuilder, InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, Ref, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Content, ObjectBuilder, OpenApi, OpenApiBuilder, RefOr, Required, Schema};

use super::problem_schema::{self, PROBLEM};
use super::route::{self, Access, Answer, NamedSchema, Parameter, Route, SchemaOf};
use crate::error::Code;

/// The schemas of a document by their names, which gather while its operations are described.
type Schemas = BTreeMap<String, RefOr<Schema>>;

const SCHEME: &str = "bearerAuth";

const ABOUT: &str = "\
A private journal for people in recovery, and honest figures from it. Apps keep check-ins, cravings, meetings, \
sessions, doses, plans and goals here; the server adds streaks, trends and what goes together with what.

**Privacy.** A journal belongs to its owner. Nobody else reads it: not by rank, not by guessing an id (somebody \
else's record and a missing one look the same). Names and free text are sealed at rest under a key of the account. \
Answers about a person are never to be cached. Erasing the account erases everything.

**Conventions.**
- JSON in and out, `snake_case` members, times as RFC 3339 with an offset, dates as `2026-11-02`, IANA time zones.
- An unknown member of a body or an unknown query parameter is refused: a typing mistake must not lose data. \
Answers may gain members, and lists of words may grow.
- Errors are `application/problem+json` (RFC 9457). Compare `code`; it is never renamed. A refused body lists every \
mistake in `errors`, each with a JSON pointer.
- Lists are `{\"items\": [...], \"next_cursor\": \"...\"}`, newest first.
- `PUT` creates or replaces, `PATCH` is JSON Merge Patch (absent keeps, null clears), `POST` may be repeated with the \
same client-made `id`, `DELETE` may be repeated.
- `ETag` is strong; `If-Match` protects a write, `If-None-Match` saves a read.
- Sign in at `/v1/auth/login` and send `Authorization: Bearer <access_token>`.
";

/// The groups of operations, in the order of the document.
const TAGS: &[(&str, &str)] = &[
    ("auth", "Opening an account, signing in, staying signed in, signing out."),
    ("account", "The person's own profile, and erasing it with everything in it."),
    (
        "journal",
        "What a person keeps: one pattern of create, read, replace, change and delete for every collection.",
    ),
    ("sync", "One pair of endpoints for devices that were offline, for every collection at once."),
    ("insight", "Figures worked out from the journal. One that lacks data says how much it has and needs."),
    (
        "catalogue",
        "Built-in vocabularies: triggers, skills, fellowships, instruments, milestones, help lines.",
    ),
    (
        "sharing",
        "Letting a counselor or somebody close read a described part of the journal, seeing who read what, ending it.",
    ),
    ("clients", "What others have shared: the recipient's side."),
    ("records", "Everything of a person in open formats, out and in."),
    ("operation", "Health of the server, and this document."),
];

/// The document of these routes.
#[must_use]
pub fn document(routes: &[Route]) -> OpenApi {
    let mut paths = Paths::new();
    let mut schemas: Schemas = problem_schema::schemas().into_iter().collect();
    let mut problems: BTreeMap<u16, BTreeSet<Code>> = BTreeMap::new();
    for route in routes {
        for (status, codes) in problems_of(route) {
            problems.entry(status).or_default().extend(codes);
        }
        let item = path_item(route, &mut schemas);
        paths.paths.entry(route.path.clone()).or_default().merge_operations(item);
    }
    let used: BTreeSet<&str> = routes.iter().map(|route| route.tag).collect();
    let tags = TAGS.iter().filter(|(name, _)| used.contains(name));
    let responses = problems
        .iter()
        .map(|(status, codes)| (problem_schema::response_name(*status), response(*status, codes)));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(
        "The `access_token` of `/v1/auth/login`. It lasts minutes; `/v1/auth/refresh` gives the next one.",
    ));
    let components = responses
        .fold(ComponentsBuilder::new(), |components, (name, response)| components.response(name, response));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Recovery Journal")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .contact(Some(ContactBuilder::new().name(Some("Whoever runs this server")).build()))
                .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build())),
        )
        .servers(Some([Server::new("/")]))
        .tags(Some(tags.map(|(name, about)| TagBuilder::new().name(*name).description(Some(*about)).build())))
        .paths(paths)
        .components(Some(
            components
                .schemas_from_iter(schemas)
                .security_scheme(SCHEME, SecurityScheme::Http(bearer.build()))
                .build(),
        ))
        .build()
}

/// Every problem that a route can answer, by status.
#[must_use]
pub fn problems_of(route: &Route) -> BTreeMap<u16, BTreeSet<Code>> {
    let mut codes = vec![Code::RequestTimeout, Code::Internal, Code::Overloaded, Code::StorageUnavailable];
    match route.access {
        Access::Public => {}
        Access::Account => codes.extend([Code::Unauthenticated, Code::InvalidToken]),
        Access::Member | Access::Counselor => {
            codes.extend([Code::Unauthenticated, Code::InvalidToken, Code::WrongRole]);
        }
    }
    if route.method != Method::GET {
        codes.push(Code::StorageFull);
    }
    if route.body.is_some() {
        codes.extend([
            Code::MalformedJson,
            Code::TooLarge,
            Code::UnsupportedMediaType,
            Code::ValidationFailed,
        ]);
    }
    for parameter in &route.parameters {
        match parameter.place {
            "path" => codes.push(Code::NotFound),
            "query" if parameter.name == "cursor" => {
                codes.extend([Code::InvalidParameter, Code::InvalidCursor]);
            }
            "query" => codes.push(Code::InvalidParameter),
            _ => codes.push(Code::InvalidHeader),
        }
    }
    codes.extend(&route.problems);
    let mut by_status: BTreeMap<u16, BTreeSet<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status()).or_default().insert(code);
    }
    by_status
}

fn path_item(route: &Route, schemas: &mut Schemas) -> PathItem {
    let mut operation = OperationBuilder::new()
        .tag(route.tag)
        .summary(Some(route.summary.as_str()))
        .operation_id(Some(route.operation_id.as_str()))
        .request_body(route.body.as_ref().map(|body| request_body(body, schemas)));
    if !route.description.is_empty() {
        operation = operation.description(Some(route.description));
    }
    for parameter in &route.parameters {
        operation = operation.parameter(describe_parameter(parameter));
    }
    operation = match route.access {
        Access::Public => operation.securities(Some([])),
        Access::Account | Access::Member | Access::Counselor => {
            operation.security(SecurityRequirement::new(SCHEME, std::iter::empty::<String>()))
        }
    };
    for answer in &route.answers {
        operation = operation.response(answer.status.to_string(), describe_answer(answer, schemas));
    }
    for status in problems_of(route).into_keys() {
        operation = operation
            .response(status.to_string(), Ref::from_response_name(problem_schema::response_name(status)));
    }
    PathItem::new(http_method(&route.method), operation)
}

fn describe_parameter(parameter: &Parameter) -> ParameterBuilder {
    let (place, required) = match parameter.place {
        "path" => (ParameterIn::Path, Required::True),
        "query" => (ParameterIn::Query, Required::False),
        _ => (ParameterIn::Header, Required::False),
    };
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(place)
        .required(required)
        .description(Some(parameter.about))
        .schema(Some(parameter.schema.clone()))
}

fn request_body(taken: &route::RequestBody, schemas: &mut Schemas) -> RequestBody {
    let required = if taken.optional { Required::False } else { Required::True };
    taken
        .contents
        .iter()
        .fold(RequestBodyBuilder::new(), |body, (media_type, schema)| {
            body.content(*media_type, content(schema, schemas))
        })
        .required(Some(required))
        .build()
}

fn content(schema: &SchemaOf, schemas: &mut Schemas) -> Content {
    let NamedSchema { name, parts, example } = schema();
    schemas.extend(parts);
    ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).example(example).build()
}

fn describe_answer(answer: &Answer, schemas: &mut Schemas) -> Response {
    let response = ResponseBuilder::new().description(answer.about);
    match &answer.body {
        Some((media_type, schema)) => response.content(*media_type, content(schema, schemas)).build(),
        None => response.build(),
    }
}

/// The shared answer of a status.
fn response(status: u16, codes: &BTreeSet<Code>) -> Response {
    let lines: Vec<String> =
        codes.iter().map(|code| format!("- `{}`: {}.", code.as_str(), code.title())).collect();
    let mut response = ResponseBuilder::new().description(lines.join("\n"));
    let header = |kind, about| {
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(kind).build()))
            .description(Some(about))
            .build()
    };
    if matches!(status, 429 | 503) {
        response = response
            .header("Retry-After", header(Type::Integer, "Seconds after which a new try makes sense."));
    }
    if status == 401 {
        response = response.header("WWW-Authenticate", header(Type::String, "`Bearer`."));
    }
    let example = codes.first().map(|code| problem_schema::example(*code));
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).example(example).build();
    response.content("application/problem+json", body).build()
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// The whole document as JSON.
#[must_use]
pub fn json(routes: &[Route]) -> serde_json::Value {
    serde_json::to_value(document(routes)).unwrap_or_else(|error| json!({"error": error.to_string()}))
}
