//! One layer around every request. It refuses what is too much at a time (503) and what takes too long
//! (408), catches a panic (500), makes every error answer a problem with the request's id, and puts the
//! security headers on all of them. What happened is counted and logged by route pattern: never a path, a
//! query, a body, a token or an address.

use std::cell::OnceCell;
use std::future::{Future, Ready, ready};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::error::InternalError;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::FutureExt as _;

use super::admission::{Admission, Rounds};
use super::body;
use super::encoding;
use super::mailbox::Mailbox;
use super::meters::{self, PathMeters};
use super::wire::{Connection, UnderWay};
use crate::db::seal;
use crate::error::{Code, Error, Result};

/// Carries the id of a request in its answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Fixed headers of every answer.
pub const FIXED_HEADERS: [(HeaderName, HeaderValue); 2] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];
/// What a browser may do with an answer that says nothing else: nothing.
pub const NOTHING_ALLOWED: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// What is said over TLS beside them: never to come without it.
pub const ONLY_TLS: (HeaderName, HeaderValue) =
    (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
/// Where much may come in, and how long that may take at least: on half a megabit a second 64 MiB are through in
/// 18 minutes, and 1 MiB in 17 seconds.
const UPLOADS: &[(&str, Duration)] =
    &[("/v1/import", Duration::from_mins(20)), ("/v1/sync/changes", Duration::from_mins(2))];
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The id of a request, for what is written down about it while it is answered.
pub struct RequestId(Rc<str>);

impl RequestId {
    /// The id that the answer will carry.
    #[must_use]
    pub fn of(request: &HttpRequest) -> String {
        request.extensions().get::<Self>().map(|id| id.0.to_string()).unwrap_or_default()
    }
}

/// What all workers share.
#[derive(Clone)]
pub struct Envelope(Arc<Shared>);

struct Shared {
    admission: Arc<Admission>,
    deadline: Duration,
    secure: bool,
    id_prefix: u32,
    next_id: AtomicU64,
}

impl Envelope {
    /// An envelope that lets `max_in_flight` requests in at a time and gives each `deadline`. `secure`: over TLS.
    pub fn new(max_in_flight: usize, deadline: Duration, secure: bool) -> Result<Self> {
        Ok(Self(Arc::new(Shared {
            admission: Admission::new(max_in_flight),
            deadline,
            secure,
            id_prefix: u32::from_be_bytes(seal::random()?),
            next_id: AtomicU64::new(1),
        })))
    }
}

impl<S, B> Transform<S, ServiceRequest> for Envelope
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<AnswerBody>;
    type Error = actix_web::Error;
    type Transform = Enveloped<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let unrouted = PathMeters::new("unrouted", &[]);
        let rounds = Rc::default();
        let mailbox = OnceCell::new();
        ready(Ok(Enveloped { service, shared: Arc::clone(&self.0), rounds, mailbox, unrouted }))
    }
}

/// The envelope around one worker's routes.
pub struct Enveloped<S> {
    service: S,
    shared: Arc<Shared>,
    rounds: Rc<Rounds>,
    mailbox: OnceCell<Mailbox>,
    unrouted: PathMeters,
}

