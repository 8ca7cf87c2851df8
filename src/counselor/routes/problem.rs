//! What went wrong, as a page; and what every page has in its head. Whoever has no session is led to the door.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, RETRY_AFTER, SET_COOKIE,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use askama::Template;

use super::cookie::{self, Renewed};
use super::{HTML, on_to, style};
use crate::error::{Code, Error, Problem, Result};
use crate::http::envelope::RequestId;

/// What a page may do: have our style sheet and a picture inside it, and send its forms here.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'",
);

/// The page of a problem.
#[derive(Template)]
#[template(path = "counselor/problem.html")]
struct ProblemPage {
    style: &'static str,
    title: &'static str,
    words: String,
    request_id: String,
}

/// Makes every answer below it fit for a person.
pub async fn as_page(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let answer = next.call(request).await?.map_into_boxed_body();
    let (request, answer) = answer.into_parts();
    let mut answer = match problem(&answer) {
        Some(error) => told(&request, &error)?,
        None => answer,
    };
    let renewed = request.extensions().get::<Renewed>().cloned();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(line) = renewed.and_then(|Renewed(line)| HeaderValue::from_str(&line).ok()) {
        headers.insert(SET_COOKIE, line);
    }
    Ok(ServiceResponse::new(request, answer))
}

/// The problem of an answer that is not a page yet.
fn problem(answer: &HttpResponse) -> Option<Error> {
    let status = answer.status();
    let is_page = answer.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes() == HTML.as_bytes());
    if is_page || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let ours = answer.error().and_then(actix_web::Error::as_error::<Error>);
    Some(ours.map_or_else(
        || {
            Error::of(match status {
                StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Code::NotFound,
                _ if status.is_server_error() => Code::Internal,
                _ => Code::BadRequest,
            })
        },
        |error| match error.hidden_reason() {
            Some(reason) => Error::internal(reason),
            None => error.problem().into(),
        },
    ))
}

fn told(request: &HttpRequest, error: &Error) -> Result<HttpResponse> {
    let (request_id, problem) = (RequestId::of(request), error.problem());
    if let Some(reason) = error.hidden_reason() {
        tracing::error!(request_id, reason, "a page failed");
    }
    match problem.code {
        Code::Unauthenticated => return Ok(on_to("/counselor/sign-in")),
        Code::InvalidToken => {
            cookie::forget(request);
            return Ok(on_to("/counselor/sign-in?ended"));
        }
        _ => {}
    }
    let status = StatusCode::from_u16(problem.code.status()).map_err(Error::internal)?;
    let (title, words) = words(&problem);
    let page = ProblemPage { style: style::address(), title, words, request_id };
    let text = page.render().map_err(Error::internal)?;
    let mut answer = HttpResponse::build(status).content_type(HTML).body(text);
    ask_to_wait(&mut answer, &problem);
    Ok(answer)
}

/// Says when a new try makes sense.
pub fn ask_to_wait(answer: &mut HttpResponse, problem: &Problem) {
    if let Some(seconds) = problem.retry_after {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
}

/// A problem as a person would say it.
fn words(problem: &Problem) -> (&'static str, String) {
    match problem.code {
        Code::NotFound => (
            "Nothing here",
            "There is nothing at this address, or not any more: a share may have expired, been revoked, or never \
             been yours to see."
                .to_owned(),
        ),
        Code::WrongRole => (
            "Not with this account",
            "This was offered to a counselor, and this account is not one.".to_owned(),
        ),
        Code::NotShared => ("Not shared", "This is not part of what is shared with you.".to_owned()),
        Code::InvalidParameter | Code::ValidationFailed => (
            "These dates cannot be used",
            "Choose a first date that is not after the last one, and neither of them long ago.".to_owned(),
        ),
        Code::BadRequest | Code::UnsupportedMediaType | Code::TooLarge => (
            "This form is not valid any more",
            "It was not given to this browser by this page, or a long time ago. Open the page again and retry."
                .to_owned(),
        ),
        Code::Overloaded | Code::StorageUnavailable | Code::StorageFull | Code::TooManyRequests => {
            ("Just a moment", "The server is busy. Please try again shortly.".to_owned())
        }
        _ => ("Something went wrong", "It is our fault. Please try again.".to_owned()),
    }
}
