//! Journals that nobody lived: one to look at, and members by the thousand to measure with.

mod care;
pub mod life;

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;
use futures_util::StreamExt as _;
use serde_json::{Map, Value as Json, json};

use crate::auth::{Account, Auth};
use crate::clock;
use crate::config::{Config, DatabaseUrl};
use crate::db::Db;
use crate::db::seal::Keyring;
use crate::db::types::{Id, Time};
use crate::domain::day;
use crate::error::{Code, Error, Result};
use crate::journal::record::Writer;
use crate::journal::store;
use crate::journal::{COLLECTIONS, Collection};
use crate::sharing::Sharing;

/// How a demonstration signs in.
const EMAIL: &str = "demo@example.org";
/// How its counselor does, with the same password.
const COUNSELOR: &str = "counselor@example.org";
const PASSWORD: &str = "a lamp in the window at dusk";
/// Where the demonstration lives now.
const ZONE: &str = "America/Denver";
/// How long the demonstration is shared, in seconds.
const SHARED_FOR: i64 = 365 * 86_400;
/// Records written in one transaction.
const BATCH: usize = 200;
/// Members that are written to SQLite at the same time, so that they share commits.
const AT_A_TIME: usize = 256;

/// `recovery-journal demo`
#[derive(Args)]
pub struct Demo {
    /// The same seed on the same day makes the same journal
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many days it tells of
    #[arg(long, default_value_t = 548, value_parser = clap::value_parser!(u32).range(1..=7300))]
    days: u32,
}

/// `recovery-journal seed`
#[derive(Args)]
pub struct Seed {
    /// How many members
    #[arg(long, default_value_t = 1000)]
    members: u32,
    /// The number of the first of them, for a database that has some already
    #[arg(long, default_value_t = 1)]
    first: u32,
    /// How many days the journal of each tells of
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=7300))]
    days: u32,
}

/// Fills the database with one member, and says how to look at it.
pub async fn demo(config: Config, arguments: &Demo) -> Result<()> {
    let address = config.bind_address;
    let mill = Mill::open(&config).await?;
    let today = mill.today();
    let hash = mill.auth.hash_password(PASSWORD).await?;
    let account = mill.open_account(new_id(), EMAIL, "member", &hash).await.map_err(|error| match error {
        Error::Problem(problem) if problem.code == Code::EmailTaken => Error::internal(
            "this database has its demonstration already; choose another DATA_DIR to make a new one",
        ),
        other => other,
    })?;
    let entries = life::journal(arguments.seed, today, arguments.days);
    let (count, first) = (entries.len(), day::add_days(today, 1 - i64::from(arguments.days)));
    let account = Arc::new(account);
    mill.write(&account, entries).await?;
    mill.share(&account, &hash).await?;
    mill.db.close();
    say(&format!(
        "Wrote {count} records from {first} to {today}.

Start the server (recovery-journal serve), then sign in:

  export API=http://{address}
  export TOKEN=$(curl -s $API/v1/auth/login -H 'Content-Type: application/json' \\
    -d '{{\"email\":\"{EMAIL}\",\"password\":\"{PASSWORD}\"}}' | jq -r .access_token)

and look at it:

  curl -s $API/v1/summary -H \"Authorization: Bearer $TOKEN\" | jq
  curl -s $API/v1/streaks -H \"Authorization: Bearer $TOKEN\" | jq '.clocks[].message'
  curl -s \"$API/v1/trends?from={first}&bucket=month\" -H \"Authorization: Bearer $TOKEN\" | jq .ratings.mood
  curl -s \"$API/v1/insights/triggers?from={first}\" -H \"Authorization: Bearer $TOKEN\" | jq
  curl -s \"$API/v1/insights/skills?from={first}\" -H \"Authorization: Bearer $TOKEN\" | jq
  curl -s \"$API/v1/insights/adherence?from={first}\" -H \"Authorization: Bearer $TOKEN\" | jq
  curl -s $API/v1/support -H \"Authorization: Bearer $TOKEN\" | jq
  curl -s \"$API/v1/cravings?limit=3\" -H \"Authorization: Bearer $TOKEN\" | jq

All of it is shared with a counselor. To see what they see, open

  http://{address}/counselor

and sign in as {COUNSELOR} with \"{PASSWORD}\"."
    ))
}

