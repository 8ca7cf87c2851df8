//! `/metrics` on a listener of its own, for the operator's Prometheus.
//!
//! What is counted where it happens is only read here; what can be looked up is looked up when somebody asks:
//! the store, the room on the disk, the age of the last backup, the process. It refuses nothing to whoever
//! reaches the listener, and says nothing about anybody.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use actix_server::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::admission::Refusal;
use super::meters;
use crate::clock;
use crate::config::Config;
use crate::db::{Db, EngineKind};
use crate::error::Code;

/// How often what was counted is put in order, whoever asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves the figures until the handle stops it.
pub fn serve(
    listener: TcpListener,
    figures: PrometheusHandle,
    db: Db,
    config: &Config,
) -> Result<ServerHandle, String> {
    let upkeep = figures.clone();
    actix_web::rt::spawn(async move {
        let mut interval = tokio::time::interval(UPKEEP);
        loop {
            interval.tick().await;
            upkeep.run_upkeep();
        }
    });
    introduce(&db);
    let data_dir = config.data_dir.clone();
    let render = move || {
        let (figures, db, data_dir) = (figures.clone(), db.clone(), data_dir.clone());
        let answer = move || {
            db.sample();
            sample(&data_dir);
            let text = figures.render();
            async move { HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text) }
        };
        App::new().route("/metrics", web::get().to(answer))
    };
    let server = HttpServer::new(render)
        .workers(1)
        .disable_signals()
        .listen(listener)
        .map_err(|error| format!("cannot serve figures: {error}"))?
        .run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(handle)
}

/// What does not change while the process lives.
fn introduce(db: &Db) {
    let engine = if db.kind() == EngineKind::Sqlite { "sqlite" } else { "postgres" };
    metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION"), "database" => engine).set(1);
    // A figure that appears only with its first event cannot be watched.
    for code in Code::ALL {
        meters::problem(*code).increment(0);
    }
    for refusal in Refusal::ALL {
        meters::refused(refusal.as_str()).increment(0);
    }
    db.introduce_figures();
    metrics::gauge!("process_start_time_seconds").set(seconds(clock::now().timestamp_micros()));
}

fn sample(data_dir: &Path) {
    if let Ok(disk) = rustix::fs::statvfs(data_dir) {
        gauge("data_directory_free_bytes", disk.f_bavail.saturating_mul(disk.f_frsize));
        gauge("data_directory_size_bytes", disk.f_blocks.saturating_mul(disk.f_frsize));
    }
    gauge("backup_last_timestamp_seconds", last_backup(&data_dir.join("backups")));
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    metrics::gauge!("process_cpu_seconds_total").set(seconds(cpu.tv_sec * 1_000_000 + cpu.tv_nsec / 1_000));
    // Where there is no /proc, these are not known.
    if let Some(kibibytes) = resident() {
        gauge("process_resident_memory_bytes", kibibytes * 1_024);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        gauge("process_open_fds", files.count() as u64);
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        gauge("process_max_fds", most);
    }
}

/// When the newest backup in the usual place was made, in seconds since 1970; 0 if there is none.
fn last_backup(folder: &Path) -> u64 {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let backups =
        names.filter(|file| PathBuf::from(file.file_name()).extension().is_some_and(|it| it == "db"));
    let made = backups.filter_map(|file| file.metadata().ok()?.modified().ok());
    made.max().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs())
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "figures are not counted by the microsecond")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "figures are not counted by the byte")]
fn gauge(name: &'static str, value: u64) {
    metrics::gauge!(name).set(value as f64);
}