impl<S, B> Service<ServiceRequest> for Enveloped<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<AnswerBody>;
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>>>>;

    forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let begun = Instant::now();
        // The answer to HEAD is that to GET; its body is left out where it is written.
        let is_head = request.method() == Method::HEAD;
        if is_head {
            request.head_mut().method = Method::GET;
        }
        let open_ended = request.headers().contains_key(TRANSFER_ENCODING);
        let connection = request.request().conn_data::<Rc<Connection>>();
        let under_way = connection.map(|connection| UnderWay::new(connection, open_ended));
        let id: Rc<str> = self.shared.next_request_id().into();
        let trip = Trip { begun, id, secure: self.shared.secure, unrouted: self.unrouted.clone() };
        // A busy server is alive: whoever restarts it for that would make things worse.
        let always = request.path() == "/livez";
        let admitted = self.rounds.admit(begun).or_else(|late| if always { Ok(()) } else { Err(late) });
        let place = match admitted.and_then(|()| self.shared.admission.place(always)) {
            Ok(place) => Rc::new(place),
            Err(refusal) => {
                let payload = request.take_payload();
                return Box::pin(async move {
                    // What is on its way already is taken, so that the connection can stay.
                    body::discard(payload).await;
                    let answer = refusal.answer(&trip.id);
                    Ok(trip.finish(request.into_response(answer), under_way))
                });
            }
        };
        request.request().extensions_mut().insert(Rc::clone(&place));
        request.request().extensions_mut().insert(RequestId(Rc::clone(&trip.id)));
        let deadline = self.shared.deadline_of(request.path());
        let accepted = encoding::accepted(&request);
        let answer = AssertUnwindSafe(self.service.call(request)).catch_unwind();
        let mailbox = self.mailbox.get_or_init(Mailbox::new).clone();
        Box::pin(async move {
            let answer = pin!(answer);
            let answer = mailbox.bring(answer);
            let outcome = tokio::time::timeout(deadline, answer).await;
            place.leave();
            let error = match outcome {
                Ok(Ok(Ok(response))) => {
                    let response = response.map_into_boxed_body();
                    let (request, mut answer) = response.into_parts();
                    if is_head && answer.body().size() == BodySize::Stream {
                        // Nobody reads it, and it may have no end.
                        answer = answer.set_body(BoxBody::new(()));
                    }
                    let response = ServiceResponse::new(request, encoding::packed(answer, accepted));
                    return Ok(trip.finish(response, under_way));
                }
                Ok(Ok(Err(error))) => error,
                Ok(Err(_panic)) => Error::internal("a handler panicked").into(),
                Err(_elapsed) => Error::of(Code::RequestTimeout).into(),
            };
            if let Some(under_way) = &under_way {
                under_way.connection().hang_up();
            }
            Err(trip.abandon(error))
        })
    }
}

/// What is known of a request from its arrival on.
struct Trip {
    begun: Instant,
    id: Rc<str>,
    secure: bool,
    unrouted: PathMeters,
}

impl Trip {
    /// Makes an answer fit to leave.
    fn finish(
        &self,
        response: ServiceResponse<BoxBody>,
        under_way: Option<UnderWay>,
    ) -> ServiceResponse<AnswerBody> {
        let id = &*self.id;
        let (request, mut answer) = response.into_parts();
        if answer.status().is_client_error() || answer.status().is_server_error() {
            answer = as_problem(answer, id);
        }
        if answer.status() == StatusCode::REQUEST_TIMEOUT {
            // What is left of it may still be on its way, and nobody waits for that.
            answer.head_mut().set_connection_type(ConnectionType::Close);
            if let Some(under_way) = &under_way {
                under_way.connection().hang_up();
            }
        }
        dress(answer.headers_mut(), id, request.path().starts_with("/v1"), self.secure);
        let meters = request.app_data::<PathMeters>().unwrap_or(&self.unrouted);
        self.note(meters, request.method(), answer.status(), id);
        let answer = answer.map_body(|_, body| AnswerBody { body, under_way });
        ServiceResponse::new(request, answer)
    }

    /// Answers a request that was lost on its way, without the route it took. Closes the connection: what
    /// is left of the request may still be arriving.
    fn abandon(&self, error: actix_web::Error) -> actix_web::Error {
        let id = &*self.id;
        let mut answer = as_problem(HttpResponse::from_error(error), id);
        dress(answer.headers_mut(), id, true, self.secure);
        answer.head_mut().set_connection_type(ConnectionType::Close);
        self.note(&self.unrouted, &Method::GET, answer.status(), id);
        InternalError::from_response("abandoned", answer).into()
    }

