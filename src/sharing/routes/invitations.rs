//! The recipient's side: what was offered, accepting it, declining it.

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use super::shares::path_id;
use super::{EXAMPLE_SHARE, example_scopes, share_parameter};
use crate::auth::Signed;
use crate::error::{Code, Result};
use crate::http::reply;
use crate::http::route::{Access, NamedSchema, Route};
use crate::http::router::PathPart;
use crate::sharing::Sharing;
use crate::sharing::share::Invitation;

/// What was offered to an account.
#[derive(Serialize, ToSchema)]
struct InvitationList {
    /// The newest first.
    items: Vec<Invitation>,
}

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new(Method::GET, "/v1/invitations", "list_invitations", list)
            .says("clients", "List what was offered to me")
            .describes("Shares that wait for me and shares that I have accepted and that are in force.")
            .access(Access::Account)
            .answers(200, "The invitations, the newest first.", || {
                NamedSchema::of::<InvitationList>().with_example(json!({"items": [example()]}))
            }),
        Route::new(Method::POST, "/v1/invitations/{id}/accept", "accept_invitation", accept)
            .says("clients", "Accept what was offered to me")
            .describes("A share for a counselor needs a counselor's account; any account may be a supporter.")
            .access(Access::Account)
            .parameters([share_parameter("id")])
            .answers(200, "The share is in force, now or before.", || {
                NamedSchema::of::<Invitation>().with_example(example())
            })
            .refuses(&[Code::WrongRole]),
        Route::new(Method::POST, "/v1/invitations/{id}/decline", "decline_invitation", decline)
            .says("clients", "Decline what was offered to me")
            .describes("Also gives back what was accepted: nothing is read under it any more.")
            .access(Access::Account)
            .parameters([share_parameter("id")])
            .answers_empty(204, "It is declined."),
    ]
}

async fn list(signed: Signed, sharing: web::Data<Sharing>) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &InvitationList { items: sharing.invitations(&signed).await? })
}

async fn accept(signed: Signed, sharing: web::Data<Sharing>, id: PathPart) -> Result<HttpResponse> {
    reply::json_of(StatusCode::OK, &sharing.accept(&signed, path_id(&id)?).await?)
}

async fn decline(signed: Signed, sharing: web::Data<Sharing>, id: PathPart) -> Result<HttpResponse> {
    sharing.decline(&signed, path_id(&id)?).await?;
    Ok(reply::no_content())
}

/// A signed consent, for the document.
pub(super) fn example_signed() -> Json {
    json!({
        "version": "1", "text": "Consent to share records …",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "signed_name": "Ann Example", "signed_at": "2026-11-02T21:40:00.000000Z",
    })
}

fn example() -> Json {
    json!({
        "id": EXAMPLE_SHARE, "status": "active", "name": "Ann", "role": "counselor",
        "organization": "Riverside", "purpose": "Counseling", "scopes": example_scopes(),
        "expires_at": "2027-05-01T00:00:00.000000Z", "created_at": "2026-11-02T21:40:00.000000Z",
        "accepted_at": "2026-11-03T09:00:00.000000Z", "consent": example_signed(),
    })
}
