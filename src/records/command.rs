//! `recovery-journal export` and `import`: the same files for who runs the server, without signing in.
//!
//! Refuses an account that is not there or has no journal. A file has its name only once it is whole, and is
//! readable by its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::sync::mpsc;

use super::export::{self, Format};
use super::import::{self, FORMATS, Source};
use super::report::{self, Dates};
use crate::auth::{Account, Auth, Role};
use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::db::seal::Keyring;
use crate::domain::day;
use crate::error::{Error, Result};

/// `recovery-journal export`
#[derive(Args)]
pub struct Export {
    /// The address that the account signs in with
    #[arg(long, value_name = "EMAIL")]
    account: String,
    /// json is complete and can be imported; zip is one CSV a collection; fhir is for clinics; pdf is a report for a
    /// doctor
    #[arg(long, value_enum, default_value = "json")]
    format: Kind,
    /// pdf: the first date [default: 89 days before the last]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// pdf: the last date [default: today]
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// Where to write; - is standard output [default: a name with the date]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What an export is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Json,
    Zip,
    Fhir,
    Pdf,
}

impl Kind {
    /// The format of the whole journal; none is a report.
    const fn format(self) -> Option<Format> {
        match self {
            Self::Json => Some(Format::Json),
            Self::Zip => Some(Format::Zip),
            Self::Fhir => Some(Format::Fhir),
            Self::Pdf => None,
        }
    }
}

/// `recovery-journal import`
#[derive(Args)]
pub struct Import {
    /// The address that the account signs in with
    #[arg(long, value_name = "EMAIL")]
    account: String,
    /// The file
    file: PathBuf,
    /// Write nothing, and say what would be written
    #[arg(long)]
    dry_run: bool,
    /// What the file is: our own export, a Daylio diary, any CSV, or a list of dates
    #[arg(long, default_value = FORMATS[0], value_parser = FORMATS)]
    format: String,
    /// daylio: the IANA zone that its times are of
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// daylio: moods of the person's own as ratings, such as Cry:1,Sick:2
    #[arg(long, value_name = "MOODS")]
    mood_map: Option<String>,
    /// csv: a file that says which column is which member
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// dates: what the clock is about, such as opioids
    #[arg(long)]
    substance: Option<String>,
}

/// Writes an account's journal, or a report of it, into a file.
pub async fn export(config: Config, arguments: &Export) -> Result<()> {
    let dates = [("from", &arguments.from), ("to", &arguments.to)];
    let query = dates.iter().filter_map(|(name, date)| Some(format!("{name}={}", date.as_ref()?)));
    let query = query.collect::<Vec<_>>().join("&");
    if arguments.format != Kind::Pdf && !query.is_empty() {
        return Err(Error::internal("--from and --to are for --format pdf; the other files are whole"));
    }
    let (db, account) = open(&config, &arguments.account).await?;
    let today = day::local_date(clock::now(), &account.time_zone, account.day_starts_at);
    let named = |name: String| arguments.output.clone().unwrap_or_else(|| name.into());
    if let Some(format) = arguments.format.format() {
        let pieces = export::start(db.clone(), account, format, ());
        write(pieces, &named(format.file_name(today))).await?;
    } else {
        let dates = Dates::of(&query, today).inspect_err(show_mistakes)?;
        let path = named(dates.file_name());
        let mut target = Target::new(&path)?;
        target.write(&report::of_own(&db, account, dates, ()).await?)?;
        target.finish(&path)?;
    }
    db.close();
    Ok(())
}

/// Writes pieces into a file as they come.
async fn write(mut pieces: mpsc::Receiver<Result<Vec<u8>>>, path: &Path) -> Result<()> {
    let mut target = Target::new(path)?;
    let mut bytes = 0;
    while let Some(piece) = pieces.recv().await {
        let piece = piece?;
        target.write(&piece)?;
        bytes += piece.len();
        show(&format!("{} KiB", bytes / 1024), false);
    }
    show(&format!("{} KiB written", bytes / 1024), true);
    target.finish(path)
}

