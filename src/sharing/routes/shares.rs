//! The member's side: making, listing, reading and revoking shares.

use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema};

use super::clients::{example_client, under_share};
use super::{EXAMPLE_SHARE, example_consent, example_scopes, share_parameter};
use crate::auth::Member;
use crate::clock;
use crate::db::types::Id;
use crate::error::{Code, Error, Result};
use crate::fields::openapi::{Side, properties};
use crate::http::body::Body;
use crate::http::idempotency::{self, IdempotencyKey};
use crate::http::reply;
use crate::http::route::{NamedSchema, Route};
use crate::http::router::PathPart;
use crate::journal::{document, today};
use crate::sharing::preview::SharePreview;
use crate::sharing::share::ShareBody;
use crate::sharing::{Sharing, brief, offers, scope};

/// A member's shares.
#[derive(Serialize, ToSchema)]
struct ShareList {
    /// The newest first.
    items: Vec<ShareBody>,
}

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    let share = || NamedSchema::of::<ShareBody>().with_example(example());
    let previewed = || {
        let body = json!({"items": [], "next_cursor": null, "notice": "42 CFR part 2 …", "consent": example_consent()});
        let example = json!({"client": example_client(), "answers": [{"path": "cravings", "body": body}]});
        NamedSchema::of::<SharePreview>().with_example(example)
    };
    vec![
        Route::new(Method::POST, "/v1/shares", "create_share", create)
            .says("sharing", "Share a part of my journal")
            .describes(
                "Names the recipient by e-mail address; an account may be opened later. The share is pending until \
                 it is accepted, and carries the consent text with everything that 42 CFR part 2 asks for. Send an \
                 `Idempotency-Key`: a share has no id of the client's. Of one account at most 50 shares wait or are in \
                 force, and at most 1,000 are kept.",
            )
            .parameters([idempotency::parameter()])
            .takes(body_schema)
            .answers(201, "The share waits for its recipient.", share)
            .refuses(&[Code::IdempotencyKeyReused, Code::TooManyShares]),
        Route::new(Method::GET, "/v1/shares", "list_shares", list)
            .says("sharing", "List my shares")
            .describes("Those that wait, are in force, have ended or were declined.")
            .answers(
                200,
                "Every share, the newest first.",
                || NamedSchema::of::<ShareList>().with_example(json!({"items": [example()]})),
            ),
        Route::new(Method::GET, "/v1/shares/{id}", "get_share", get)
            .says("sharing", "Read one of my shares")
            .describes("With the consent as it was signed.")
            .parameters([share_parameter("id")])
            .answers(200, "The share.", share),
        Route::new(Method::DELETE, "/v1/shares/{id}", "revoke_share", revoke)
            .says("sharing", "Revoke a share")
            .describes("Nothing is read under it from this moment on. The share stays in the list.")
            .parameters([share_parameter("id")])
            .answers_empty(204, "It is revoked, now or before."),
        Route::new(Method::GET, "/v1/shares/{id}/preview", "preview_share", preview)
            .says("sharing", "See what the recipient of a share sees")
            .describes(
                "The row of the caseload and every list and figure that is open, exactly as the recipient gets them \
                 when no parameter is given; also before the share is accepted. Discloses nothing to anybody.",
            )
            .parameters([share_parameter("id")])
            .answers(200, "What the recipient sees.", previewed),
        Route::new(Method::GET, "/v1/shares/{id}/brief", "preview_brief", preview_brief)
            .says("sharing", "See the brief that the recipient of a share sees")
            .describes("Made by the same code as the recipient's, and disclosing nothing to anybody.")
            .parameters([share_parameter("id"), document::if_none_match_parameter(), brief::since()])
            .parameters(today::parameters())
            .answers(200, "The brief.", || under_share(brief::schema()))
            .answers_empty(304, "The caller has it already.")
            .refuses(&[Code::NotShared, Code::ValidationFailed]),
    ]
}

async fn create(
    member: Member,
    sharing: web::Data<Sharing>,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse> {
    let body = body.object().await?;
    let key = IdempotencyKey::of(&request, &body)?;
    let replay = sharing.create(&member, body, key).await?;
    let status = StatusCode::from_u16(replay.status).map_err(Error::internal)?;
    let made: Json = serde_json::from_str(&replay.body).map_err(Error::internal)?;
    let id = made.get("id").and_then(Json::as_str).unwrap_or_default();
    let location = header::HeaderValue::try_from(format!("/v1/shares/{id}")).map_err(Error::internal)?;
    let mut answer = reply::json(status, replay.body);
    answer.headers_mut().insert(header::LOCATION, location);
    Ok(answer)
}

async fn list(member: Member, sharing: web::Data<Sharing>) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &ShareList { items: sharing.shares(&member).await? })
}

async fn get(member: Member, sharing: web::Data<Sharing>, id: PathPart) -> Result<HttpResponse> {
    let share = sharing.share(&member, path_id(&id)?).await?;
    reply::json_of(StatusCode::OK, &share.body(clock::now().into()))
}

async fn revoke(member: Member, sharing: web::Data<Sharing>, id: PathPart) -> Result<HttpResponse> {
    sharing.revoke(&member, path_id(&id)?).await?;
    Ok(reply::no_content())
}

async fn preview(member: Member, sharing: web::Data<Sharing>, id: PathPart) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &sharing.preview(&member, path_id(&id)?).await?)
}

async fn preview_brief(
    member: Member,
    sharing: web::Data<Sharing>,
    request: HttpRequest,
    id: PathPart,
) -> Result<HttpResponse> {
    let shown = sharing.previewed_brief(&member, path_id(&id)?, request.query_string()).await?;
    Ok(reply::tagged(request.headers(), &shown.etag, || shown.body))
}

/// A path id that is no UUID names nothing.
pub fn path_id(text: &str) -> Result<Id> {
    Id::parse(text).ok_or_else(Error::not_found)
}

fn body_schema() -> NamedSchema {
    let about = "A share to be made.";
    let scope =
        properties(ObjectBuilder::new().description(Some("One thing to share.")), scope::FIELDS, Side::Write);
    let scopes = ArrayBuilder::new()
        .items(Ref::from_schema_name("ScopeWrite"))
        .min_items(Some(1))
        .max_items(Some(50))
        .description(Some("What is shared, each thing once. Nothing else is."));
    let object = ObjectBuilder::new().description(Some(about));
    let object =
        properties(object, offers::FIELDS, Side::Write).property("scopes", scopes).required("scopes");
    let example = json!({
        "recipient_email": "counselor@example.org", "recipient_role": "counselor",
        "recipient_organization": "Riverside", "purpose": "Counseling", "scopes": example_scopes(),
        "expires_at": "2099-05-01T00:00:00Z", "signature_name": "Ann Example",
    });
    let parts = vec![("ScopeWrite".to_owned(), Schema::from(scope).into())];
    document::named("ShareCreate".to_owned(), object.into(), Some(example), parts)
}

/// A share, for the document.
fn example() -> Json {
    json!({
        "id": EXAMPLE_SHARE, "status": "pending",
        "recipient": {
            "email": "counselor@example.org", "name": null, "organization": "Riverside", "role": "counselor",
        },
        "purpose": "Counseling", "question": null, "scopes": example_scopes(),
        "expires_at": "2027-05-01T00:00:00.000000Z", "created_at": "2026-11-02T21:40:00.000000Z",
        "accepted_at": null, "revoked_at": null, "consent": super::invitations::example_signed(),
    })
}
