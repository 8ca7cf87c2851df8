//! Backups: `recovery-journal backup` and `recovery-journal restore`, for SQLite.
//!
//! Never overwrites a file, never restores under a running server, never takes the master key along. What
//! PostgreSQL does better by its own tools is left to them; only the new beginning after a restore is ours.

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use crate::clock;
use crate::config::{Config, DatabaseUrl};
use crate::db::files::{Draft, at, with_suffix};
use crate::db::seal::Keyring;
use crate::db::{Db, copies};
use crate::error::{Error, Result};

/// What the database is called in a directory of its own.
const NAME: &str = "journal.db";
/// A moment in the name of a file.
const DATED: &str = "%Y-%m-%dT%H-%M-%S-%3fZ";

/// How often is shown how far a copy is.
const SHOWN_EVERY: Duration = Duration::from_millis(500);

/// `recovery-journal backup`
#[derive(Args)]
pub struct Backup {
    /// Where to; a file that is there is never overwritten [default: a dated name below `DATA_DIR/backups`]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `recovery-journal restore`
#[derive(Args)]
pub struct Restore {
    /// The backup
    #[arg(required_unless_present = "new_epochs")]
    file: Option<PathBuf>,
    /// Restore into this directory, which must be empty, and leave the database in use alone
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
    /// Restore nothing: the database was restored by its own tools. End all sessions and give every
    /// journal a new epoch, so that phones fetch it anew
    #[arg(long, conflicts_with_all = ["file", "into"])]
    new_epochs: bool,
}

/// Makes a backup and prints its path.
pub fn backup(config: &Config, arguments: &Backup) -> Result<()> {
    let DatabaseUrl::Sqlite(database) = &config.database_url else {
        return Err(Error::internal(
            "The journal is in PostgreSQL: copy it with pg_dump, and after pg_restore run `recovery-journal restore \
             --new-epochs`.",
        ));
    };
    let size = fs::metadata(database).map_err(|error| at(database, &error))?.len();
    let output = arguments.output.clone().unwrap_or_else(|| {
        config.data_dir.join("backups").join(format!("journal-{}.db", clock::now().format(DATED)))
    });
    refuse_existing(&output)?;
    let draft = Draft::of(&output).map_err(|error| at(&output, &error))?;
    let mut shown = Shown::of(size);
    let accounts = copies::make(database, &draft, move |copied| shown.grown(copied))?;
    draft.publish().map_err(|error| at(&output, &error))?;
    tell(&format!("Copied and checked: {}. The master key is not in it.", counted(accounts)));
    say(&output.display().to_string())
}

/// What a restore cannot know. Codes on paper stay: who has lost their authenticator has nothing else.
const BACK: &str = "What was erased, revoked, changed or used up after the backup was made is there again: accounts, shares, \
                    passwords, recovery codes.";

/// Restores a backup, or makes a database that was restored a new beginning.
pub async fn restore(config: &Config, arguments: &Restore) -> Result<()> {
    let Some(file) = &arguments.file else { return begin_anew(config).await };
    let database = match (&arguments.into, &config.database_url) {
        (Some(directory), _) => {
            refuse_full(directory)?;
            directory.join(NAME)
        }
        (None, DatabaseUrl::Sqlite(database)) => database.clone(),
        (None, DatabaseUrl::Postgres(_)) => {
            return Err(Error::internal(
                "The journal is in PostgreSQL: restore it with pg_restore, then run `recovery-journal restore \
                 --new-epochs`.",
            ));
        }
    };
    let aside = with_suffix(&database, &format!(".before-{}", clock::now().format(DATED)));
    let key = &config.master_key_file;
    // Loading would make one where there is none.
    let keyring = if key.exists() { Some(Keyring::load(key)?) } else { None };
    let restored = copies::restore(file, &database, &aside, keyring.as_ref()).await?;
    let mut lines = vec![
        format!("Restored {} from {} to {}.", counted(restored.accounts), file.display(), database.display()),
        "Every session is ended: people sign in again. Every journal has a new epoch: devices fetch it anew."
            .to_owned(),
        BACK.to_owned(),
    ];
    if restored.migrations > 0 {
        lines.push(format!("Migrations that brought it up to date: {}.", restored.migrations));
    }
    if restored.kept {
        lines.push(format!("The database before it is kept as {}.", aside.display()));
    }
    if keyring.is_none() {
        lines.push(format!(
            "There is no master key at {}. Put the one that the backup was made under there before a server starts.",
            key.display()
        ));
    }
    if let Some(directory) = &arguments.into {
        lines.push(format!(
            "To look at it: DATA_DIR={} MASTER_KEY_FILE={} BIND_ADDRESS=127.0.0.1:0 recovery-journal",
            directory.display(),
            key.display()
        ));
    }
    say(&lines.join("\n"))
}

async fn begin_anew(config: &Config) -> Result<()> {
    let db = Db::open(config).await?;
    let journals = db.write(async |conn| copies::renew(conn).await).await?;
    db.close();
    say(&format!("{journals} journals have a new epoch, and every session is ended.\n{BACK}"))
}

/// What a terminal shows of a copy under way. The line stays while the copy is checked.
struct Shown {
    size: u64,
    next: Instant,
    anything: bool,
}

impl Shown {
    /// A copy of at most so many bytes.
    fn of(size: u64) -> Self {
        Self { size, next: Instant::now() + SHOWN_EVERY, anything: false }
    }

    fn grown(&mut self, copied: u64) {
        if Instant::now() >= self.next && std::io::stderr().is_terminal() {
            self.next += SHOWN_EVERY;
            self.anything = true;
            let (copied, size) = (copied >> 20, self.size >> 20);
            // Progress that cannot be shown is no reason to stop.
            drop(write!(std::io::stderr(), "\r{copied} of at most {size} MB, then the copy is checked "));
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.anything {
            drop(writeln!(std::io::stderr()));
        }
    }
}

fn refuse_existing(file: &Path) -> Result<()> {
    match file.try_exists() {
        Ok(false) => Ok(()),
        Ok(true) => Err(Error::internal(format!("{} is there already", file.display()))),
        Err(error) => Err(at(file, &error)),
    }
}

fn refuse_full(directory: &Path) -> Result<()> {
    // A restore that failed before leaves the lock.
    let counts = |name: std::ffi::OsString| name != with_suffix(Path::new(NAME), ".lock");
    let is_full =
        |mut entries: fs::ReadDir| entries.any(|entry| entry.is_ok_and(|entry| counts(entry.file_name())));
    match fs::read_dir(directory).map(is_full) {
        Ok(true) => Err(Error::internal(format!("{} is not empty", directory.display()))),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(directory, &error)),
        _ => Ok(()),
    }
}

fn counted(accounts: i64) -> String {
    if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") }
}

/// What a script need not read.
fn tell(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").map_err(Error::internal)
}
