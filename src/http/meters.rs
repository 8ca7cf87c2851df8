//! Figures about requests, for the operator's Prometheus: by route pattern, never by path, so that no id
//! and no name ends up in a figure. Without a recorder they count nothing and cost next to nothing.

use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Counter, Gauge, Histogram};

use crate::error::Code;

/// The name of the histogram of durations.
const DURATION: &str = "http_request_duration_seconds";

/// The figures of one path, found by a request once it is routed.
#[derive(Clone)]
pub struct PathMeters(Rc<Inner>);

struct Inner {
    pattern: String,
    methods: Vec<(Method, Meter)>,
    other: Meter,
}

/// The figures of one method, made when they are first needed: most never are, and each would be a line.
#[derive(Default)]
struct Meter {
    classes: [OnceCell<Counter>; 5],
    seconds: OnceCell<Histogram>,
}

impl Meter {
    fn count(&self, method: &str, route: &str, status: StatusCode, time: Duration) {
        let class = status.as_u16() / 100;
        let labels = || vec![("method", method.to_owned()), ("route", route.to_owned())];
        if let Some(counter) = self.classes.get(usize::from(class).saturating_sub(1)) {
            let make = || {
                let mut labels = labels();
                labels.push(("status", format!("{class}xx")));
                metrics::counter!("http_requests_total", &labels)
            };
            counter.get_or_init(make).increment(1);
        }
        self.seconds.get_or_init(|| metrics::histogram!(DURATION, &labels())).record(time);
    }
}

impl PathMeters {
    /// The figures of `pattern` with its methods.
    #[must_use]
    pub fn new(pattern: &str, methods: &[Method]) -> Self {
        let methods = methods.iter().map(|method| (method.clone(), Meter::default())).collect();
        Self(Rc::new(Inner { pattern: pattern.to_owned(), methods, other: Meter::default() }))
    }

    /// The pattern, for the log.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.0.pattern
    }

    /// Counts a request that was answered.
    pub fn count(&self, method: &Method, status: StatusCode, time: Duration) {
        match self.0.methods.iter().find(|(known, _)| known == method) {
            Some((method, meter)) => meter.count(method.as_str(), &self.0.pattern, status, time),
            None => self.0.other.count("other", &self.0.pattern, status, time),
        }
    }
}

/// How many event streams are open.
pub fn open_streams() -> Gauge {
    metrics::gauge!("sync_streams_open")
}

/// How many requests are worked on.
pub fn in_flight() -> Gauge {
    metrics::gauge!("http_requests_in_flight")
}

/// How many requests wait for the rest of their body.
pub fn arriving() -> Gauge {
    metrics::gauge!("http_bodies_arriving")
}

/// Requests that were refused because there was too much to do, by what there was too much of.
pub fn refused(reason: &'static str) -> Counter {
    metrics::counter!("http_requests_refused_total", "reason" => reason)
}

/// Answers that were a problem, by its code.
pub fn problem(code: Code) -> Counter {
    metrics::counter!("http_problems_total", "code" => code.as_str())
}

/// Answers made from a journal, by where they came from: the `client` had it, it was `kept`, it was `made`.
pub fn derived(from: &'static str) -> Counter {
    metrics::counter!("derived_answers_total", "from" => from)
}

/// Sessions that were looked up: `kept`, or read from the `store`.
pub fn session(from: &'static str) -> Counter {
    metrics::counter!("session_lookups_total", "from" => from)
}

/// Callers who wait for a password to be hashed.
pub fn hashes_waiting() -> Gauge {
    metrics::gauge!("password_hashes_waiting")
}
