//! The one cookie of pages, and who looks. Before somebody signs in it tells the forms of their browser from those
//! of others; then it is the ticket of their session, renewed with every page.
//!
//! No script can read it (`HttpOnly`), no other site can send it (`SameSite=Strict`), and only this host can have
//! set it (`__Host-`), over TLS (`Secure`). On the very machine that serves there is no TLS and no need for it.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{COOKIE, HOST};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use crate::auth::{Auth, Signed};
use crate::config::Config;
use crate::error::{Code, Error, Result};
use crate::http::body::Body;
use crate::http::query::Query;

const NAME: &str = "journal";
/// The name where it is `Secure`.
const HOST_NAME: &str = "__Host-journal";
/// What a proxy says of whom it speaks for.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// Somebody who has signed in and looks at a page.
pub struct Reader {
    /// Who.
    pub signed: Signed,
    /// What their browser holds.
    pub cookie: String,
}

/// A cookie for the answer, in the request's keeping until the answer leaves.
#[derive(Clone)]
pub struct Renewed(pub String);

impl FromRequest for Reader {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (request, auth) = (request.clone(), request.app_data::<web::Data<Auth>>().cloned());
        async move {
            let auth = auth.ok_or_else(|| Error::internal("pages without accounts"))?;
            let cookie = of(&request).ok_or_else(|| Error::of(Code::Unauthenticated))?;
            let signed = Arc::clone(&auth).looking(&cookie).await?;
            keep(&request, &auth.renewed(&signed));
            Ok(Self { signed, cookie })
        }
        .boxed_local()
    }
}

/// What the browser holds of ours.
pub fn of(request: &HttpRequest) -> Option<String> {
    let name = if is_secure(request) { HOST_NAME } else { NAME };
    let lines = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// Lets the browser hold this from now on.
pub fn keep(request: &HttpRequest, value: &str) {
    set(request, value, "");
}

/// Lets the browser hold nothing of ours any more.
pub fn forget(request: &HttpRequest) {
    set(request, "", "; Max-Age=0");
}

fn set(request: &HttpRequest, value: &str, end: &str) {
    let (name, secure) = if is_secure(request) { (HOST_NAME, "; Secure") } else { (NAME, "") };
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{end}");
    request.extensions_mut().insert(Renewed(line));
}

/// Whether the cookie is for TLS only: always, unless everything says that the browser is on this machine.
fn is_secure(request: &HttpRequest) -> bool {
    let here = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let proxied = FORWARDED.iter().any(|name| request.headers().contains_key(*name))
        || request.app_data::<web::Data<Config>>().is_none_or(|config| !config.trusted_proxies.is_empty());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    !(here && !proxied && is_this_machine(host))
}

/// Whether a `Host` names the machine of the browser itself.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.is_loopback())
}

/// The members of a form that we gave to this very browser.
pub async fn form(auth: &Auth, request: &HttpRequest, body: Body) -> Result<Query> {
    let foreign = || Error::new(Code::BadRequest, "this form did not come from a page of ours");
    let site = request.headers().get("sec-fetch-site").map(|site| site.as_bytes() == b"same-origin");
    let mut form = body.form().await?;
    let mark = form.text("mark").unwrap_or_default();
    let cookie = of(request).ok_or_else(foreign)?;
    if site == Some(false) || !auth.is_our_form(&cookie, &mark) {
        return Err(foreign());
    }
    Ok(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["", "journal.example", "localhost.example", "10.0.0.1:8080", "127.0.0.1.example:80", "[::2]"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
