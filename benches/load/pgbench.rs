//! Creates on PostgreSQL beside pgbench, which is PostgreSQL's own: as many clients, the same cluster on the servers'
//! core. A create is more than an insert: a transaction that takes the journal's next revision too. pgbench inserts a
//! row as long into a plain table, the same row into our table, and takes all steps of a create in as few messages.

use crate::READY;
use crate::Result;
use crate::bench::folder;
use crate::book::{Book, INSERTS, INSERTS_AND_HTTP, OURS, ROWS, ROWS_AND_HTTP, STEPS, STEPS_AND_HTTP};
use crate::journal::Journal;
use crate::options::{Options, Part};
use crate::peers::{Cluster, output};
use crate::server::{CLIENT_CORE, Server, cpu_of_family, journal, pinned};
use crate::wrk::{Run, Wrk};
use std::fs;
use std::path::Path;

/// As many as the goal names.
const CLIENTS: u32 = 16;
/// A plain table for rows that hold as much as a check-in's.
const PLAIN: &str =
    "CREATE TABLE inserts (account_id integer, id uuid, revision bigint, created_at timestamptz,
    updated_at timestamptz, local_date date, ratings smallint[], sleep double precision, note bytea,
    PRIMARY KEY (account_id, id)); CREATE INDEX ON inserts (account_id, local_date)";
/// A sealed note of 200 characters has 240 bytes.
const INSERT: &str = "INSERT INTO inserts VALUES (:client_id, gen_random_uuid(), 1, now(), now(), '2026-10-10', \
    '{3,5,7,1,2,4,6,8}', 7.5, decode(repeat('ab', 240), 'hex'));\n";
/// Our members by number, for pgbench's clients.
const MEMBERS: &str =
    "CREATE TABLE members AS SELECT row_number() OVER () - 1 AS number, account_id FROM journals;
    ALTER TABLE members ADD PRIMARY KEY (number); ANALYZE members";
const CHOOSE: &str = "\\set member :client_id % 10\n";
const NEXT: &str = "UPDATE journals SET revision = revision + 1 \
    WHERE account_id = (SELECT account_id FROM members WHERE number = :member) RETURNING revision, epoch;\n";
const ROW: &str = "INSERT INTO check_ins (account_id, id, revision, created_at, updated_at, local_date, slot, mood, \
    anxiety, stress, energy, pain, craving, commitment, sleep_hours, sleep_quality, substance_free, note) VALUES \
    ((SELECT account_id FROM members WHERE number = :member), gen_random_uuid(), 1, now(), now(), '2026-10-10', \
    'day', 3, 5, 7, 1, 2, 4, 8, 7.5, 6, true, decode(repeat('ab', 240), 'hex'));\n";

/// Measures pgbench and our server in turn, in a database of their own.
pub fn measure(options: &Options, directory: &Path, cluster: &Cluster, book: &mut Book) -> Result<()> {
    let url = cluster.database("creates")?;
    cluster.sql(&url, PLAIN)?;
    let row = format!("{CHOOSE}{ROW}");
    let (begin, end) = ("\\startpipeline\n", "\\endpipeline\n");
    let steps = format!("{CHOOSE}{begin}BEGIN;\n{NEXT}{end}{begin}{ROW}COMMIT;\n{end}");
    let pgbench = |script: &str| -> Result<Run> {
        let file = directory.join("pgbench.sql");
        fs::write(&file, script)?;
        let mut command = pinned(CLIENT_CORE, &cluster.tools.join("pgbench"));
        command.args(["--no-vacuum", "--protocol", "prepared", "--jobs", "1"]);
        command.args(["--client", &CLIENTS.to_string()]);
        command.args(["--time", &options.seconds.to_string(), "--file"]).arg(file).arg(&url);
        let before = cpu_of_family(cluster.pid)?;
        let text = output(&mut command)?;
        let used = cpu_of_family(cluster.pid)? - before;
        let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        let rate: f64 = rate.ok_or_else(|| format!("pgbench says no rate: {text}"))?;
        Ok(Run { rate, cpu_micros: used / (rate * f64::from(options.seconds)), ..Run::default() })
    };

    let home = folder(directory, "on-postgres")?;
    let server = Server::start(journal(&home).env("DATABASE_URL", &url), READY, &home.join("stderr.log"))?;
    let mut members = Journal::set_up(&server.address)?;
    cluster.sql(&url, MEMBERS)?;
    let wrk = Wrk::new(&home)?;
    let part = Part::Postgres;
    for round in 1..=options.rounds {
        let (inserts, rows, transactions) = (pgbench(INSERT)?, pgbench(&row)?, pgbench(&steps)?);
        let run = wrk.run(&server, &members.requests(Part::Create)?, options.seconds, CLIENTS)?;
        // The client of pgbench has a core of its own; ours, which is the server, shares that of the database.
        let and_http =
            |alone: &Run| Run { rate: 1e6 / (1e6 / alone.rate + run.cpu_micros), ..Run::default() };
        let runs = [
            (INSERTS_AND_HTTP, and_http(&inserts)),
            (ROWS_AND_HTTP, and_http(&rows)),
            (STEPS_AND_HTTP, and_http(&transactions)),
            (INSERTS, inserts),
            (ROWS, rows),
            (STEPS, transactions),
            (OURS, run),
        ];
        for (name, run) in runs {
            println!("  {:<13} {round}/{}  {name:<28} {:>8.0}/s", part.name(), options.rounds, run.rate);
            book.add(part, name, run);
        }
    }
    Ok(())
}
