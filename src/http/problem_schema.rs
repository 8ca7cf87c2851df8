//! What a problem looks like in the OpenAPI document. The members are those that `error::Problem` writes.

use actix_web::http::StatusCode;
use serde_json::{Value as Json, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Ref, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::error::{Code, Mistake};

/// The name of the schema.
pub const PROBLEM: &str = "Problem";
const CURRENT: &str = "CurrentRecord";

/// The problem and what it is made of.
pub(super) fn schemas() -> Vec<(String, RefOr<Schema>)> {
    let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about)).build();
    let status = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(400))
        .maximum(Some(599))
        .description(Some("The HTTP status again."));
    let errors = ArrayBuilder::new()
        .items(Ref::from_schema_name(Mistake::name()))
        .description(Some("Every mistake of the request, where the request was the reason."));
    let code = ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(
            "The stable machine code of a problem. Later versions may add codes and rename none.",
        ))
        .enum_values(Some(Code::ALL.iter().map(|code| code.as_str())));
    let problem = ObjectBuilder::new()
        .description(Some("Why a request was refused (RFC 9457)."))
        .property("type", text("A URN made of the code."))
        .property("title", text("The code in one sentence, the same each time."))
        .property("status", status)
        .property("detail", text("This occurrence in words."))
        .property("code", code)
        .property("request_id", text("Names this request in the server's log. Not an id of anything else."))
        .property("errors", errors)
        .property("current", Ref::from_schema_name(CURRENT));
    let problem = ["type", "title", "status", "detail", "code", "request_id"]
        .into_iter()
        .fold(problem, ObjectBuilder::required);
    let current = ObjectBuilder::new()
        .description(Some("The record as it is now (409, 412): the same object that a GET of it answers."))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let mut schemas = vec![
        (PROBLEM.to_owned(), problem.into()),
        (CURRENT.to_owned(), current.into()),
        (Mistake::name().into_owned(), Mistake::schema()),
    ];
    Mistake::schemas(&mut schemas);
    schemas
}

/// The name of a status's shared answer.
#[must_use]
pub(super) fn response_name(status: u16) -> String {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    reason.unwrap_or("Problem").chars().filter(char::is_ascii_alphanumeric).collect()
}

/// A problem as it is answered.
#[must_use]
pub(super) fn example(code: Code) -> Json {
    let mut problem = json!({
        "type": format!("urn:recovery-journal:problem:{}", code.as_str()),
        "title": code.title(),
        "status": code.status(),
        "detail": code.title(),
        "code": code.as_str(),
        "request_id": "5f1c9a02-2f",
    });
    if code == Code::ValidationFailed
        && let Some(members) = problem.as_object_mut()
    {
        members.insert("detail".into(), json!("/intensity must be a whole number from 0 to 10"));
        let mistake = json!({
            "pointer": "/intensity", "code": "out_of_range", "message": "must be a whole number from 0 to 10"
        });
        members.insert("errors".into(), json!([mistake]));
    }
    problem
}
