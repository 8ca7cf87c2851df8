//! Backups on the real program: whole although taken under load, private, refused where they could harm, and
//! restored so that no device and no session takes the past for the present.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use serde_json::json;

use crate::durability::everything;
use crate::records::new_id;
use crate::support::client::PASSWORD;
use crate::support::server::program;
use crate::support::{Client, Database, Engine, Server, both};

both!(a_database_that_was_restored_by_its_own_tools_begins_anew);

const PATH: &str = "/v1/check-ins";

/// Runs a command with the server's settings.
fn run(server: &Server, arguments: &[&str]) -> Output {
    let mut command = program(server.directory());
    command.env("DATA_DIR", server.directory()).args(arguments);
    command.envs(server.engine().url().map(|url| ("DATABASE_URL", url)));
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The command did it; what it wrote to standard output.
#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The command refused, in one sentence that holds all of these words.
#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty() && said.trim_end().lines().count() == 1, "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
}

fn backup(server: &Server) -> PathBuf {
    done(&run(server, &["backup"])).into()
}

fn restore(server: &Server, file: &Path) -> Output {
    run(server, &["restore", file.to_str().unwrap()])
}

fn log_a_day(member: &Client, note: &str) -> String {
    member.post(PATH, &json!({"local_date": "2025-03-04", "note": note})).expect(201).id().to_owned()
}

fn notes(server: &Server, email: &str) -> Vec<String> {
    let mut notes: Vec<String> =
        everything(&server.anybody().log_in(email, PASSWORD)).into_values().collect();
    notes.sort();
    notes
}

/// Every file below a directory with its content, logs and locks apart.
fn files(directory: &Path) -> HashMap<PathBuf, Vec<u8>> {
    let mut found = HashMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().unwrap() != "log" && path.extension().is_none_or(|end| end != "lock") {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn open(path: &Path) -> SqliteConnection {
    SqliteConnection::establish(path.to_str().unwrap()).unwrap()
}

fn epochs(server: &Server) -> Vec<String> {
    let epoch = if Database(server).is_sqlite() { "hex(epoch)" } else { "epoch::text" };
    Database(server).lines(&format!("SELECT {epoch} AS line FROM journals ORDER BY account_id"))
}

#[test]
fn a_backup_under_load_restores_whole() {
    let mut server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    let (acknowledged, stop) = (Mutex::new(HashMap::new()), AtomicBool::new(false));
    let write = || {
        while !stop.load(Ordering::Relaxed) {
            let (id, note) = (new_id(), new_id());
            let body = json!({"id": id, "local_date": "2025-03-04", "note": note});
            member.post(PATH, &body).expect(201);
            acknowledged.lock().unwrap().insert(id, note);
        }
    };
    let count = || acknowledged.lock().unwrap().len();
    let wait_until = |least: usize| {
        let from = Instant::now();
        while count() < least {
            assert!(from.elapsed() < Duration::from_secs(30), "next to no write in half a minute");
            thread::sleep(Duration::from_millis(1));
        }
    };
    let (before, file) = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(write);
        }
        wait_until(100);
        let before = acknowledged.lock().unwrap().clone();
        let file = backup(&server);
        wait_until(count() + 50);
        stop.store(true, Ordering::Relaxed);
        (before, file)
    });
    let after = acknowledged.into_inner().unwrap();
    assert_eq!(file.parent(), Some(server.directory().join("backups").as_path()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing lies beside the backup");

    assert!(server.terminate().success());
    let epoch = epochs(&server);
    done(&restore(&server, &file));
    assert_ne!(epochs(&server), epoch, "the journal has its old epoch");
    server.restart();
    let anybody = server.anybody();
    member.at(server.address()).get(PATH).refused(401, "invalid_token");
    let refresh = json!({"refresh_token": member.refresh_token()});
    anybody.post("/v1/auth/refresh", &refresh).refused(401, "invalid_token");
    let found = everything(&anybody.log_in(member.email(), PASSWORD));
    for (id, note) in &before {
        assert_eq!(found.get(id), Some(note), "{id} was acknowledged before the backup began");
    }
    for (id, note) in &found {
        assert_eq!(after.get(id), Some(note), "nobody wrote {id}");
    }
    assert!(found.len() < after.len(), "the backup is not of its moment");
    log_a_day(&anybody.log_in(member.email(), PASSWORD), "after the restore");
}

#[test]
fn neither_the_master_key_nor_a_word_is_in_a_backup() {
    let server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    log_a_day(&member, "a canary in the notes");
    let gone = log_a_day(&member, "a canary that was deleted");
    member.delete(&format!("{PATH}/{gone}")).expect(204);
    let bytes = fs::read(backup(&server)).unwrap();
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let key = fs::read_to_string(server.directory().join("master.key")).unwrap();
    let raw: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&key[at..at + 2], 16).unwrap()).collect();
    assert!(holds(b"SQLite format 3"), "the search finds nothing");
    for part in [key.trim().as_bytes(), &raw, b"a canary", member.email().as_bytes(), PASSWORD.as_bytes()] {
        assert!(!holds(part), "{} is in the backup", String::from_utf8_lossy(part));
    }
}

