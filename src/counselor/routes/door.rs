//! Coming in and going out. Signing in is that of the API, with its limits and its one hash for every try; a wrong
//! password and an unknown address read the same. A second factor is asked for as the API asks.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{Frame, HOME, HTML, Reader, cookie, on_to, problem};
use crate::auth::{Auth, Caller, pages};
use crate::error::{Code, Error, Result};
use crate::http::body::Body;

/// The page of the door.
#[derive(Template)]
#[template(path = "counselor/sign_in.html")]
struct Door {
    frame: Frame,
    /// Why the last try did not work, or why somebody has to sign in again.
    says: Option<String>,
    is_problem: bool,
    email: String,
}

/// GET `/counselor/sign-in`; `?ended` when a session is over.
pub async fn show(
    request: HttpRequest,
    reader: Result<Reader>,
    auth: web::Data<Auth>,
) -> Result<HttpResponse> {
    if reader.is_ok() {
        return Ok(on_to(HOME));
    }
    let says = match request.query_string() {
        "ended" => Some("You were signed out, because this page was left alone or the session has ended."),
        "out" => Some("You are signed out."),
        _ => None,
    };
    door(&request, &auth, StatusCode::OK, says.map(str::to_owned), String::new())
}

/// POST `/counselor/sign-in`
pub async fn sign_in(
    request: HttpRequest,
    auth: web::Data<Auth>,
    caller: Caller,
    body: Body,
) -> Result<HttpResponse> {
    if cookie::of(&request).is_none() {
        let says =
            "Your browser did not keep our cookie. Allow cookies for this site, and open it over https.";
        return door(&request, &auth, StatusCode::BAD_REQUEST, Some(says.to_owned()), String::new());
    }
    let mut form = cookie::form(&auth, &request, body).await?;
    let (email, password, code) = (form.text("email"), form.text("password"), form.text("code"));
    form.finish()?;
    let code = code.filter(|code| !code.trim().is_empty());
    let email = email.unwrap_or_default().trim().to_owned();
    match auth.sign_in_to_pages(caller, &email, &password.unwrap_or_default(), code.as_deref()).await {
        Ok(ticket) => {
            cookie::keep(&request, &ticket);
            Ok(on_to(HOME))
        }
        Err(error) => {
            let told = error.problem();
            let says = match told.code {
                Code::InvalidCredentials | Code::ValidationFailed => {
                    "The e-mail address and password do not match.".to_owned()
                }
                Code::TotpRequired => "This account asks for a code of its authenticator as well.".to_owned(),
                Code::InvalidTotp => "The code is not right, or was used before.".to_owned(),
                Code::TooManyRequests => match told.retry_after {
                    Some(seconds) => format!("Too many tries. Please wait {seconds} seconds."),
                    None => "Too many tries. Please wait a moment.".to_owned(),
                },
                _ => return Err(error),
            };
            let status = StatusCode::from_u16(told.code.status()).map_err(Error::internal)?;
            let mut answer = door(&request, &auth, status, Some(says), email)?;
            problem::ask_to_wait(&mut answer, &told);
            Ok(answer)
        }
    }
}

/// POST `/counselor/sign-out`
pub async fn sign_out(
    request: HttpRequest,
    reader: Reader,
    auth: web::Data<Auth>,
    body: Body,
) -> Result<HttpResponse> {
    cookie::form(&auth, &request, body).await?.finish()?;
    auth.leave_pages(&reader.signed).await?;
    cookie::forget(&request);
    Ok(on_to("/counselor/sign-in?out"))
}

fn door(
    request: &HttpRequest,
    auth: &Auth,
    status: StatusCode,
    says: Option<String>,
    email: String,
) -> Result<HttpResponse> {
    // A ticket that is over says nothing any more; what tells forms apart is made anew.
    let known = cookie::of(request).filter(|cookie| cookie.len() == pages::VISITOR);
    let held = known.map_or_else(pages::visitor, Ok)?;
    cookie::keep(request, &held);
    let is_problem = status != StatusCode::OK;
    let page = Door { frame: Frame::outside(auth, &held), says, is_problem, email };
    let text = page.render().map_err(Error::internal)?;
    Ok(HttpResponse::build(status).content_type(HTML).body(text))
}
