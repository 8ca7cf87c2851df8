//! The commands. Wrong settings end with exit code 2 and every mistake listed, any other failure with exit
//! code 1 and one sentence.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Args, Parser, Subcommand};
use serde_json::Value as Json;

use crate::app;
use crate::auth::commands as auth;
use crate::auth::erasure::{Disclosures, disclosures};
use crate::backup;
use crate::config::{Config, DEFAULTS, DatabaseUrl};
use crate::db::migrations;
use crate::demo;
use crate::http::{openapi, openapi_3_0};
use crate::meeting_list::commands as meeting_list;
use crate::records::command as records;
use crate::rotation;
use crate::sharing;
use crate::telemetry;

/// The backend that recovery apps stand on: a private journal with honest streaks and trends.
#[derive(Parser)]
#[command(version, after_help = settings())]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (the default)
    Serve,
    /// Bring the database's schema up to date and end
    Migrate,
    /// Copy the database into one file, while the server runs, and print where it is
    Backup(backup::Backup),
    /// Put a backup in the database's place, while no server runs
    Restore(backup::Restore),
    /// Make a code that lets an address open an account, and print it
    Invite(auth::Invite),
    /// Take the second factor of somebody away who has lost it
    RemoveSecondFactor(auth::RemoveSecondFactor),
    /// Put everything under a new master key, a step at a time
    RotateKey(rotation::RotateKey),
    /// Look at every list of disclosures for changes and gaps
    Verify,
    /// Print what was disclosed of an account that is erased
    Disclosures(Disclosures),
    /// Write an account's whole journal into a file
    Export(records::Export),
    /// Import a file into an account's journal, all or nothing
    Import(records::Import),
    /// Keep the public list of meetings that members search
    Meetings(meeting_list::Meetings),
    /// Write the API's OpenAPI documents
    Openapi(Openapi),
    /// Fill the database with a believable member of many months, to look at
    Demo(demo::Demo),
    /// Fill the database with members by the thousand, to measure with
    Seed(demo::Seed),
}

#[derive(Args)]
struct Openapi {
    /// Write nothing; fail if the files differ from what would be written
    #[arg(long)]
    check: bool,
    /// Where the files are
    #[arg(long, value_name = "DIR", default_value = "openapi")]
    output: PathBuf,
}

/// Why a command did not do what it was asked.
enum Failure {
    Settings(String),
    Other(String),
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self::Other(sentence)
    }
}

/// Runs the command that the program was called with.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve(),
        Command::Migrate => migrate(),
        Command::Openapi(arguments) => write_openapi(&arguments).map_err(Failure::Other),
        Command::Backup(arguments) => settled(async |config| backup::backup(&config, &arguments)),
        Command::Restore(arguments) => settled(async |config| backup::restore(&config, &arguments).await),
        Command::Export(arguments) => settled(async |config| records::export(config, &arguments).await),
        Command::Import(arguments) => settled(async |config| records::import(config, &arguments).await),
        Command::Meetings(arguments) => settled(async |config| meeting_list::run(&config, &arguments).await),
        Command::Invite(arguments) => settled(async |config| auth::invite(&config, &arguments).await),
        Command::RemoveSecondFactor(arguments) => {
            settled(async |config| auth::remove_second_factor(&config, &arguments).await)
        }
        Command::RotateKey(arguments) => settled(async |config| rotation::rotate(&config, &arguments).await),
        Command::Verify => verify(),
        Command::Disclosures(arguments) => settled(async |config| disclosures(&config, &arguments).await),
        Command::Demo(arguments) => settled(async |config| demo::demo(config, &arguments).await),
        Command::Seed(arguments) => settled(async |config| demo::seed(config, &arguments).await),
    };
    let (code, words) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Settings(mistakes)) => (2, format!("These settings cannot be used:\n{mistakes}")),
        Err(Failure::Other(sentence)) => (1, sentence),
    };
    // Nobody is left to tell if this fails.
    drop(writeln!(io::stderr(), "{words}"));
    ExitCode::from(code)
}