#[test]
fn a_backup_overwrites_nothing_and_says_where_it_is() {
    let server = Server::start(Engine::sqlite(), &[]);
    let output = server.directory().join("copies/monday.db");
    let arguments = ["backup", "--output", output.to_str().unwrap()];
    assert_eq!(done(&run(&server, &arguments)), output.to_str().unwrap());
    let first = fs::read(&output).unwrap();
    refused(&run(&server, &arguments), &["monday.db", "already"]);
    assert_eq!(fs::read(&output).unwrap(), first);
    assert_eq!(fs::read_dir(output.parent().unwrap()).unwrap().count(), 1, "no draft is left");

    let empty = tempfile::tempdir().unwrap();
    let nothing = program(empty.path()).arg("backup").output().unwrap();
    refused(&nothing, &["data/journal.db"]);
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "no database is made to be copied");
}

#[test]
fn nothing_is_restored_while_the_database_is_in_use() {
    let mut server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    log_a_day(&member, "before");
    let file = backup(&server);
    log_a_day(&member, "after");
    refused(&restore(&server, &file), &["journal.db", "a server or another command", "stop"]);
    assert_eq!(notes(&server, member.email()), ["after", "before"], "the server goes on as before");
    // What claims nothing, such as a database shell, is in the way too.
    server.kill();
    let mut shell = open(&server.directory().join("journal.db"));
    shell.batch_execute("SELECT count(*) FROM accounts").unwrap();
    refused(&restore(&server, &file), &["journal.db", "a program has it open", "stop"]);
    drop(shell);
    // A server that crashed is not: what it held ended with it.
    done(&restore(&server, &file));
    server.restart();
    assert_eq!(notes(&server, member.email()), ["before"]);
}

#[test]
fn what_was_there_is_kept_whole() {
    let mut server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    let file = backup(&server);
    log_a_day(&member, "only in the write-ahead log");
    server.kill();
    assert!(fs::metadata(server.directory().join("journal.db-wal")).unwrap().len() > 0);
    let said = done(&restore(&server, &file));
    let kept = files(server.directory());
    let kept: Vec<&PathBuf> = kept.keys().filter(|path| path.to_string_lossy().contains("before-")).collect();
    let [kept] = kept[..] else { panic!("not one file is kept: {kept:?}") };
    assert!(said.contains(kept.to_str().unwrap()), "{said}");
    done(&restore(&server, kept));
    server.restart();
    assert_eq!(notes(&server, member.email()), ["only in the write-ahead log"]);
}

#[test]
fn what_is_not_a_whole_backup_of_ours_changes_nothing() {
    let mut server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    for number in 0..40 {
        log_a_day(&member, &format!("a day worth keeping, number {number}"));
    }
    let good = fs::read(backup(&server)).unwrap();
    server.terminate();
    let file = server.directory().join("backups/candidate.db");
    let before = files(server.directory());
    let try_it = |bytes: &[u8], words: &[&str]| {
        fs::write(&file, bytes).unwrap();
        refused(&restore(&server, &file), words);
        fs::remove_file(&file).unwrap();
        assert!(files(server.directory()) == before, "a refused restore has changed something: {words:?}");
    };
    try_it(b"", &["candidate.db", "not a whole copy"]);
    try_it(b"a shopping list", &["candidate.db", "not a whole copy"]);
    for pages in [1, 2, 5, good.len() / 4096 - 1] {
        try_it(&good[..pages * 4096], &["candidate.db", "not a whole copy"]);
    }
    try_it(&good[..good.len() - 100], &["candidate.db", "not a whole copy"]);
    let mut torn = good.clone();
    torn[3 * 4096..3 * 4096 + 512].fill(0xAA);
    try_it(&torn, &["candidate.db", "not a whole copy"]);

    let changed = |sql: &str| {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("changed.db");
        fs::write(&path, &good).unwrap();
        open(&path).batch_execute(sql).unwrap();
        fs::read(&path).unwrap()
    };
    try_it(&changed("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')"), &["later version"]);
    try_it(&changed("DROP TABLE __diesel_schema_migrations"), &["not a whole copy"]);
    let orphan = "PRAGMA foreign_keys = OFF; INSERT INTO journals VALUES (x'00112233445566778899aabbccddeeff', 1, x'00')";
    try_it(&changed(orphan), &["not a whole copy"]);

    let log = server.directory().join("backups/candidate.db-wal");
    fs::write(&file, &good).unwrap();
    fs::write(&log, b"pages that are not in the file").unwrap();
    refused(&restore(&server, &file), &["candidate.db-wal", "backup"]);
    fs::remove_file(&log).unwrap();
    refused(&restore(&server, &server.directory().join("nowhere.db")), &["nowhere.db"]);

    let key = server.directory().join("other.key");
    fs::write(&key, "0".repeat(64)).unwrap();
    let mut command = program(server.directory());
    command.env("DATA_DIR", server.directory()).env("MASTER_KEY_FILE", &key).arg("restore").arg(&file);
    refused(&command.output().unwrap(), &["another master key", "MASTER_KEY_FILE"]);

    done(&restore(&server, &file));
    server.restart();
    assert_eq!(notes(&server, member.email()).len(), 40);
}