    fn note(&self, meters: &PathMeters, method: &Method, status: StatusCode, id: &str) {
        let time = self.begun.elapsed();
        meters.count(method, status, time);
        tracing::debug!(%method, route = meters.pattern(), status = status.as_u16(), ?time, request_id = id, "answered");
    }
}

impl Shared {
    fn deadline_of(&self, path: &str) -> Duration {
        let upload = UPLOADS.iter().find(|(known, _)| *known == path);
        upload.map_or(self.deadline, |(_, time)| self.deadline.max(*time))
    }

    fn next_request_id(&self) -> String {
        format!("{:08x}-{:x}", self.id_prefix, self.next_id.fetch_add(1, Ordering::Relaxed))
    }
}

/// Makes an error answer a problem. One that already is, or that is a page for people, is left as it is.
fn as_problem(answer: HttpResponse, id: &str) -> HttpResponse {
    let problem = match answer.error().and_then(actix_web::Error::as_error::<Error>) {
        Some(error) => {
            if let Some(reason) = error.hidden_reason() {
                tracing::error!(request_id = id, reason, "a request failed");
            }
            error.problem()
        }
        None if has_its_own_words(answer.headers()) => return answer,
        None => Error::of(code_of(answer.status())).problem(),
    };
    meters::problem(problem.code).increment(1);
    let mut told = problem.respond(id);
    // What was set for this answer stays with it: `Allow`, the headers of CORS, `RateLimit`.
    for (name, value) in answer.headers() {
        if !told.headers().contains_key(name) {
            told.headers_mut().append(name.clone(), value.clone());
        }
    }
    told
}

fn has_its_own_words(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        let value = value.as_bytes();
        value.starts_with(b"application/problem+json") || value.starts_with(b"text/html")
    })
}

/// The code of an error that comes from the HTTP library, which knows only its status.
fn code_of(status: StatusCode) -> Code {
    match status.as_u16() {
        404 => Code::NotFound,
        405 => Code::MethodNotAllowed,
        408 => Code::RequestTimeout,
        413 => Code::TooLarge,
        415 => Code::UnsupportedMediaType,
        429 => Code::TooManyRequests,
        431 => Code::HeadersTooLarge,
        503 => Code::Overloaded,
        ..500 => Code::BadRequest,
        _ => Code::Internal,
    }
}

fn dress(headers: &mut HeaderMap, id: &str, personal: bool, secure: bool) {
    for (name, value) in FIXED_HEADERS.into_iter().chain(secure.then_some(ONLY_TLS)) {
        headers.insert(name, value);
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, NOTHING_ALLOWED);
    }
    if personal && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, NO_STORE);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// A whole answer, head and body, to what was not a request and therefore never came here. It keeps what the
/// bare head says of its own.
pub(super) fn refusal_on_the_wire(code: Code, bare_head: &str, secure: bool) -> Bytes {
    // Nothing of it is in the log; it has an id to be like the others.
    let id = seal::random().map_or(0, u64::from_be_bytes);
    let id = format!("{id:016x}");
    let mut answer = Error::of(code).problem().respond(&id);
    dress(answer.headers_mut(), &id, true, secure);
    let ours = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        name != "content-length" && name != "connection"
    };
    let mut lines: Vec<String> = bare_head.split("\r\n").filter(ours).map(str::to_owned).collect();
    for (name, value) in answer.headers() {
        lines.push(format!("{name}: {}", value.to_str().unwrap_or_default()));
    }
    let body = answer.into_body().try_into_bytes().unwrap_or_default();
    lines.push(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
    [lines.join("\r\n").into_bytes(), body.to_vec()].concat().into()
}

/// An answer's body. The request is under way until it is out.
pub struct AnswerBody {
    body: BoxBody,
    under_way: Option<UnderWay>,
}

impl MessageBody for AnswerBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let part = Pin::new(&mut self.body).poll_next(cx);
        if let Some(under_way) = &mut self.under_way {
            under_way.hand_over(matches!(part, Poll::Ready(Some(Ok(_)))));
        }
        part
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