/// Fills the database with many members, who all have the demonstration's password.
pub async fn seed(config: Config, arguments: &Seed) -> Result<()> {
    let mill = Mill::open(&config).await?;
    let today = mill.today();
    let hash = mill.auth.hash_password(PASSWORD).await?;
    let one = async |(number, id): (u32, Id)| {
        let email = format!("member-{number}@example.org");
        let account = Arc::new(mill.open_account(id, &email, "member", &hash).await?);
        mill.write(&account, life::journal(u64::from(number), today, arguments.days)).await
    };
    let (first, total) = (arguments.first, arguments.members);
    // Random, but in order: every table and index begins with the account, so that each grows at its end
    // instead of having a page of its own rewritten for every member.
    let mut ids: Vec<Id> = (0..total).map(|_| new_id()).collect();
    ids.sort_unstable();
    let each = (first..).zip(ids);
    let at_a_time = match config.database_url {
        DatabaseUrl::Sqlite(_) => AT_A_TIME,
        DatabaseUrl::Postgres(_) => config.database_pool_size as usize,
    };
    let mut done = futures_util::stream::iter(each).map(one).buffer_unordered(at_a_time).enumerate();
    while let Some((index, outcome)) = done.next().await {
        outcome?;
        report(index + 1, total);
    }
    drop(done);
    mill.db.close();
    say(&format!("Wrote {total} members: member-{first}@example.org and so on, password \"{PASSWORD}\"."))
}

fn new_id() -> Id {
    Id(clock::new_random_id())
}

/// Shows progress on a terminal.
fn report(done: usize, total: u32) {
    let mut out = std::io::stderr();
    if out.is_terminal() && (done.is_multiple_of(100) || done == total as usize) {
        // Progress that cannot be shown is no reason to stop.
        drop(write!(out, "\r{done} of {total} members"));
        if done == total as usize {
            drop(writeln!(out));
        }
    }
}

fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").map_err(Error::internal)
}

/// What writes journals.
struct Mill {
    db: Db,
    auth: Arc<Auth>,
    sharing: Sharing,
    now: Time,
}

impl Mill {
    async fn open(config: &Config) -> Result<Self> {
        let db = Db::open(config).await?;
        let keyring = Arc::new(Keyring::load(&config.master_key_file)?);
        let auth = Auth::start(config, db.clone(), Arc::clone(&keyring))?;
        let sharing = Sharing::new(db.clone(), keyring, Arc::default());
        Ok(Self { auth, sharing, db, now: clock::now().into() })
    }

    fn today(&self) -> NaiveDate {
        day::local_date(self.now.utc(), &chrono_tz::Tz::America__Denver, day::DayStart::default())
    }

    async fn open_account(&self, id: Id, email: &str, role: &str, hash: &str) -> Result<Account> {
        let name = if role == "counselor" { "Robin Reyes" } else { "Demonstration" };
        let members = json!({
            "email": email, "password": "is not looked at", "time_zone": ZONE, "country": "US",
            "display_name": name, "role": role,
        });
        self.auth.open_account(id, members.as_object().unwrap_or(&Map::new()), hash).await
    }

    /// Lets a counselor read everything.
    async fn share(&self, member: &Arc<Account>, hash: &str) -> Result<()> {
        let counselor = Arc::new(self.open_account(new_id(), COUNSELOR, "counselor", hash).await?);
        let whole = |name: &str| json!({"collection": name, "detail": "entries_with_notes"});
        let figures = ["insights", "streaks"].map(|name| json!({"collection": name, "detail": "summary"}));
        let scopes: Vec<Json> =
            COLLECTIONS.iter().map(|collection| whole(collection.name)).chain(figures).collect();
        let body = json!({
            "recipient_email": COUNSELOR, "recipient_organization": "Riverside", "purpose": "Counseling",
            "question": "How do I get through the hour after work?", "scopes": scopes,
            "expires_at": self.now.plus_seconds(SHARED_FOR).utc().to_rfc3339(),
            "signature_name": "Demonstration",
        });
        let body = body.as_object().cloned().unwrap_or_default();
        let made = self.sharing.create(member, body, None).await?.body;
        let made: Json = serde_json::from_str(&made).map_err(Error::internal)?;
        let id = made.get("id").and_then(Json::as_str).and_then(Id::parse);
        self.sharing.accept(&counselor, id.ok_or_else(|| Error::internal("a share without id"))?).await?;
        Ok(())
    }

    /// Writes records, read as their routes would read them, many in a transaction.
    async fn write(&self, account: &Arc<Account>, entries: Vec<life::Entry>) -> Result<()> {
        let now = self.now;
        for batch in entries.chunks(BATCH) {
            let account = Arc::clone(account);
            let read = |(name, body): &life::Entry| {
                let collection = Collection::named(name).ok_or_else(|| Error::internal(*name))?;
                let id = body.get("id").and_then(Json::as_str).and_then(Id::parse);
                let id = id.ok_or_else(|| Error::internal("an entry without id"))?;
                let values = Writer { account: &account, now }.read(collection, id, body, None)?;
                Ok((collection, id, values))
            };
            let records = batch.iter().map(read).collect::<Result<Vec<_>>>()?;
            self.db
                .write(async move |conn| {
                    store::create_all(conn, Writer { account: &account, now }, &records).await
                })
                .await?;
        }
        Ok(())
    }
}