#[test]
fn a_backup_is_restored_beside_a_running_server() {
    let server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    log_a_day(&member, "then");
    let file = backup(&server);
    log_a_day(&member, "now");
    let beside = server.directory().join("beside");
    let nothing = ["restore", "/dev/null", "--into", beside.to_str().unwrap()];
    refused(&run(&server, &nothing), &["/dev/null"]);
    let arguments = ["restore", file.to_str().unwrap(), "--into", beside.to_str().unwrap()];
    let said = done(&run(&server, &arguments));
    let key = server.directory().join("master.key");
    assert!(said.contains(key.to_str().unwrap()), "it is not said how to look at it: {said}");
    refused(&run(&server, &arguments), &["beside", "not empty"]);
    let settings = [("DATA_DIR", beside.to_str().unwrap()), ("MASTER_KEY_FILE", key.to_str().unwrap())];
    let other = Server::start(Engine::sqlite(), &settings);
    assert_eq!(notes(&other, member.email()), ["then"]);
    member.get(PATH).expect(200);
    assert_eq!(notes(&server, member.email()), ["now", "then"]);
    assert!(!beside.join("master.key").exists());

    // On a machine that has no key yet it says so, and makes none.
    let bare = tempfile::tempdir().unwrap();
    let elsewhere = program(bare.path()).arg("restore").arg(&file).output().unwrap();
    assert!(done(&elsewhere).contains("no master key"), "{}", self::said(&elsewhere));
    assert!(!bare.path().join("data/master.key").exists());
}

#[test]
fn an_older_backup_is_brought_up_to_date() {
    let mut server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    log_a_day(&member, "from an older version");
    let file = backup(&server);
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let migrations = FileBasedMigrations::from_path(migrations).unwrap();
    open(&file).revert_last_migration(migrations).unwrap();
    let older = fs::read(&file).unwrap();
    server.terminate();
    let said = done(&restore(&server, &file));
    assert!(said.contains("up to date: 1."), "{said}");
    assert_eq!(fs::read(&file).unwrap(), older, "the backup itself stays as it is");
    server.restart();
    assert_eq!(notes(&server, member.email()), ["from an older version"]);
}

/// Killed at any moment, a restore leaves the one database or the other, whole.
#[test]
fn a_restore_that_is_killed_leaves_one_whole_database() {
    let mut server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    log_a_day(&member, "then");
    let file = backup(&server);
    log_a_day(&member, "now");
    server.terminate();
    for round in 0..12_u64 {
        let mut command = program(server.directory());
        command.env("DATA_DIR", server.directory()).arg("restore").arg(&file);
        let mut restoring = command.stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(round * 8));
        restoring.kill().unwrap();
        restoring.wait().unwrap();
        server.restart();
        let found = notes(&server, member.email());
        assert!(found == ["then"] || found == ["now", "then"], "round {round}: {found:?}");
        server.terminate();
    }
}

fn a_database_that_was_restored_by_its_own_tools_begins_anew(server: &Server) {
    let (member, other) = (server.member(), server.member());
    log_a_day(&member, "kept");
    let before = epochs(server);
    if !Database(server).is_sqlite() {
        refused(&run(server, &["backup"]), &["pg_dump", "restore --new-epochs"]);
        refused(&run(server, &["restore", "some.dump"]), &["pg_restore", "restore --new-epochs"]);
    }
    assert!(done(&run(server, &["restore", "--new-epochs"])).contains("2 journals"));
    let after = epochs(server);
    assert_eq!(after.len(), 2);
    assert!(
        after.iter().all(|epoch| !before.contains(epoch)) && after[0] != after[1],
        "{before:?} {after:?}"
    );
    for epoch in &after {
        assert_eq!(epoch.replace('-', "").as_bytes()[12], b'4', "not a random UUID: {epoch}");
    }
    assert_eq!(Database(server).count("login_sessions", "1 = 1"), 0);
    for gone in [&member, &other] {
        let refresh = json!({"refresh_token": gone.refresh_token()});
        server.anybody().post("/v1/auth/refresh", &refresh).refused(401, "invalid_token");
    }
    assert_eq!(notes(server, member.email()), ["kept"]);
}
