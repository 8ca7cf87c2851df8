//! Finds what answers a request: one tree of all paths, in which a path costs the same however many others there
//! are, and one kind of handler, whatever it takes.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::{
    Extensions, Payload, Service, ServiceFactory, ServiceRequest, ServiceResponse, always_ready,
};
use actix_web::http::{Method, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use futures_util::future::LocalBoxFuture;

use super::meters::PathMeters;
use super::route::Route;

type Answered = LocalBoxFuture<'static, Result<ServiceResponse, actix_web::Error>>;

/// A handler that takes a request: what it asks for is read from that first.
pub struct Handler(Box<dyn Fn(HttpRequest, Payload) -> Answered>);

impl Handler {
    /// A handler of actix.
    pub fn new<F, Args>(handler: F) -> Self
    where
        F: actix_web::Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self(Box::new(move |request, mut payload| {
            let handler = handler.clone();
            Box::pin(async move {
                let answer = match Args::from_request(&request, &mut payload).await {
                    Ok(args) => handler.call(args).await.respond_to(&request).map_into_boxed_body(),
                    Err(error) => HttpResponse::from_error(error),
                };
                Ok(ServiceResponse::new(request, answer))
            })
        }))
    }
}

/// The routes of one path.
struct Path {
    /// What a request knows of the path it took.
    known: Rc<Extensions>,
    handlers: Vec<(Method, Handler)>,
    /// The methods there are.
    allow: String,
}

impl Path {
    fn new(pattern: &str, routes: Vec<Route>) -> Self {
        let handlers: Vec<_> = routes.into_iter().map(|route| (route.method, route.handler)).collect();
        let methods: Vec<Method> = handlers.iter().map(|(method, _)| method.clone()).collect();
        let mut known = Extensions::new();
        known.insert(PathMeters::new(pattern, &methods));
        known.insert(Pattern(pattern.to_owned()));
        let head = methods.contains(&Method::GET).then_some("HEAD");
        let allow = methods.iter().map(Method::as_str).chain(head).collect::<Vec<_>>().join(", ");
        Self { known: Rc::new(known), handlers, allow }
    }
}

/// All routes of a worker. An unknown path is 404, an unknown method of a known path 405 with those there are.
#[derive(Clone)]
pub struct Router(Rc<matchit::Router<Path>>);

impl Router {
    /// A router of these routes.
    pub fn new(routes: impl IntoIterator<Item = Route>) -> Self {
        let mut paths: Vec<(String, Vec<Route>)> = Vec::new();
        for route in routes {
            match paths.iter_mut().find(|(known, _)| *known == route.path) {
                Some((_, routes)) => routes.push(route),
                None => paths.push((route.path.clone(), vec![route])),
            }
        }
        let mut tree = matchit::Router::new();
        for (pattern, routes) in paths {
            let path = Path::new(&pattern, routes);
            if let Err(error) = tree.insert(pattern, path) {
                tracing::error!(%error, "a path is not served");
            }
        }
        Self(Rc::new(tree))
    }
}

impl ServiceFactory<ServiceRequest> for Router {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Config = ();
    type Service = Self;
    type InitError = ();
    type Future = Ready<Result<Self, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        ready(Ok(self.clone()))
    }
}

impl Service<ServiceRequest> for Router {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = Answered;

    always_ready!();

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let at_once = |request: ServiceRequest, answer: HttpResponse| -> Answered {
            Box::pin(ready(Ok(request.into_response(answer))))
        };
        let Ok(found) = self.0.at(request.match_info().as_str()) else {
            return at_once(request, HttpResponse::NotFound().finish());
        };
        let path = found.value;
        request.add_data_container(Rc::clone(&path.known));
        let Some((_, handler)) = path.handlers.iter().find(|(method, _)| method == request.method()) else {
            let allow = (header::ALLOW, path.allow.as_str());
            return at_once(request, HttpResponse::MethodNotAllowed().insert_header(allow).finish());
        };
        let (request, payload) = request.into_parts();
        (handler.0)(request, payload)
    }
}

/// The pattern of the path that a request took.
struct Pattern(String);

/// What stands in a request's path where its pattern has this name in braces; empty if it has no such name.
#[must_use]
pub fn path_part<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    part(request, |known| known == name)
}

fn part(request: &HttpRequest, is_meant: impl Fn(&str) -> bool) -> &str {
    let Some(Pattern(pattern)) = request.app_data() else { return "" };
    let name =
        |part: &str| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')).is_some_and(&is_meant);
    let place = pattern.split('/').position(name);
    place.and_then(|place| request.match_info().as_str().split('/').nth(place)).unwrap_or_default()
}

/// What stands in a request's path for the first name in braces of its pattern.
pub struct PathPart(String);

impl Deref for PathPart {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl FromRequest for PathPart {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(part(request, |_| true).to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::http::StatusCode;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    use super::*;

    async fn ids(request: HttpRequest, first: PathPart) -> String {
        format!("{} {} {}", &*first, path_part(&request, "id"), path_part(&request, "no such name"))
    }

    async fn word() -> &'static str {
        "word"
    }

    #[actix_web::test]
    async fn a_path_is_found_by_its_pattern_and_a_handler_by_the_method() {
        let app = App::new().default_service(Router::new([
            Route::page(Method::GET, "/clients/{share_id}/cravings/{id}", ids),
            Route::page(Method::GET, "/clients/all", word),
            Route::page(Method::PUT, "/clients/all", word),
        ]));
        let app = init_service(app).await;
        let ask = async |method: Method, path: &str| {
            let request = TestRequest::with_uri(path).method(method).to_request();
            let answer = call_service(&app, request).await;
            let allow = answer.headers().get(header::ALLOW).map(|it| it.to_str().unwrap().to_owned());
            (answer.status(), allow, String::from_utf8(read_body(answer).await.to_vec()).unwrap())
        };
        let found = |text: &str| (StatusCode::OK, None, text.to_owned());
        assert_eq!(ask(Method::GET, "/clients/7/cravings/8?id=9").await, found("7 8 "));
        assert_eq!(ask(Method::GET, "/clients/all/cravings/a%20b").await, found("all a b "));
        assert_eq!(ask(Method::GET, "/clients/all").await, found("word"));
        for nowhere in ["/", "/clients", "/clients/7", "/clients/7/cravings/", "/clients/7/cravings/8/9"] {
            assert_eq!(
                ask(Method::GET, nowhere).await,
                (StatusCode::NOT_FOUND, None, String::new()),
                "{nowhere}"
            );
        }
        let (status, allow, _) = ask(Method::DELETE, "/clients/all").await;
        assert_eq!((status, allow.as_deref()), (StatusCode::METHOD_NOT_ALLOWED, Some("GET, PUT, HEAD")));
    }
}
