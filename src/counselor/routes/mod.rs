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
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::Auth;
use crate::error::{Error, Result};
use crate::http::route::Route;
use crate::http::router::Router;

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
    let at = |path: &str| format!("{HOME}{path}");
    let (get, post) = (Method::GET, Method::POST);
    pages(
        HOME,
        vec![
            Route::page(get.clone(), at(""), clients::home),
            Route::page(get.clone(), at("/"), clients::home),
            Route::page(get.clone(), at("/style/{name}"), style::get),
            Route::page(get.clone(), at("/sign-in"), door::show),
            Route::page(post.clone(), at("/sign-in"), door::sign_in),
            Route::page(post.clone(), at("/sign-out"), door::sign_out),
            Route::page(get.clone(), at("/clients/{share_id}"), clients::client),
            Route::page(get.clone(), at("/clients/{share_id}/brief"), clients::brief),
            Route::page(get.clone(), at("/preview/{share_id}"), clients::preview),
            Route::page(get, at("/preview/{share_id}/brief"), clients::preview_of_brief),
            Route::page(post.clone(), at("/invitations/{share_id}/accept"), clients::accept),
            Route::page(post, at("/invitations/{share_id}/decline"), clients::decline),
        ],
    )
}

/// Pages below a place: what goes wrong there is told by a page.
fn pages(place: &str, routes: Vec<Route>) -> impl HttpServiceFactory + use<> {
    web::scope(place).default_service(Router::new(routes)).wrap(from_fn(problem::as_page))
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
