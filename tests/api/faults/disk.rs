//! A disk that is full, or takes nothing: reads go on, writes are refused with a reason, and all goes on by itself
//! once there is room. Needs a file system to fill (root may mount one) and `chattr`.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::{Load, PATH, not_tested};
use crate::support::client::PASSWORD;
use crate::support::server::program;
use crate::support::{Client, Engine, Server};

/// A small file system of a test's own.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs"]).arg(folder.path());
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self(folder)),
            failed => {
                not_tested("A full disk", &format!("cannot mount one: {failed:?}"));
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = File::create(self.path().join("filler")).unwrap();
        for size in [64 * 1024, 1024, 1] {
            let piece = vec![7; size];
            while file.write_all(&piece).is_ok() {}
        }
    }

    fn make_room(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}

/// Everything that only reads is answered.
fn reads_go_on(server: &Server, member: &Client) {
    for path in [
        "/v1/account",
        "/v1/check-ins?limit=3",
        "/v1/streaks",
        "/v1/summary",
        "/v1/days",
        "/v1/sync/changes?since=0",
        "/v1/export.json",
        "/readyz",
        "/livez",
    ] {
        member.get(path).expect(200);
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

fn writes_are_refused(server: &Server, member: &Client, code: &str) {
    let refused = |answer: crate::support::Answer| {
        assert!(answer.refused(503, code).header("retry-after").is_some(), "{answer:?}");
    };
    let long = "a word ".repeat(2_000);
    refused(member.post(PATH, &json!({"local_date": "2025-03-04", "note": long})));
    let row = json!({"collection": "check_ins", "id": crate::records::new_id(),
        "doc": {"local_date": "2025-03-04", "note": long}});
    refused(member.post("/v1/sync/changes", &json!({"changes": [row]})));
    // Signing in writes a session, and more than a little of it.
    let signed_in = || {
        let body = json!({"email": member.email(), "password": PASSWORD});
        server.anybody().post("/v1/auth/login", &body)
    };
    refused((0..50).map(|_| signed_in()).find(|answer| answer.status != 200).expect("a refusal"));
}

#[test]
fn a_full_disk_stops_writes_and_nothing_else() {
    let Some(disk) = Disk::new() else { return };
    let url = format!("sqlite://{}", disk.path().join("journal.db").display());
    let server = Server::start(Engine::sqlite(), &[("DATABASE_URL", &url)]);
    let member = server.member();
    for _ in 0..2 {
        let load = Load::start(&server.member(), 4);
        load.goes_on(40);
        disk.fill();
        writes_are_refused(&server, &member, "storage_full");
        reads_go_on(&server, &member);
        disk.make_room();
        load.goes_on(40);
        let crowd = load.member();
        load.finish(&crowd, &["storage_full"]);
        member.post(PATH, &json!({"local_date": "2025-03-04"})).expect(201);
    }
}

/// Files that nobody may write into, not even through what is open already; until it is dropped.
struct Frozen([PathBuf; 2]);

impl Frozen {
    fn new(files: [PathBuf; 2]) -> Option<Self> {
        let this = Self(files);
        if this.change("+i") {
            return Some(this);
        }
        not_tested("A disk that takes nothing", "chattr +i does not work here");
        None
    }

    fn change(&self, how: &str) -> bool {
        Command::new("chattr").arg(how).args(&self.0).output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.change("-i");
    }
}

#[test]
fn a_disk_that_takes_nothing_stops_writes_and_nothing_else() {
    let server = Server::start(Engine::sqlite(), &[]);
    let member = server.member();
    member.post(PATH, &json!({"local_date": "2025-03-04"})).expect(201);
    let files = ["journal.db", "journal.db-wal"].map(|name| server.directory().join(name));
    let Some(frozen) = Frozen::new(files) else { return };
    writes_are_refused(&server, &member, "storage_unavailable");
    reads_go_on(&server, &member);
    drop(frozen);
    member.post(PATH, &json!({"local_date": "2025-03-04"})).expect(201);
    assert_eq!(member.get(PATH).items().len(), 2, "what was refused was not kept");
}

#[test]
fn a_start_on_a_disk_that_takes_nothing_says_so() {
    let Some(disk) = Disk::new() else { return };
    let start = || {
        let mut command = program(disk.path());
        command
            .env("DATA_DIR", disk.path())
            .env("BIND_ADDRESS", "127.0.0.1:0")
            .arg("migrate")
            .output()
            .unwrap()
    };
    assert!(start().status.success());
    let remount = Command::new("mount").args(["-o", "remount,ro"]).arg(disk.path()).status().unwrap();
    assert!(remount.success());
    let output = start();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("journal.db") && said.to_lowercase().contains("read-only"), "{said}");
}
