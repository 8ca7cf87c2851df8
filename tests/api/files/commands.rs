//! The command-line twins: the same files, for who runs the server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use super::{export, journals};
use crate::support::server::program;
use crate::support::{Server, both};

both!(operators_have_the_same_files);

fn run(server: &Server, arguments: &[&str]) -> Output {
    let mut command = program(server.directory());
    command.env("DATA_DIR", server.directory()).envs(server.engine().url().map(|url| ("DATABASE_URL", url)));
    command.args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn operators_have_the_same_files(server: &Server) {
    let (member, other) = (server.member(), server.member());
    journals::live(&member, 40);
    let path = server.directory().join("out.json");
    let name = path.to_str().unwrap();
    said(&run(server, &["export", "--account", member.email(), "--output", name]));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut file: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut shown = export(&member);
    assert_ne!(file["exported_at"].take(), shown["exported_at"].take());
    assert_eq!(file, shown);

    let import = |more: &[&str]| run(server, &[&["import", "--account", other.email(), name], more].concat());
    assert!(said(&import(&["--dry-run"])).starts_with("Nothing is written yet."));
    assert_eq!(export(&other)["journal"]["revision"], 1);
    assert!(!said(&import(&[])).contains(" 0 created"));
    assert!(said(&import(&[])).contains(" 0 created"));
    assert_eq!(export(&other)["collections"]["cravings"], file["collections"]["cravings"]);

    let zip = run(server, &["export", "--account", member.email(), "--format", "zip", "--output", "-"]);
    assert!(zip.status.success() && zip.stdout.starts_with(b"PK"));
    for (arguments, words) in [
        (&["export", "--account", "nobody@example.org"][..], "no account"),
        (&["import", "--account", other.email(), "missing.json"], "missing.json"),
        (&["import", "--account", other.email(), name, "--format", "dates"], "--substance"),
        (
            &["import", "--account", other.email(), name, "--format", "daylio", "--time-zone", "UTC"],
            "full_date",
        ),
    ] {
        let output = run(server, arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{output:?}");
    }
}
