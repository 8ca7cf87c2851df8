//! Figures about requests, for the operator's Prometheus: by route pattern, never by path, so that no id
//! and no name ends up in a figure. Without a recorder they count nothing and cost next to nothing.

use std::rc::Rc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Counter, Gauge, Histogram};

/// The name of the histogram of durations, for the recorder's buckets.
pub const DURATION: &str = "http_request_duration_seconds";

/// The figures of one path, found by a request once it is routed.
#[derive(Clone)]
pub struct PathMeters(Rc<Inner>);

struct Inner {
    pattern: String,
    methods: Vec<(Method, Meter)>,
    other: Meter,
}

struct Meter {
    classes: [(u16, Counter); 5],
    seconds: Histogram,
}

impl Meter {
    fn new(method: &str, route: &str) -> Self {
        let labels = [("method", method.to_owned()), ("route", route.to_owned())];
        let counter = |class: u16| {
            let status = [("status", format!("{class}xx"))];
            let labels: Vec<_> = labels.iter().cloned().chain(status).collect();
            (class, metrics::counter!("http_requests_total", &labels))
        };
        Self { classes: [1, 2, 3, 4, 5].map(counter), seconds: metrics::histogram!(DURATION, &labels) }
    }
}

impl PathMeters {
    /// The figures of `pattern` with its methods.
    #[must_use]
    pub fn new(pattern: &str, methods: &[Method]) -> Self {
        let meters = methods.iter().map(|method| (method.clone(), Meter::new(method.as_str(), pattern)));
        let inner =
            Inner { pattern: pattern.to_owned(), methods: meters.collect(), other: Meter::new("other", pattern) };
        Self(Rc::new(inner))
    }

    /// The pattern, for the log.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.0.pattern
    }

    /// Counts a request that was answered.
    pub fn count(&self, method: &Method, status: StatusCode, time: Duration) {
        let known = self.0.methods.iter().find(|(known, _)| known == method);
        let meter = known.map_or(&self.0.other, |(_, meter)| meter);
        let class = status.as_u16() / 100;
        if let Some((_, counter)) = meter.classes.iter().find(|(known, _)| *known == class) {
            counter.increment(1);
        }
        meter.seconds.record(time);
    }
}

/// How many requests are being answered.
#[must_use]
pub fn in_flight() -> Gauge {
    metrics::gauge!("http_requests_in_flight")
}