/// The settings, for `--help`.
fn settings() -> String {
    let lines = DEFAULTS.iter().map(|(name, default)| {
        if default.is_empty() { format!("  {name}") } else { format!("  {name:<24} {default}") }
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "Settings come from the environment or from a file .env in the current directory; .env.example explains \
         each. None is needed. With their defaults:\n{}",
        lines.join("\n")
    )
}

fn settle() -> Result<Config, Failure> {
    let config = Config::from_environment().map_err(Failure::Settings)?;
    telemetry::start_logging(&config).map_err(Failure::Settings)?;
    Ok(config)
}

fn serve() -> Result<(), Failure> {
    let config = settle()?;
    if !config.throttle {
        tracing::warn!("THROTTLE=off: sign-ins are not slowed down; this is for load tests only");
    }
    let metrics = config.metrics_address.map(|_| telemetry::start_metrics()).transpose()?;
    let data = place_of_data(&config.database_url);
    actix_web::rt::System::new().block_on(async move {
        let stop = stop_signal().map_err(|error| format!("cannot listen for signals: {error}"))?;
        let running = app::start(config, metrics, stop).await?;
        greet(&data, &running.url()).map_err(|error| format!("cannot write to standard output: {error}"))?;
        running.finish().await.map_err(|error| Failure::Other(format!("the server ended: {error}")))
    })
}

/// Tells people where everything is. The last line is the one that programs wait for.
fn greet(data: &str, url: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Recovery Journal {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "The journal is kept in {data}")?;
    writeln!(out, "Documentation: {url}/docs")?;
    writeln!(out, "Open an account:")?;
    writeln!(out, "  curl -s {url}/v1/auth/register -H 'Content-Type: application/json' \\")?;
    writeln!(
        out,
        "    -d '{{\"email\":\"you@example.org\",\"password\":\"a quiet river at dawn\",\"time_zone\":\"Europe/Berlin\"}}'"
    )?;
    writeln!(out, "listening on {url}")?;
    out.flush()
}

/// Where the data is, without what a database URL may hold of secrets.
fn place_of_data(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => path.display().to_string(),
        DatabaseUrl::Postgres(url) => {
            let place = url.rsplit_once('@').map_or_else(
                || url.split_once("://").map_or(url.as_str(), |(_, place)| place),
                |(_, place)| place,
            );
            format!("PostgreSQL at {}", place.split('?').next().unwrap_or_default())
        }
    }
}

/// Resolves at the first request to end: SIGTERM, or Ctrl-C.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        futures_util::future::select(Box::pin(terminate.recv()), Box::pin(interrupt.recv())).await;
        tracing::info!("finishing what was begun, then closing");
    })
}

/// Runs a command that needs the settings and nothing of the server.
fn settled(command: impl AsyncFnOnce(Config) -> crate::error::Result<()>) -> Result<(), Failure> {
    let config = settle()?;
    let done = actix_web::rt::System::new().block_on(command(config));
    done.map_err(|error| Failure::Other(app::sentence(&error)))
}

fn migrate() -> Result<(), Failure> {
    let config = settle()?;
    let done = migrations::run(&config.database_url).map_err(|error| app::sentence(&error))?;
    let version = migrations::version();
    say(&format!("{done} migrations run; the schema is at version {version}"))?;
    Ok(())
}

fn verify() -> Result<(), Failure> {
    let config = settle()?;
    let report = actix_web::rt::System::new().block_on(sharing::verify::verify(&config));
    let report = report.map_err(|error| app::sentence(&error))?;
    if report.faults.is_empty() {
        say(&format!("{} journals with {} disclosures: whole", report.journals, report.disclosures))?;
        return Ok(());
    }
    for fault in &report.faults {
        say(fault)?;
    }
    Err(format!("{} lists of disclosures do not fit", report.faults.len()).into())
}

fn write_openapi(arguments: &Openapi) -> Result<(), String> {
    let current = openapi::json(&app::routes().collect::<Vec<_>>());
    let older = openapi_3_0::rendition(current.clone());
    for (name, document) in [("openapi.json", current), ("openapi-3.0.json", older)] {
        let path = arguments.output.join(name);
        let text = pretty(&document)?;
        if arguments.check {
            compare(&path, &text)?;
        } else {
            fs::create_dir_all(&arguments.output)
                .and_then(|()| fs::write(&path, text))
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            say(&format!("wrote {}", path.display()))?;
        }
    }
    Ok(())
}

fn pretty(document: &Json) -> Result<String, String> {
    serde_json::to_string_pretty(document).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn compare(path: &Path, text: &str) -> Result<(), String> {
    match fs::read_to_string(path) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => Err(format!("{} is not what the code says: run `recovery-journal openapi`", path.display())),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

fn say(line: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{line}").map_err(|error| format!("cannot write to standard output: {error}"))
}
