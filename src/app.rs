//! The one registry of routes, and the server put together.

use std::io;
use std::iter::once_with;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_server::{Server, ServerHandle};
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Condition, DefaultHeaders};
use actix_web::rt::net::TcpStream;
use actix_web::{App, web};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpSocket;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::either::Either;

use crate::auth::{self, Auth};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::counselor;
use crate::db::Db;
use crate::db::seal::Keyring;
use crate::error::{Error, Result};
use crate::http::docs::{self, Documents};
use crate::http::envelope::{self, Envelope};
use crate::http::operation::{self, Closing};
use crate::http::route::Route;
use crate::http::router::Router;
use crate::http::scrape;
use crate::http::tls::Tls;
use crate::http::wire::{self, Wire};
use crate::insights;
use crate::journal::{self, routes::derived::Derived};
use crate::records;
use crate::sharing::{self, Sharing};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 2048;
/// How much of an answer may wait in the kernel for a client to take it. It bounds what somebody costs who takes
/// nothing, and that they take something is seen when about a third of it is gone.
const UNSENT: u32 = 128 * 1024;
/// How long a refused client may go on sending before its connection is cut.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// How long a browser may remember what CORS allows, in seconds.
const CORS_MAX_AGE: usize = 3600;

/// Every route of the API: each is served and documented from this list.
pub fn routes() -> impl Iterator<Item = Route> {
    journal::routes::routes()
        .chain(once_with(insights::routes::routes).flatten())
        .chain(once_with(auth::routes::routes).flatten())
        .chain(sharing::routes::routes())
        .chain(once_with(records::routes::routes).flatten())
        .chain(once_with(operation::routes).flatten())
        .chain(once_with(docs::routes).flatten())
}

/// What every worker works with. Cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The settings.
    pub config: Arc<Config>,
    /// The store.
    pub db: Db,
    /// Who is asking.
    pub auth: Arc<Auth>,
    /// Whether the server is closing.
    pub closing: Closing,
    derived: Arc<Derived>,
    sharing: Arc<Sharing>,
    documents: Documents,
    envelope: Envelope,
}

impl State {
    /// Opens the store and makes what the routes need.
    pub async fn open(config: Config) -> Result<Self> {
        let db = Db::open(&config).await?;
        let keyring = Arc::new(Keyring::load(&config.master_key_file)?);
        Catalogue::load().map_err(Error::internal)?;
        let derived: Arc<Derived> = Arc::default();
        Ok(Self {
            auth: Auth::start(&config, db.clone(), Arc::clone(&keyring))?,
            sharing: Arc::new(Sharing::new(db.clone(), keyring, Arc::clone(&derived))),
            derived,
            db,
            closing: Closing::default(),
            documents: Documents::new(|| routes().collect()),
            envelope: Envelope::new(config.max_in_flight, config.request_timeout, config.tls.is_some())?,
            config: Arc::new(config),
        })
    }

    /// Hands the state to the extractors of the handlers, each part by its own type.
    fn share(&self, app: &mut web::ServiceConfig) {
        app.app_data(web::Data::from(Arc::clone(&self.config)))
            .app_data(web::Data::new(self.db.clone()))
            .app_data(web::Data::from(Arc::clone(&self.auth)))
            .app_data(web::Data::from(Arc::clone(&self.derived)))
            .app_data(web::Data::from(Arc::clone(&self.sharing)))
            .app_data(web::Data::new(self.closing.clone()))
            .app_data(web::Data::new(self.documents.clone()));
    }
}

/// One worker's application: the state, the routes, and the layers around them.
pub fn application(
    state: &State,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let cross_origin = !state.config.cors_origins.is_empty();
    // CORS answers a browser's preliminary question itself, outside the envelope.
    let only_tls = state.config.tls.is_some().then_some(envelope::ONLY_TLS);
    let fixed =
        envelope::FIXED_HEADERS.into_iter().chain(only_tls).fold(DefaultHeaders::new(), DefaultHeaders::add);
    App::new()
        .configure(|app| {
            state.share(app);
            app.service(counselor::routes::scope());
            app.service(counselor::routes::links::scope());
            app.default_service(Router::new(routes().chain(docs::pages())));
        })
        .wrap(state.envelope.clone())
        .wrap(Condition::new(cross_origin, cors(&state.config.cors_origins)))
        .wrap(Condition::new(cross_origin, fixed))
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
        ])
        .allowed_headers(["idempotency-key", "last-event-id"])
        .expose_headers([
            header::CONTENT_DISPOSITION,
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            envelope::REQUEST_ID,
        ])
        .expose_headers(["ratelimit", "ratelimit-policy"])
        .max_age(CORS_MAX_AGE);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}

