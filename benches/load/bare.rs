//! The reference: what the web framework itself can do on the same core. No database, no login, no checks.
//! `/hello` a few bytes, `/prebuilt/SIZE` a JSON body made once, `/records30` 30 check-ins serialised per
//! request.

use crate::sample;
use crate::server::{SERVER_CORE, Server, pinned};
use crate::{READY, Result};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use serde::Serialize;
use std::env;
use std::path::Path;

/// The hidden argument that makes this program the bare server.
pub const ARGUMENT: &str = "--serve-bare";
/// The size of body that is measured whatever our answers weigh.
pub const PREBUILT_BYTES: usize = 4_096;

/// One check-in with every member of the real one.
#[derive(Serialize)]
struct CheckIn {
    id: String,
    revision: u64,
    created_at: String,
    updated_at: String,
    local_date: String,
    slot: &'static str,
    mood: Option<u8>,
    anxiety: Option<u8>,
    stress: Option<u8>,
    energy: Option<u8>,
    pain: Option<u8>,
    craving: Option<u8>,
    commitment: Option<u8>,
    sleep_hours: Option<f64>,
    sleep_quality: Option<u8>,
    substance_free: Option<bool>,
    intention: Option<String>,
    gratitude: Option<String>,
    note: Option<String>,
}

#[derive(Serialize)]
struct List<'a> {
    items: &'a [CheckIn],
    next_cursor: Option<&'a str>,
}

/// Starts the bare server beside ours, on the same core.
pub fn start(prebuilt: &[usize], directory: &Path) -> Result<Server> {
    let mut command = pinned(SERVER_CORE, &env::current_exe()?);
    command.arg(ARGUMENT).args(prebuilt.iter().map(ToString::to_string));
    Server::start(&mut command, READY, &directory.join("bare.log"))
}

/// Serves until it is ended; `sizes` are those of the prebuilt bodies, in bytes.
pub fn serve(sizes: &[usize]) -> Result<()> {
    let bodies: Vec<(String, Bytes)> =
        sizes.iter().map(|size| (format!("/prebuilt/{size}"), prebuilt(*size))).collect();
    let records: Data<Vec<CheckIn>> = Data::new((0..30).map(record).collect());
    let assemble = move || {
        let mut app = App::new()
            .app_data(records.clone())
            .route("/hello", web::get().to(async || HttpResponse::Ok().body("hello")))
            .route("/records30", web::get().to(list));
        for (path, body) in bodies.clone() {
            let answer = move || {
                let body = body.clone();
                async move { HttpResponse::Ok().content_type("application/json").body(body) }
            };
            app = app.route(&path, web::get().to(answer));
        }
        app
    };
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(assemble).workers(1).bind(("127.0.0.1", 0))?;
        for address in server.addrs() {
            println!("{READY}http://{address}");
        }
        server.run().await
    })?;
    Ok(())
}

async fn list(records: Data<Vec<CheckIn>>) -> HttpResponse {
    HttpResponse::Ok().json(List { items: &records, next_cursor: Some("eyJiZWZvcmUiOiIyMDI2LTEwLTAzIn0") })
}

fn prebuilt(size: usize) -> Bytes {
    let frame = r#"{"text":""}"#.len();
    Bytes::from(format!(r#"{{"text":"{}"}}"#, "x".repeat(size.saturating_sub(frame))))
}

fn record(number: usize) -> CheckIn {
    let sample = sample::check_in(number, "serialised for each request:");
    let rating = |name: &str| sample.get(name)?.as_u64()?.try_into().ok();
    let text = |name: &str| sample.get(name)?.as_str().map(str::to_owned);
    CheckIn {
        id: format!("01999999-0000-7000-8000-{number:012}"),
        revision: 300 - number as u64,
        created_at: "2026-11-02T21:40:00.123456Z".to_owned(),
        updated_at: "2026-11-02T21:40:00.123456Z".to_owned(),
        local_date: text("local_date").unwrap_or_default(),
        slot: "day",
        mood: rating("mood"),
        anxiety: rating("anxiety"),
        stress: rating("stress"),
        energy: rating("energy"),
        pain: rating("pain"),
        craving: rating("craving"),
        commitment: rating("commitment"),
        sleep_hours: Some(7.5),
        sleep_quality: rating("sleep_quality"),
        substance_free: Some(true),
        intention: None,
        gratitude: None,
        note: text("note"),
    }
}
