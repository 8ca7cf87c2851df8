//! Journals that nobody lived: one to look at, and members by the thousand to measure with.

mod care;
pub mod life;

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use chrono::NaiveDate;
use clap::Args;
use futures_util::StreamExt as _;
use serde_json::{Map, Value as Json, json};

use crate::auth::{Account, Auth, Opening, register};
use crate::clock;
use crate::config::Config;
use crate::db::Db;
use crate::db::seal::Keyring;
use crate::db::types::{Id, Time};
use crate::domain::day;
use crate::error::{Code, Error, Result};
use crate::journal::record::{Record, Writer};
use crate::journal::store::Fresh;
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
/// Days of journals that one transaction writes; one journal at least.
const BATCH: u32 = 200;
/// Transactions at the same time, so that some are made up while others are written.
const AT_A_TIME: u32 = 4;

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
    let member =
        mill.make_up(new_id(), EMAIL, "member", &hash, life::journal(arguments.seed, today, arguments.days))?;
    let counselor = mill.make_up(new_id(), COUNSELOR, "counselor", &hash, Vec::new())?;
    let (count, first) = (member.records.len(), day::add_days(today, 1 - i64::from(arguments.days)));
    let accounts = [&member, &counselor].map(|one| Arc::clone(&one.account));
    mill.write(vec![member, counselor]).await.map_err(|error| match error {
        Error::Problem(problem) if problem.code == Code::EmailTaken => Error::internal(
            "this database has its demonstration already; choose another DATA_DIR to make a new one",
        ),
        other => other,
    })?;
    let [member, counselor] = accounts;
    mill.share(&member, &counselor).await?;
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
    let some = async |members: Vec<(u32, Id)>| {
        let one = |(number, id): &(u32, Id)| {
            let email = format!("member-{number}@example.org");
            mill.make_up(
                *id,
                &email,
                "member",
                &hash,
                life::journal(u64::from(*number), today, arguments.days),
            )
        };
        mill.write(members.iter().map(one).collect::<Result<_>>()?).await?;
        Ok::<_, Error>(members.len())
    };
    let (first, total) = (arguments.first, arguments.members);
    // Random, but in order: every table and index begins with the account, so that each grows at its end
    // instead of having a page of its own rewritten for every member.
    let mut ids: Vec<Id> = (0..total).map(|_| new_id()).collect();
    ids.sort_unstable();
    let each: Vec<(u32, Id)> = (first..).zip(ids).collect();
    let together = each.chunks((BATCH / arguments.days).max(1) as usize).map(<[_]>::to_vec);
    let at_a_time = AT_A_TIME.min(config.database_pool_size) as usize;
    let mut writing = futures_util::stream::iter(together).map(some).buffer_unordered(at_a_time);
    let mut done = 0;
    while let Some(written) = writing.next().await {
        done += written?;
        report(done, total);
    }
    drop(writing);
    mill.db.close();
    say(&format!("Wrote {total} members: member-{first}@example.org and so on, password \"{PASSWORD}\"."))
}

fn new_id() -> Id {
    Id(clock::new_random_id())
}

/// Shows progress on a terminal.
fn report(done: usize, total: u32) {
    let mut out = std::io::stderr();
    if out.is_terminal() {
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

/// An account that nobody has, and what its journal shall be.
struct MadeUp {
    account: Arc<Account>,
    opening: Opening,
    records: Vec<(&'static Collection, Record)>,
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

    /// An account and its journal, whose records are read as their routes would read them.
    fn make_up(&self, id: Id, email: &str, role: &str, hash: &str, life: Vec<life::Entry>) -> Result<MadeUp> {
        let name = if role == "counselor" { "Robin Reyes" } else { "Demonstration" };
        let members = json!({
            "email": email, "password": "is not looked at", "time_zone": ZONE, "country": "US",
            "display_name": name, "role": role,
        });
        let (account, mut opening) =
            self.auth.unlived(id, members.as_object().unwrap_or(&Map::new()), hash)?;
        let now = self.now;
        let read = |(name, body): life::Entry| {
            let collection = Collection::named(name).ok_or_else(|| Error::internal(name))?;
            let id = body.get("id").and_then(Json::as_str).and_then(Id::parse);
            let id = id.ok_or_else(|| Error::internal("an entry without id"))?;
            let values = Writer { account: &account, now }.read(collection, id, &body, None)?;
            // Each takes the journal's next revision.
            opening.revision += 1;
            let record = Record { id, revision: opening.revision, created_at: now, updated_at: now, values };
            Ok((collection, record))
        };
        let records = life.into_iter().map(read).collect::<Result<_>>()?;
        Ok(MadeUp { account: Arc::new(account), opening, records })
    }

    /// Lets a counselor read everything.
    async fn share(&self, member: &Arc<Account>, counselor: &Arc<Account>) -> Result<()> {
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
        self.sharing.accept(counselor, id.ok_or_else(|| Error::internal("a share without id"))?).await?;
        Ok(())
    }

    /// Writes accounts and their journals in one transaction.
    async fn write(&self, members: Vec<MadeUp>) -> Result<()> {
        let (openings, journals): (Vec<_>, Vec<_>) =
            members.into_iter().map(|one| (one.opening, (one.account, one.records))).unzip();
        self.db
            .write(async move |conn| {
                register(conn, &openings).await?;
                let mut fresh = Fresh::default();
                for (account, records) in &journals {
                    for (collection, record) in records {
                        fresh.add(&account.key, collection, record)?;
                    }
                }
                fresh.write(conn).await
            })
            .await
    }
}
