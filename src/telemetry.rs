//! Logs to standard error and figures for Prometheus. Neither ever holds what a person wrote.

use std::io;
use std::panic;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{Config, LogFormat};

/// Upper bounds of the histograms of time, in seconds.
const BUCKETS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Upper bounds of the histogram of writes that were committed together.
const JOBS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// What the HTTP library says at each start is no news, and what it says of each client that does not speak
/// HTTP would fill a disk.
const QUIET: &str = "actix_server=warn,actix_http::h1::dispatcher=off";

/// Begins to log. The error says what is wrong with `RUST_LOG`.
pub fn start_logging(config: &Config) -> Result<(), String> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.log_filter)).map_err(|error| {
        format!("RUST_LOG: expected a filter such as info,recovery_journal=debug: {error}")
    })?;
    let lines = fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    // Fails only when logging has begun before, as it may in tests.
    drop(match config.log_format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    });
    // A panic's message may quote a value; where it happened is enough to find it.
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
    Ok(())
}

/// Begins to count. Call it before anything that is counted is made.
pub fn start_metrics() -> Result<PrometheusHandle, String> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_jobs".to_owned()), JOBS))
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| format!("cannot count requests: {error}"))
}
