//! `recovery-journal meetings`: brings feeds into the public list, shows what is there, takes it off.
//!
//! An import may be run at any time and again: it tells new, changed, unchanged and vanished meetings of its
//! source apart, and writes only what differs. It reads every file before it writes anything, and writes in
//! small transactions, so that a running server goes on; one that was interrupted is finished by running it
//! again. Refuses files without a usable entry: an empty list is never what a feed means.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::Write as _;
use std::path::PathBuf;

use chrono_tz::Tz;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use super::feed::{Feed, Origin};
use super::listing::Listing;
use super::store::{self, Source};
use crate::catalogue::FELLOWSHIPS;
use crate::config::Config;
use crate::db::Db;
use crate::db::types::Id;
use crate::error::{Error, Result};

/// Rows written in one transaction.
const BATCH: usize = 200;

/// `recovery-journal meetings`
#[derive(Args)]
pub struct Meetings {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring Meeting Guide JSON feeds into the list; meetings of the source that they no longer have are taken off
    Import(Import),
    /// Show the sources and how many meetings each has, a row a meeting and day
    List,
    /// Take every meeting of a source off the list
    Remove(Remove),
}

#[derive(Args)]
struct Import {
    /// The feeds; together they are one source
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The fellowship of the meetings
    #[arg(long, default_value = "aa", value_parser = PossibleValuesParser::new(FELLOWSHIPS), hide_possible_values = true)]
    fellowship: String,
    /// The name under which they are kept, apart from other sources [default: the fellowship]
    #[arg(long, value_parser = source_name)]
    source: Option<String>,
    /// The time zone of meetings that name none, such as `America/New_York`
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<Tz>,
    /// Write nothing; only say what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args)]
struct Remove {
    /// The source's name
    #[arg(long)]
    source: String,
}

/// What an import does to the list.
#[derive(Default)]
struct Plan {
    put: Vec<Listing>,
    new: usize,
    unchanged: usize,
    vanished: Vec<Id>,
}

fn source_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fits = (1..=40).contains(&text.len()) && text.chars().all(allowed);
    fits.then(|| text.to_owned()).ok_or_else(|| "1 to 40 letters, digits, dots and dashes".to_owned())
}

/// Runs the command.
pub async fn run(config: &Config, meetings: &Meetings) -> Result<()> {
    match &meetings.command {
        Command::Import(arguments) => import(config, arguments).await,
        Command::List => {
            let db = Db::open(config).await?;
            let sources = db.read(async |conn| store::sources(conn).await).await?;
            db.close();
            let line =
                |source: &Source| format!("{} ({}): {}", source.name, source.fellowship, source.meetings);
            let lines: Vec<String> = sources.iter().map(line).collect();
            say(&if lines.is_empty() { "The list is empty.".to_owned() } else { lines.join("\n") })
        }
        Command::Remove(Remove { source }) => {
            let db = Db::open(config).await?;
            let known = source.clone();
            let gone: Vec<Id> =
                db.read(async |conn| store::digests(conn, &known).await).await?.into_keys().collect();
            if gone.is_empty() {
                return Err(Error::internal(format!("the list has no source {source}")));
            }
            remove(&db, &gone).await?;
            db.close();
            say(&format!("Source {source}: removed {}.", gone.len()))
        }
    }
}

async fn import(config: &Config, arguments: &Import) -> Result<()> {
    let source = arguments.source.clone().unwrap_or_else(|| arguments.fellowship.clone());
    let origin = Origin {
        source: source.clone(),
        fellowship: arguments.fellowship.clone(),
        time_zone: arguments.time_zone,
    };
    let (listings, skipped) = read(&arguments.files, &origin)?;
    let db = Db::open(config).await?;
    let kept = db.read(async |conn| store::digests(conn, &source).await).await?;
    let plan = Plan::of(listings, kept)?;
    let (new, changed) = (plan.new, plan.put.len() - plan.new);
    if !arguments.dry_run {
        for batch in plan.put.chunks(BATCH) {
            let (batch, source) = (batch.to_vec(), source.clone());
            db.write(async move |conn| store::put(conn, &source, &batch).await).await?;
        }
        remove(&db, &plan.vanished).await?;
    }
    db.close();
    let nothing = if arguments.dry_run { " Nothing was written." } else { "" };
    say(&format!(
        "Source {source}: new {new}, changed {changed}, unchanged {}, vanished {}, skipped {skipped}.{nothing}",
        plan.unchanged,
        plan.vanished.len()
    ))
}

/// Reads all files, and says of each entry that cannot be used why.
fn read(files: &[PathBuf], origin: &Origin) -> Result<(HashMap<Id, Listing>, usize)> {
    let (mut listings, mut count) = (HashMap::new(), 0);
    for file in files {
        let named = |reason: String| Error::internal(format!("{}: {reason}", file.display()));
        let bytes = std::fs::read(file).map_err(|error| named(error.to_string()))?;
        let feed = Feed::read(&bytes, origin).map_err(|reason| named(format!("the file {reason}")))?;
        let mut skip = |entry: &str, reason: &str| {
            count += 1;
            // Nobody is left to tell if this fails.
            drop(writeln!(std::io::stderr(), "{}: {entry}: {reason}", file.display()));
        };
        for skipped in feed.skipped {
            skip(&format!("entry {} ({})", skipped.index, skipped.slug), &skipped.reason);
        }
        for listing in feed.listings {
            match listings.entry(listing.id) {
                Entry::Occupied(_) => skip(&listing.name, "another entry has the same slug and day"),
                Entry::Vacant(free) => drop(free.insert(listing)),
            }
        }
    }
    if listings.is_empty() {
        let hint = "`recovery-journal meetings remove` takes a source off the list";
        return Err(Error::internal(format!("no entry can be used, so nothing was changed; {hint}")));
    }
    Ok((listings, count))
}

async fn remove(db: &Db, ids: &[Id]) -> Result<()> {
    for batch in ids.chunks(BATCH) {
        let batch = batch.to_vec();
        db.write(async move |conn| store::remove(conn, batch.iter().copied()).await).await?;
    }
    Ok(())
}

impl Plan {
    fn of(listings: HashMap<Id, Listing>, mut kept: HashMap<Id, Vec<u8>>) -> Result<Self> {
        let mut plan = Self::default();
        for (id, listing) in listings {
            match kept.remove(&id) {
                Some(digest) if digest == listing.digest()? => plan.unchanged += 1,
                before => {
                    plan.new += usize::from(before.is_none());
                    plan.put.push(listing);
                }
            }
        }
        plan.vanished = kept.into_keys().collect();
        Ok(plan)
    }
}

fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").map_err(Error::internal)
}