/// A server that accepts connections.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    state: State,
    server: Server,
    metrics: Option<ServerHandle>,
}

impl Running {
    /// Where it listens, for people and programs.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.state.config.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// A handle to stop it from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is told to stop, finishes what it began and closes the store.
    pub async fn finish(self) -> io::Result<()> {
        let ended = self.server.await;
        if let Some(metrics) = self.metrics {
            metrics.stop(false).await;
        }
        self.state.db.close();
        ended
    }
}

/// Starts a server. The error is a sentence for the operator. `stop` ends it when it resolves.
pub async fn start(
    config: Config,
    metrics: Option<PrometheusHandle>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, String> {
    // Bound before the store is opened: of two servers on one address, one ends here and touches nothing.
    let listener = listen("BIND_ADDRESS", config.bind_address)?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let mut config = config;
    config.public_url.get_or_insert_with(|| format!("http://{address}"));
    let metrics = match (config.metrics_address, metrics) {
        (Some(address), Some(figures)) => Some((listen("METRICS_ADDRESS", address)?, figures)),
        _ => None,
    };
    let tls = config.tls.clone().map(Tls::load).transpose()?;
    let state = State::open(config).await.map_err(|error| sentence(&error))?;
    let metrics = metrics
        .map(|(listener, figures)| scrape::serve(listener, figures, state.db.clone(), &state.config))
        .transpose()?;
    let server =
        serve(listener, &state, tls.clone(), stop).map_err(|error| format!("cannot serve: {error}"))?;
    if let Some(tls) = tls {
        let hangup =
            signal(SignalKind::hangup()).map_err(|error| format!("cannot listen for signals: {error}"))?;
        actix_web::rt::spawn(reload(tls, hangup));
    }
    actix_web::rt::spawn(state.db.clone().look_out());
    actix_web::rt::spawn(Arc::clone(&state.auth).deliver());
    Ok(Running { address, state, server, metrics })
}

/// Reads the certificate anew whenever it is asked to, for ever.
async fn reload(tls: Tls, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        match tls.reload() {
            Ok(()) => tracing::info!("the certificate was read anew"),
            Err(reason) => tracing::error!(reason, "the certificate stays as it was"),
        }
    }
}

fn serve(
    listener: TcpListener,
    state: &State,
    tls: Option<Tls>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Server> {
    let closing = state.closing.clone();
    let builder = Server::build()
        .workers(state.config.workers)
        .shutdown_timeout(state.config.request_timeout.as_secs())
        .shutdown_signal(async move {
            stop.await;
            closing.begin();
        });
    let draining = builder.graceful_shutdown_signal();
    let state = state.clone();
    let connections = move || {
        let (draining, tls, closing) = (draining.clone(), tls.clone(), state.closing.clone());
        let app = map_config(application(&state), |()| AppConfig::default());
        let http = HttpService::build()
            .keep_alive(wire::KEEP_ALIVE)
            .client_request_timeout(wire::HEAD)
            .client_disconnect_timeout(LAST_WORDS)
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .on_connect_ext(Wire::introduce)
            .finish(app);
        fn_service(move |io: TcpStream| {
            let (tls, closing) = (tls.clone(), closing.clone());
            async move {
                let peer = io.peer_addr().ok();
                // Answers are written whole: waiting to fill a packet would only add delay.
                drop(io.set_nodelay(true));
                let (io, protocol) = match &tls {
                    Some(tls) => tls.accept(io).await?,
                    None => (Either::Left(io), Protocol::Http1),
                };
                let wire = Wire::new(io, tls.is_some());
                // HTTP/1 ends its connections by itself when the server closes.
                let wire = if protocol == Protocol::Http2 { wire.of_streams(closing) } else { wire };
                Ok((wire, protocol, peer))
            }
        })
        .map_err(DispatchError::Io)
        .and_then(http)
    };
    Ok(builder.listen("api", listener, connections)?.run())
}

fn listen(setting: &str, address: SocketAddr) -> Result<TcpListener, String> {
    let say = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("{address} is in use by another program; choose another {setting}")
        }
        _ => format!("{setting}: cannot listen on {address}: {error}"),
    };
    let open = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restart need not wait for the connections of the server before it to be forgotten.
        socket.set_reuseaddr(true)?;
        // Every connection has it from here.
        socket.set_send_buffer_size(UNSENT)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    open().map_err(say)
}

/// An error of the start, in one sentence for the operator.
#[must_use]
pub fn sentence(error: &Error) -> String {
    match error {
        Error::Problem(problem) => problem.detail.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
