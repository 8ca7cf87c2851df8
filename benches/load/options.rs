//! The command line: what to measure, how often and for how long. Unknown arguments are refused with the help
//! text.

use crate::Result;
use crate::peers::{self, Peer};
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Side-by-side HTTP benchmark: this server, a bare actix server, what a team would pick instead and the machine's own
limits in turn.

usage: cargo bench --bench load -- [growth | members | bounded | overload | instructions] [options]

  --only PART,PART  measure only these: start bare get list summary streaks trends not-modified sync
                    login create wal durability postgres
  --peers NAME,NAME beside these, or none: pocketbase actix fastify express parse django directus (default: all;
                    one that cannot be installed is left out, with a line that says so)
  --rounds N        rounds of each part, every server once a round (default 3)
  --seconds N       length of one run (default 2, at most 300); sign-ins take 6 at least
  --quick           1 round and fewer starts: shows that it works, not how fast
  --json FILE       write everything measured there as well
  --directory DIR   where databases are put (default: under target/); its disk is the one measured
  --help

growth measures something else, and prints Markdown: how long the answers about one member take over journals
of 90 days, 2 and 10 years, cold and cached, beside the bare server; and in databases of few and many members.
members measures the latter alone.
  --members N,N     members of these databases (default 1000,100000)
  --crowd-days N    the days of their journals (default 30)
  --visits N        how often each is asked (default 100)
  --database URL    these on an empty PostgreSQL database instead of SQLite; once for each number of members
  --keep DIR        they stay there, and are used again when they are there
  --quick           10 visits, 100 and 1000 members

bounded prints how long a short read, a 304 and a create take while figures, exports, reports and imports of ten
years and sign-ins go on, with one thread that answers requests and with one a core.
  --database URL    on an empty PostgreSQL database instead of SQLite
  --visits N        how often each is asked (default 100)

overload prints how much of the peak is still served, and how quickly, when up to three times as much is asked for.
  --rounds N, --seconds N

instructions counts the processor's instructions of a request under valgrind, and prints Markdown: the same
on a busy machine as on a quiet one.
  --visits N        requests counted of each kind (default 100)

Needs wrk and taskset; strace for the part `durability`; python3 with pip for the peers, and PostgreSQL for four of them
and for the part `postgres`.
What answers runs on core 0, a peer's PostgreSQL too, wrk with 32 keep-alive connections on core 1; growth and bounded
need neither wrk nor Python, and ask over one connection.";

/// One thing that can be measured, alone with `--only`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Start,
    Bare,
    Get,
    List,
    Summary,
    Streaks,
    Trends,
    NotModified,
    Sync,
    Login,
    Create,
    Wal,
    Durability,
    /// Creates on PostgreSQL.
    Postgres,
}

impl Part {
    /// All of them, in the order of work: what writes comes last, so that reads see the same data in every
    /// round.
    pub const ALL: [Self; 14] = [
        Self::Start,
        Self::Bare,
        Self::Get,
        Self::List,
        Self::Summary,
        Self::Streaks,
        Self::Trends,
        Self::NotModified,
        Self::Sync,
        Self::Login,
        Self::Create,
        Self::Wal,
        Self::Durability,
        Self::Postgres,
    ];

    /// Its name on the command line and in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Bare => "bare",
            Self::Get => "get",
            Self::List => "list",
            Self::Summary => "summary",
            Self::Streaks => "streaks",
            Self::Trends => "trends",
            Self::NotModified => "not-modified",
            Self::Sync => "sync",
            Self::Login => "login",
            Self::Create => "create",
            Self::Wal => "wal",
            Self::Durability => "durability",
            Self::Postgres => "postgres",
        }
    }
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The goals, side by side.
    Goals,
    /// Longer journals, more members.
    Growth,
    /// More members.
    Members,
    /// Short requests beside long work.
    Bounded,
    /// More than can be done.
    Overload,
    /// What a request costs the processor.
    Instructions,
}

/// The command line, checked.
pub struct Options {
    pub rounds: u32,
    pub seconds: u32,
    pub starts: u32,
    pub parts: Vec<Part>,
    pub peers: Vec<&'static Peer>,
    pub json: Option<PathBuf>,
    pub directory: PathBuf,
    pub help: bool,
    pub what: What,
    /// Empty PostgreSQL databases, for `bounded` and for the members of `growth`.
    pub databases: Vec<String>,
    /// Of the databases that `growth` makes, ascending.
    pub members: Vec<u32>,
    /// Where these stay.
    pub keep: Option<PathBuf>,
    pub crowd_days: usize,
    pub visits: u32,
}

impl Options {
    /// Reads the arguments after the program's name; `--bench`, which cargo adds, means nothing here.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            rounds: 3,
            seconds: 2,
            starts: 20,
            parts: Part::ALL.to_vec(),
            peers: peers::ALL.iter().collect(),
            json: None,
            directory: PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
            help: false,
            what: What::Goals,
            databases: Vec::new(),
            members: vec![1_000, 100_000],
            keep: None,
            crowd_days: 30,
            visits: 100,
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n\n{HELP}"));
            match argument.as_str() {
                "--bench" => {}
                "--help" | "-h" => options.help = true,
                "growth" => options.what = What::Growth,
                "members" => options.what = What::Members,
                "bounded" => options.what = What::Bounded,
                "overload" => options.what = What::Overload,
                "instructions" => options.what = What::Instructions,
                "--database" => options.databases.push(value()?),
                "--quick" => {
                    (options.rounds, options.seconds, options.starts) = (1, 2, 5);
                    (options.visits, options.members) = (10, vec![100, 1_000]);
                }
                "--visits" => options.visits = number(&argument, &value()?, 1_000)?,
                "--crowd-days" => options.crowd_days = usize::try_from(number(&argument, &value()?, 7_300)?)?,
                "--keep" => options.keep = Some(std::path::absolute(value()?)?),
                "--members" => options.members = members(&argument, &value()?)?,
                "--rounds" => options.rounds = number(&argument, &value()?, 100)?,
                "--seconds" => options.seconds = number(&argument, &value()?, 300)?,
                "--only" => options.parts = parts(&value()?)?,
                "--peers" => options.peers = peers(&value()?)?,
                "--json" => options.json = Some(PathBuf::from(value()?)),
                "--directory" => options.directory = PathBuf::from(value()?),
                other => return Err(format!("unknown argument {other}\n\n{HELP}").into()),
            }
        }
        Ok(options)
    }

    /// Whether this part is to be measured.
    pub fn wants(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}

fn number(name: &str, text: &str, most: u32) -> Result<u32> {
    let number = text.parse::<u32>().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("{name} takes 1 to {most}, not {text}").into())
}

fn members(name: &str, text: &str) -> Result<Vec<u32>> {
    let mut members: Vec<u32> =
        text.split(',').map(|each| number(name, each.trim(), 10_000_000)).collect::<Result<_>>()?;
    members.sort_unstable();
    Ok(members)
}

fn parts(text: &str) -> Result<Vec<Part>> {
    let find = |name: &str| {
        let known = Part::ALL.into_iter().find(|part| part.name() == name);
        known.ok_or_else(|| format!("no part is called {name}\n\n{HELP}").into())
    };
    text.split(',').map(|name| find(name.trim())).collect()
}

fn peers(text: &str) -> Result<Vec<&'static Peer>> {
    let find = |name: &str| {
        let known = peers::ALL.iter().find(|peer| peer.name == name);
        known.ok_or_else(|| format!("no peer is called {name}\n\n{HELP}").into())
    };
    text.split(',').map(str::trim).filter(|name| *name != "none").map(find).collect()
}
