//! Where the links of mails lead: a page that asks once more, because programs look at links too, and then does what
//! the mail was about.
//!
//! What a link holds is all that it takes: no cookie, and no session is begun. Refuses links that were used or are
//! over, and says so as a page.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{Frame, HTML, pages, style};
use crate::auth::{Auth, Caller};
use crate::error::{Code, Error, Result};
use crate::http::body::Body;
use crate::http::query::Query;
use crate::http::route::Route;

const PLACE: &str = "/account";

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Confirm,
    Reset,
}

/// The page of a link.
#[derive(Template)]
#[template(path = "counselor/link.html")]
struct Link {
    frame: Frame,
    title: &'static str,
    says: String,
    is_problem: bool,
    form: Option<Form>,
}

struct Form {
    action: &'static str,
    token: String,
    asks_password: bool,
    button: &'static str,
}

/// Every page that a mail leads to.
pub fn scope() -> impl HttpServiceFactory {
    let at = |path: &str| format!("{PLACE}{path}");
    pages(
        PLACE,
        vec![
            Route::page(Method::GET, at("/confirm"), show_confirm),
            Route::page(Method::POST, at("/confirm"), confirm),
            Route::page(Method::GET, at("/reset"), show_reset),
            Route::page(Method::POST, at("/reset"), reset),
        ],
    )
}

async fn show_confirm(request: HttpRequest) -> Result<HttpResponse> {
    show(&request, Purpose::Confirm)
}

async fn show_reset(request: HttpRequest) -> Result<HttpResponse> {
    show(&request, Purpose::Reset)
}

fn show(request: &HttpRequest, purpose: Purpose) -> Result<HttpResponse> {
    let token = Query::of(request)?.text("token").unwrap_or_default();
    purpose.page(StatusCode::OK, None, Some(token))
}

async fn confirm(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    let mut form = body.form().await?;
    let token = form.text("token").unwrap_or_default();
    form.finish()?;
    match auth.confirm_on_page(caller, &token).await {
        Ok(()) => {
            Purpose::Confirm.page(StatusCode::OK, Some("Your account is open. You can sign in now."), None)
        }
        Err(error) => Purpose::Confirm.refused(error, token),
    }
}

async fn reset(auth: web::Data<Auth>, caller: Caller, body: Body) -> Result<HttpResponse> {
    let mut form = body.form().await?;
    let (token, password) = (form.text("token").unwrap_or_default(), form.text("new_password"));
    form.finish()?;
    match auth.reset_on_page(caller, &token, &password.unwrap_or_default()).await {
        Ok(()) => {
            let says = "Your new password is set, and every device is signed out. You can sign in now.";
            Purpose::Reset.page(StatusCode::OK, Some(says), None)
        }
        Err(error) => Purpose::Reset.refused(error, token),
    }
}

impl Purpose {
    /// The page: with a form for the token, if there is one to send.
    fn page(self, status: StatusCode, says: Option<&str>, token: Option<String>) -> Result<HttpResponse> {
        let (title, lead, action, button) = match self {
            Self::Confirm => (
                "Your address",
                "One more step: confirm that this address is yours.",
                "/account/confirm",
                "Confirm",
            ),
            Self::Reset => (
                "A new password",
                "Choose a password of at least 10 characters that others cannot guess. Every device is signed out.",
                "/account/reset",
                "Set the password",
            ),
        };
        let form = token.map(|token| Form { action, token, asks_password: self == Self::Reset, button });
        let frame = Frame { style: style::address(), who: None, mark: String::new() };
        let is_problem = status != StatusCode::OK;
        let page = Link { frame, title, says: says.unwrap_or(lead).to_owned(), is_problem, form };
        let text = page.render().map_err(Error::internal)?;
        Ok(HttpResponse::build(status).content_type(HTML).body(text))
    }

    fn refused(self, error: Error, token: String) -> Result<HttpResponse> {
        let told = error.problem();
        let (says, token) = match told.code {
            Code::InvalidLink => ("This link was used, or is over. Ask for a new one in your app.", None),
            Code::EmailTaken => ("Your account is open already. You can sign in.", None),
            Code::WeakPassword | Code::ValidationFailed => {
                ("This password is too short or too easy to guess. Choose another one.", Some(token))
            }
            _ => return Err(error),
        };
        let status = StatusCode::from_u16(told.code.status()).map_err(Error::internal)?;
        self.page(status, Some(says), token)
    }
}
