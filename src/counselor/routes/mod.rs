//! Pages over HTTP. Everything below `/counselor` is answered by a page: errors too, and a look without a session
//! leads to the door. They are for people, so the API's documents do not list them.
//!
//! No page runs a script, loads from elsewhere, stands in another site's frame or is kept by a cache.

mod clients;
mod cookie;
mod door;
pub mod links;
mod problem;
mod style;

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, web};
use askama::Template;

use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::http::meters::PathMeters;

pub use cookie::Reader;

/// Where pages are.
const HOME: &str = "/counselor";

/// What stands around every page.
pub struct Frame {
    /// Where the style sheet is.
    pub style: &'static str,
    /// Who looks, if they have signed in.
    pub who: Option<String>,
    /// The mark of its forms.
    pub mark: String,
}

impl Frame {
    /// For somebody who has not signed in.
    fn outside(auth: &Auth, cookie: &str) -> Self {
        Self { style: style::address(), who: None, mark: auth.form_mark(cookie) }
    }

    /// For somebody who has; also their address.
    async fn of(auth: &Auth, reader: &Reader) -> Result<(Self, String)> {
        let person = auth.person(&reader.signed).await?;
        let who = Some(person.name().to_owned());
        let frame = Self { style: style::address(), who, mark: auth.form_mark(&reader.cookie) };
        Ok((frame, person.email))
    }
}

/// Every page.
pub fn scope() -> impl HttpServiceFactory {
    let client =
        [get("/clients/{share_id}", clients::client), get("/clients/{share_id}/brief", clients::brief)];
    let own = [
        get("/preview/{share_id}", clients::preview),
        get("/preview/{share_id}/brief", clients::preview_of_brief),
    ];
    let offers = [
        post("/invitations/{share_id}/accept", clients::accept),
        post("/invitations/{share_id}/decline", clients::decline),
    ];
    let pages = [get("", clients::home), get("/", clients::home), get("/style/{name}", style::get)];
    let door = [
        page("/sign-in", &[Method::GET, Method::POST])
            .route(web::get().to(door::show))
            .route(web::post().to(door::sign_in)),
        post("/sign-out", door::sign_out),
    ];
    let all = pages.into_iter().chain(door).chain(client).chain(own).chain(offers);
    all.fold(web::scope(HOME), actix_web::Scope::service)
        .default_service(web::to(nothing))
        .wrap(from_fn(problem::as_page))
}

fn page(path: &str, methods: &[Method]) -> Resource {
    page_at(HOME, path, methods)
}

fn page_at(place: &str, path: &str, methods: &[Method]) -> Resource {
    let meters = PathMeters::new(&format!("{place}{path}"), methods);
    web::resource(path).app_data(meters).default_service(web::to(nothing))
}

fn get<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    page(path, &[Method::GET]).route(web::get().to(handler))
}

fn post<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    page(path, &[Method::POST]).route(web::post().to(handler))
}

async fn nothing() -> Result<HttpResponse> {
    Err(Error::not_found())
}

/// A page that is there.
fn shown(page: &impl Template) -> Result<HttpResponse> {
    let text = page.render().map_err(Error::internal)?;
    Ok(HttpResponse::Ok().content_type(HTML).body(text))
}

/// On to another page, after a form.
fn on_to(place: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("Location", place)).finish()
}

const HTML: &str = "text/html; charset=utf-8";
