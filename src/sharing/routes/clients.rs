//! Reading what was shared. The routes of a client are made from what the owner's routes are made from: nothing is
//! written twice, and what is not declared to show something shared has no route here.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value as Json, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Ref, Schema, Type};

use super::{EXAMPLE_SHARE, example_consent, example_scopes, share_parameter};
use crate::auth::{Counselor, Signed};
use crate::error::{Code, Error, Result};
use crate::fields::openapi::Side;
use crate::http::envelope::RequestId;
use crate::http::reply;
use crate::http::route::{Access, Answer, NamedSchema, Route, SchemaOf};
use crate::http::router::path_part;
use crate::insights;
use crate::journal::routes::readable::{Readable, Subject};
use crate::journal::{self, document};
use crate::sharing::access::{Shown, Wanted};
use crate::sharing::caseload::Caseload;
use crate::sharing::share::ConsentNote;
use crate::sharing::{Sharing, brief, consent, milestones};

/// Where a client's paths begin.
const CLIENT: &str = "/v1/clients/{share_id}/";

/// The routes.
pub(super) fn routes() -> impl Iterator<Item = Route> {
    let example = || json!({"items": [example_client()]});
    let caseload = Route::new(Method::GET, "/v1/clients", "list_clients", list)
        .says("clients", "List my clients")
        .describes(
            "Everybody who shares with this counselor, in one request: what each share allows, with flags from fixed \
             rules and their reasons, those with the weightiest flags first. Each look is written into the list of \
             disclosures of each client.",
        )
        .access(Access::Counselor)
        .parameters([document::if_none_match_parameter()])
        .answers(200, "The clients.", move || NamedSchema::of::<Caseload>().with_example(example()))
        .answers_empty(304, "The caller has it already.");
    std::iter::once(caseload).chain(readables().filter_map(client_route))
}

async fn list(
    counselor: Counselor,
    sharing: web::Data<Sharing>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let caseload = sharing.caseload(&counselor, &RequestId::of(&request)).await?;
    let shown = Shown::of(serde_json::to_vec(&caseload).map_err(Error::internal)?.into());
    Ok(reply::tagged(request.headers(), &shown.etag, || shown.body))
}

/// A client in the caseload, for the document.
pub(super) fn example_client() -> Json {
    json!({
        "share_id": EXAMPLE_SHARE, "name": "Ann", "last_entry_on": "2026-11-17", "silent_days": 5,
        "clock": {"substance": "opioids", "current_days": 113, "status": "running"},
        "mood_14": [6.0, null, 5.5, 5.0, 6.0, 6.0, 7.0, null, 6.0, null, null, null, null, null],
        "craving_14": [3, null, 7, 6, 4, 4, 2, null, 3, null, null, null, null, null],
        "meetings_this_week": 2,
        "flags": [{"code": "silent_4_days", "reason": "No entry for 5 days.", "on": "2026-11-17"}],
        "expires_at": "2027-05-01T00:00:00.000000Z", "scopes": example_scopes(),
    })
}

/// Everything that a share can open.
pub fn readables() -> impl Iterator<Item = Readable> {
    journal::routes::readables()
        .chain(std::iter::once_with(insights::routes::readables).flatten())
        .chain([milestones::readable(), brief::readable()])
        .filter(|readable| readable.subject.is_some())
}

/// The route under a share.
fn client_route(readable: Readable) -> Option<Route> {
    let Readable { route: owners, ask, subject } = readable;
    let subject = subject?;
    let below = owners.path.strip_prefix("/v1/")?.to_owned();
    let (verb, what) = owners.operation_id.split_once('_')?;
    let operation_id = format!("{verb}_client_{what}");
    let handler = move |signed: Signed, sharing: web::Data<Sharing>, request: HttpRequest| {
        let ask = ask.clone();
        async move {
            let part = |name: &str| path_part(&request, name).to_owned();
            let share = super::shares::path_id(&part("share_id"))?;
            let begins = CLIENT.len() - "{share_id}".len() + part("share_id").len();
            let wanted = Wanted {
                ask,
                subject,
                // As the router reads it: what is written into the ledger is not the recipient's to spell.
                path: request.match_info().as_str().get(begins..).unwrap_or_default().to_owned(),
                id: part("id"),
                query: request.query_string().to_owned(),
                request_id: RequestId::of(&request),
            };
            let shown = sharing.read(&signed, share, &wanted).await?;
            Ok::<HttpResponse, Error>(reply::tagged(request.headers(), &shown.etag, || shown.body))
        }
    };
    let summary = format!("{} of a client", owners.summary);
    let mut route = Route::new(Method::GET, format!("{CLIENT}{below}"), operation_id, handler)
        .says("clients", summary)
        .describes(
            "The member's own answer, cut to what the share opens. It is written into the member's list of disclosures \
             before it is given.",
        )
        .access(Access::Account)
        .parameters([share_parameter("share_id")])
        .refuses(&[Code::WrongRole, Code::NotShared]);
    let is_one = below.ends_with("{id}");
    route.parameters.extend(owners.parameters);
    route.problems.extend(owners.problems);
    route.answers = owners.answers.into_iter().map(|answer| client_answer(answer, subject, is_one)).collect();
    Some(route)
}

/// An answer to the owner, as it is under a share.
fn client_answer(answer: Answer, subject: Subject, is_one: bool) -> Answer {
    let shared = |schema: SchemaOf| -> SchemaOf {
        Rc::new(move || {
            under_share(match subject {
                Subject::Rows(collection) if is_one => document::record_schema_for(collection, Side::Shared),
                Subject::Rows(collection) => document::page_schema(collection, Side::Shared),
                Subject::Figures { .. } => schema(),
            })
        })
    };
    Answer { body: answer.body.map(|(media_type, schema)| (media_type, shared(schema))), ..answer }
}

/// The schema of an answer with the notice and the consent.
pub(super) fn under_share(schema: NamedSchema) -> NamedSchema {
    let NamedSchema { name, mut parts, example } = schema;
    let shared = format!("Client{}", name.strip_prefix("Shared").unwrap_or(&name));
    let own = parts.iter().find(|(known, _)| *known == name).map(|(_, schema)| schema.clone());
    if let Some(RefOr::T(Schema::Object(mut object))) = own {
        let notice = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What the recipient must know of the law about these records."));
        object.properties.insert("notice".to_owned(), Schema::from(notice).into());
        object.properties.insert("consent".to_owned(), Ref::from_schema_name("ConsentNote").into());
        object.required.extend(["notice".to_owned(), "consent".to_owned()]);
        // The answer is told by its own schema; the one that it was made from is the owner's, where there is one.
        parts.retain(|(known, _)| *known != name);
        parts.push((shared.clone(), Schema::Object(object).into()));
    }
    parts.extend(NamedSchema::of::<ConsentNote>().parts);
    let example = example.map(|mut example| {
        if let Some(members) = example.as_object_mut() {
            let notice = consent::texts().map_or("", |texts| &texts.notice);
            members.insert("notice".to_owned(), json!(notice));
            members.insert("consent".to_owned(), example_consent());
        }
        example
    });
    NamedSchema { name: shared, parts, example }
}