fn show_mistakes(error: &Error) {
    for mistake in error.problem().errors {
        show(&format!("{} {}", mistake.pointer, mistake.message), true);
    }
}

/// Imports a file into an account's journal.
pub async fn import(config: Config, arguments: &Import) -> Result<()> {
    let read = |path: &Path| fs::read(path).map_err(|error| file_error(path, &error));
    let mapping = arguments.mapping.as_deref().map(read).transpose()?;
    let given = |name: &str| match name {
        "time_zone" => arguments.time_zone.clone(),
        "mood_map" => arguments.mood_map.clone(),
        "substance" => arguments.substance.clone(),
        _ => mapping.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    };
    let source = Source::of(&arguments.format, given).map_err(|wrong| {
        let lines = wrong.into_iter().map(|(name, why)| format!("--{}: {why}", name.replace('_', "-")));
        Error::internal(lines.collect::<Vec<_>>().join("\n"))
    })?;
    let bytes = read(&arguments.file)?;
    let (db, account) = open(&config, &arguments.account).await?;
    let outcome = import::run(&db, account, source, bytes, arguments.dry_run, bar).await;
    db.close();
    let report = outcome.inspect_err(show_mistakes)?;
    for mistake in &report.errors {
        show(&format!("{} {}", mistake.pointer, mistake.message), true);
    }
    let counts = report.counts;
    let did = if report.dry_run { "Nothing is written yet. It would be" } else { "Done" };
    let line = format!(
        "{did}: {} created, {} updated, {} unchanged, {} kept as they are here, {} invalid.",
        counts.created, counts.updated, counts.unchanged, counts.kept, counts.invalid
    );
    writeln!(io::stdout(), "{line}").map_err(Error::internal)
}

async fn open(config: &Config, email: &str) -> Result<(Db, Arc<Account>)> {
    let db = Db::open(config).await?;
    let keyring = Arc::new(Keyring::load(&config.master_key_file)?);
    let auth = Auth::start(config, db.clone(), keyring)?;
    match auth.find(email).await? {
        Some(account) if account.role == Role::Member => Ok((db, Arc::new(account))),
        Some(_) => Err(Error::internal("this account is a counselor's and has no journal")),
        None => Err(Error::internal("no account signs in with this address")),
    }
}

/// Where an export is written to, under another name until it is whole.
enum Target {
    Output,
    File(File, PathBuf),
}

impl Target {
    fn new(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Output);
        }
        let draft = path.with_added_extension("part");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft);
        Ok(Self::File(file.map_err(|error| file_error(&draft, &error))?, draft))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Output => io::stdout().write_all(bytes).map_err(Error::internal),
            Self::File(file, draft) => file.write_all(bytes).map_err(|error| file_error(draft, &error)),
        }
    }

    fn finish(self, path: &Path) -> Result<()> {
        match self {
            Self::Output => io::stdout().flush().map_err(Error::internal),
            Self::File(file, draft) => {
                let done = file.sync_all().and_then(|()| fs::rename(&draft, path));
                done.map_err(|error| file_error(path, &error))?;
                writeln!(io::stdout(), "{}", path.display()).map_err(Error::internal)
            }
        }
    }
}

fn file_error(path: &Path, error: &io::Error) -> Error {
    Error::internal(format!("{}: {error}", path.display()))
}

/// How far an import is, on a terminal.
fn bar(done: usize, total: usize) {
    const WIDTH: usize = 30;
    let full = (done * WIDTH).checked_div(total).unwrap_or(WIDTH);
    let (full, empty) = ("#".repeat(full), "-".repeat(WIDTH - full.min(WIDTH)));
    show(&format!("[{full}{empty}] {done} of {total}"), done == total);
}

/// Tells the operator: what stays always, what changes only on a terminal.
fn show(text: &str, stays: bool) {
    let mut out = io::stderr();
    // What cannot be shown is no reason to stop.
    drop(match (out.is_terminal(), stays) {
        (true, true) => writeln!(out, "\r{text}"),
        (true, false) => write!(out, "\r{text}"),
        (false, true) => writeln!(out, "{text}"),
        (false, false) => Ok(()),
    });
}
