//! The pages of somebody who has signed in: the caseload, clients, invitations, and for a member what others see
//! of them. Whatever they show comes from `sharing`, which has written the disclosure by then.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Frame, HOME, Reader, cookie, on_to, shown};
use crate::auth::{Auth, Role};
use crate::counselor::client::{BriefPage, ClientPage, asks, asks_for_brief};
use crate::counselor::home::Home;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::envelope::RequestId;
use crate::http::router::PathPart;
use crate::sharing::Sharing;
use crate::sharing::routes::path_id;

/// An answer of the API, as far as a page shows it.
fn seen<T: DeserializeOwned>(answer: &impl Serialize) -> Result<T> {
    let json = serde_json::to_value(answer).map_err(Error::internal)?;
    serde_json::from_value(json).map_err(Error::internal)
}

/// GET `/counselor`
pub async fn home(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    sharing: web::Data<Sharing>,
) -> Result<HttpResponse> {
    let (frame, email) = Frame::of(&auth, &reader).await?;
    let account = &reader.signed;
    let (mut caseload, mut own) = (None, None);
    match account.role {
        Role::Counselor => {
            caseload = Some(sharing.caseload(account, &RequestId::of(&request)).await?);
        }
        Role::Member => own = Some(seen(&sharing.shares(account).await?)?),
    }
    let invitations = seen(&sharing.invitations(account).await?)?;
    shown(&Home::of(frame, email, caseload, invitations, own))
}

/// GET `/counselor/clients/{share_id}`
pub async fn client(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    sharing: web::Data<Sharing>,
    id: PathPart,
) -> Result<HttpResponse> {
    let (query, request_id) = (request.query_string(), RequestId::of(&request));
    let visit = sharing.visit(&reader.signed, path_id(&id)?, &request_id, asks(query)).await?;
    let (frame, _) = Frame::of(&auth, &reader).await?;
    shown(&ClientPage::of(frame, &visit, query, false)?)
}

/// GET `/counselor/clients/{share_id}/brief`
pub async fn brief(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    sharing: web::Data<Sharing>,
    id: PathPart,
) -> Result<HttpResponse> {
    let (asks, request_id) = (asks_for_brief(request.query_string()), RequestId::of(&request));
    let visit = sharing.visit(&reader.signed, path_id(&id)?, &request_id, asks).await?;
    let (frame, _) = Frame::of(&auth, &reader).await?;
    shown(&BriefPage::of(frame, &visit, false)?)
}

/// GET `/counselor/preview/{share_id}`
pub async fn preview(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    sharing: web::Data<Sharing>,
    id: PathPart,
) -> Result<HttpResponse> {
    let query = request.query_string();
    let visit = sharing.visit_of_own(&reader.signed, path_id(&id)?, asks(query)).await?;
    let (frame, _) = Frame::of(&auth, &reader).await?;
    shown(&ClientPage::of(frame, &visit, query, true)?)
}

/// GET `/counselor/preview/{share_id}/brief`
pub async fn preview_of_brief(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    sharing: web::Data<Sharing>,
    id: PathPart,
) -> Result<HttpResponse> {
    let asks = asks_for_brief(request.query_string());
    let visit = sharing.visit_of_own(&reader.signed, path_id(&id)?, asks).await?;
    let (frame, _) = Frame::of(&auth, &reader).await?;
    shown(&BriefPage::of(frame, &visit, true)?)
}

/// POST `/counselor/invitations/{share_id}/accept`
pub async fn accept(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    sharing: web::Data<Sharing>,
    id: PathPart,
    body: Body,
) -> Result<HttpResponse> {
    cookie::form(&auth, &request, body).await?.finish()?;
    sharing.accept(&reader.signed, path_id(&id)?).await?;
    Ok(on_to(HOME))
}

/// POST `/counselor/invitations/{share_id}/decline`
pub async fn decline(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    sharing: web::Data<Sharing>,
    id: PathPart,
    body: Body,
) -> Result<HttpResponse> {
    cookie::form(&auth, &request, body).await?.finish()?;
    sharing.decline(&reader.signed, path_id(&id)?).await?;
    Ok(on_to(HOME))
}
