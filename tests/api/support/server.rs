//! The real program, started on a free port with a directory of its own, and killed at the end.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::engine::variable;
use super::{Client, Engine};

const READY: &str = "listening on http";
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A running server.
pub struct Server {
    engine: Engine,
    directory: tempfile::TempDir,
    settings: Vec<(String, String)>,
    process: Child,
    address: String,
    /// Every line of standard output up to the ready line.
    pub greeting: Vec<String>,
}

/// The program, with nothing of the caller's environment. `TEST_PROGRAM` names another one, for measuring.
pub fn program(directory: &Path) -> Command {
    let built = || env!("CARGO_BIN_EXE_recovery-journal").to_owned();
    let mut command = Command::new(variable("TEST_PROGRAM").unwrap_or_else(built));
    command.env_clear().current_dir(directory).stdin(Stdio::null());
    command
}

impl Server {
    /// Starts a server and waits until it is ready. Unless `settings` say otherwise nobody is slowed down.
    pub fn start(engine: Engine, settings: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut all = vec![
            ("DATA_DIR".to_owned(), directory.path().to_str().unwrap().to_owned()),
            ("BIND_ADDRESS".to_owned(), "127.0.0.1:0".to_owned()),
            ("THROTTLE".to_owned(), "off".to_owned()),
            ("WORKERS".to_owned(), "2".to_owned()),
            ("DATABASE_POOL_SIZE".to_owned(), "8".to_owned()),
        ];
        all.extend(engine.url().map(|url| ("DATABASE_URL".to_owned(), url)));
        for (name, value) in settings {
            all.retain(|(known, _)| known != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        let (process, greeting) = spawn(directory.path(), &all);
        Self { engine, address: address(&greeting), directory, settings: all, process, greeting }
    }

    /// The same journal behind a new process, once the one before is gone.
    pub fn restart(&mut self) {
        self.kill();
        (self.process, self.greeting) = spawn(self.directory.path(), &self.settings);
        self.address = address(&self.greeting);
    }

    /// The same with other settings.
    pub fn restart_with(&mut self, settings: &[(&str, &str)]) {
        for (name, value) in settings {
            self.settings.retain(|(known, _)| known != name);
            self.settings.push(((*name).to_owned(), (*value).to_owned()));
        }
        self.restart();
    }

    /// Ends the process as a power cut would: at once, wherever it is (SIGKILL).
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends the process a signal.
    pub fn signal(&self, name: &str) {
        send_signal(name, self.process.id());
    }

    /// Asks the process to end (SIGTERM) and waits for it.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended()
    }

    /// Waits until the process has ended.
    pub fn ended(&mut self) -> ExitStatus {
        ended(&mut self.process)
    }

    /// Runs another command of the program on the same journal.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let settings = self.settings.iter().map(|(name, value)| (name, value));
        program(self.directory.path()).envs(settings).args(arguments).output().unwrap()
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The process, for looking at it from outside.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Which engine the server runs on.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Where the server keeps its files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What the server wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// A caller who has not signed in.
    pub fn anybody(&self) -> Client {
        Client::new(&self.address)
    }

    /// A new member.
    pub fn member(&self) -> Client {
        self.register("member")
    }

    /// A new counselor.
    pub fn counselor(&self) -> Client {
        self.register("counselor")
    }

    fn register(&self, role: &str) -> Client {
        let email = format!("{}@example.org", uuid::Uuid::new_v4().simple());
        self.anybody().register(&email, role)
    }
}

/// Another process on the journal of a server, as behind a load balancer.
pub struct Beside {
    process: Child,
    address: String,
}

impl Beside {
    /// Starts it.
    pub fn start(server: &Server) -> Self {
        let (process, greeting) = spawn(server.directory(), &server.settings);
        Self { process, address: address(&greeting) }
    }

    /// Asks the process to end (SIGTERM) and waits for it.
    pub fn terminate(&mut self) -> ExitStatus {
        send_signal("TERM", self.process.id());
        ended(&mut self.process)
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, as a test wanted it to.
        drop(self.process.kill());
        drop(self.process.wait());
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.len().saturating_sub(40);
            eprintln!("the server's last words ({}):\n{}", self.engine, lines[last..].join("\n"));
        }
    }
}

/// Waits until a process has ended.
fn ended(process: &mut Child) -> ExitStatus {
    let from = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        assert!(from.elapsed() < Duration::from_secs(15), "the server does not end when asked to");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a process a signal.
pub fn send_signal(name: &str, process: u32) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(process.to_string()).status().unwrap();
    assert!(sent.success(), "SIG{name} did not reach {process}");
}

fn address(greeting: &[String]) -> String {
    let ready = greeting.last().and_then(|line| line.strip_prefix(READY)).expect("a ready line");
    ready.trim_start_matches("s://").trim_start_matches("://").to_owned()
}

fn spawn(directory: &Path, settings: &[(String, String)]) -> (Child, Vec<String>) {
    let log = File::options().create(true).append(true).open(directory.join("log")).unwrap();
    let mut command = program(directory);
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let (sender, receiver) = mpsc::channel();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    thread::spawn(move || {
        let mut greeting = Vec::new();
        let mut line = String::new();
        while output.read_line(&mut line).is_ok_and(|read| read > 0) {
            greeting.push(line.trim_end().to_owned());
            if line.starts_with(READY) {
                break;
            }
            line.clear();
        }
        drop(sender.send(greeting));
        // Keeps reading: a server must not stall on a full pipe.
        drop(output.read_to_end(&mut Vec::new()));
    });
    let greeting = receiver.recv_timeout(READY_WITHIN).unwrap_or_default();
    if !greeting.last().is_some_and(|line| line.starts_with(READY)) {
        drop(process.kill());
        drop(process.wait());
        let log = fs::read_to_string(directory.join("log")).unwrap_or_default();
        panic!("the server is not ready; it said {greeting:?} and logged:\n{log}");
    }
    (process, greeting)
}
