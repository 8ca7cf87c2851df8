//! The statements that really run, as PostgreSQL counts them: whatever touches a table of accounts names the account,
//! so that it goes to the one machine that has it (docs/SCALING.md). The few that ask for many accounts are named.

use std::collections::BTreeSet;
use std::io::Write as _;

use serde_json::json;

use crate::records::changed;
use crate::schema::{KEYED_BY_A_VALUE, PUBLIC};
use crate::second_factor::set_up;
use crate::sharing::life::{accept, body, client, offer, scope, share};
use crate::support::client::PASSWORD;
use crate::support::engine::variable;
use crate::support::{Client, Contract, Database, Engine, Mailbox, Server, collections};

/// What names the accounts of a statement that asks for many at once: a beginning, and who asks.
const ASK_FOR_MANY: &[(&str, &str)] = &[
    ("SELECT account_id, revision FROM journals WHERE account_id IN", "journals that are listened to"),
    ("SELECT journals.account_id, journals.revision FROM journals", "a caseload: which have changed"),
    ("SELECT accounts.account_id,", "a caseload, invitations: whose they are"),
    ("WITH wanted (place, account_id, first, last) AS (VALUES", "a caseload: what is shown of each"),
];
/// Statements without any account, by their beginning, and who runs them: commands of the operator only.
const ASK_FOR_ALL: &[(&str, &str)] = &[
    ("SELECT DISTINCT shares.account_id FROM shares", "verify: whose ledgers there are"),
    ("SELECT DISTINCT disclosures.account_id FROM disclosures", "verify"),
    ("SELECT disclosure_heads.account_id FROM disclosure_heads", "verify"),
    ("SELECT journals.account_id FROM journals", "restore --new-epochs"),
    ("WITH fresh (account_id, epoch) AS (VALUES", "restore --new-epochs"),
    ("DELETE FROM login_sessions", "restore --new-epochs"),
    ("DELETE FROM password_resets", "restore --new-epochs"),
    ("DELETE FROM second_factors WHERE (second_factors.active_at IS NULL)", "restore --new-epochs"),
];

/// Which tables of accounts a statement touches, and how often it says whose rows it wants.
#[derive(Debug, PartialEq, Eq)]
struct Statement {
    text: String,
    touches: Vec<String>,
    binds: usize,
}

impl Statement {
    fn read(text: &str, tables: &[String]) -> Self {
        let plain = text.replace('"', "").split_whitespace().collect::<Vec<_>>().join(" ");
        let spaced: String = plain.chars().flat_map(spread).collect();
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut touches = Vec::new();
        let mut binds = 0;
        for (place, word) in words.iter().enumerate() {
            let next = |ahead: usize| words.get(place + ahead).copied().unwrap_or_default();
            match word.to_ascii_uppercase().as_str() {
                "FROM" | "JOIN" | "UPDATE" | "INTO" => {
                    let table = (1..4).map(next).find(|word| *word != "(").unwrap_or_default();
                    touches.extend(tables.iter().find(|known| *known == table).cloned());
                }
                _ if word.rsplit('.').next() != Some("account_id") => {}
                _ if next(1) == "=" || next(1) == "IN" => binds += 1,
                _ => {}
            }
        }
        // A row that is put in says whose it is by having the column.
        let columns = spaced.strip_prefix("INSERT INTO").and_then(|rest| rest.split(')').next());
        binds += usize::from(columns.is_some_and(|columns| columns.contains("account_id")));
        Self { text: plain, touches, binds }
    }

    fn is_one_of(&self, named: &[(&str, &str)]) -> bool {
        named.iter().any(|(beginning, _)| self.text.starts_with(beginning))
    }

    fn asks_for_many(&self) -> bool {
        self.text.contains("account_id IN (")
            || self.text.contains("account_id = ANY")
            || self.text.contains("wanted.")
    }
}

/// Puts spaces around what is no word.
fn spread(sign: char) -> impl Iterator<Item = char> {
    let apart = "(),=".contains(sign);
    [apart.then_some(' '), Some(sign), apart.then_some(' ')].into_iter().flatten()
}

#[test]
fn a_statement_is_read_as_it_is_meant() {
    let tables = ["cravings", "clocks"].map(str::to_owned);
    let binds = |text: &str| {
        let statement = Statement::read(text, &tables);
        (statement.touches.len(), statement.binds)
    };
    assert_eq!(binds("SELECT id FROM \"cravings\" WHERE (\"cravings\".\"account_id\" = $1)"), (1, 1));
    assert_eq!(
        binds("SELECT 1 FROM (cravings JOIN clocks ON clocks.account_id = cravings.account_id)"),
        (2, 1)
    );
    assert_eq!(binds("INSERT INTO clocks (account_id, id) VALUES ($1, $2)"), (1, 1));
    assert_eq!(binds("UPDATE clocks SET label = $1 WHERE id = $2"), (1, 0));
    assert_eq!(binds("SELECT account_id FROM clocks"), (1, 0));
    assert_eq!(binds("DELETE FROM meeting_list"), (0, 0));
}

#[test]
fn every_statement_names_the_account() {
    let Some(engine) = Engine::postgres() else { return };
    let server = Server::start(engine, &[]);
    let database = Database(&server);
    let counted = "CREATE EXTENSION pg_stat_statements; SELECT pg_stat_statements_reset()";
    if let Err(reason) = database.execute(counted) {
        let warning = format!(
            "\nStatements were NOT read ({reason}): .ci/postgres starts a server that counts them\n\n"
        );
        std::io::stderr().write_all(warning.as_bytes()).unwrap();
        assert_ne!(variable("CI").as_deref(), Some("true"), "{warning}");
        return;
    }
    exercise(&server);
    let question = "SELECT DISTINCT query AS line FROM pg_stat_statements \
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let ran = database.lines(question);

    let public = |name: &String| PUBLIC.contains(&name.as_str());
    let (by_value, owned): (Vec<String>, Vec<String>) = database
        .tables()
        .into_iter()
        .filter(|name| !public(name))
        .partition(|name| KEYED_BY_A_VALUE.contains(&name.as_str()));
    let statements: Vec<Statement> = ran.iter().map(|text| Statement::read(text, &owned)).collect();
    let mut mistakes = Vec::new();
    for statement in &statements {
        let Statement { text, touches, binds } = statement;
        if *binds < touches.len() && !statement.is_one_of(ASK_FOR_ALL) {
            mistakes.push(format!("names no account: {text}"));
        }
        if !touches.is_empty() && statement.asks_for_many() && !statement.is_one_of(ASK_FOR_MANY) {
            mistakes.push(format!("asks for many accounts: {text}"));
        }
        if !touches.is_empty() && !Statement::read(text, &by_value).touches.is_empty() {
            mistakes.push(format!("joins what is kept apart: {text}"));
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
    // What was looked at is what there is: every table was written to, every exception is one.
    for table in &owned {
        let written = |one: &Statement| one.text.starts_with("INSERT") && one.touches.contains(table);
        assert!(statements.iter().any(written), "nothing was written to {table}");
    }
    for (beginning, who) in ASK_FOR_MANY.iter().chain(ASK_FOR_ALL) {
        assert!(
            statements.iter().any(|one| one.text.starts_with(beginning)),
            "{beginning} ({who}) has not run"
        );
    }
}

/// Uses everything that has a table: what there are statements for is asked.
fn exercise(server: &Server) {
    let (member, counselor, third_person) = (server.member(), server.counselor(), server.member());
    let scopes: Vec<_> = collections::all().iter().map(|one| scope(&one.name(), "entries")).collect();
    for collection in collections::all() {
        let id = member.post(collection.path, &collection.full()).expect(201).id().to_owned();
        let (body, name, _) = changed(&collection);
        member.patch(&collection.item(&id), &json!({name: body[name]})).expect(200);
        member.get(&collection.item(&id)).expect(200);
        let gone = member.post(collection.path, &collection.full()).expect(201).id().to_owned();
        member.delete(&collection.item(&gone)).expect(204);
    }
    let share = share(&member, &counselor, &json!(scopes));
    let second = server.member();
    self::share(&second, &counselor, &json!(scopes));
    let ended = offer(&second, &counselor, &json!(scopes));
    counselor.get("/v1/invitations").expect(200);
    counselor.request("POST", &format!("/v1/invitations/{ended}/decline")).send();
    let key = second
        .request("POST", "/v1/shares")
        .header("Idempotency-Key", "k")
        .json(&body(&counselor, &json!(scopes)));
    let third = key.send().expect(201).id().to_owned();
    accept(&counselor, &third).expect(200);
    second.delete(&format!("/v1/shares/{third}")).expect(204);

    let read: BTreeSet<&str> = Contract::get()
        .operations
        .iter()
        .filter(|operation| operation.method == "GET" && !operation.path.ends_with("/stream"))
        .map(|operation| operation.path.as_str())
        .collect();
    for path in read {
        let answer = match path.strip_prefix("/v1/clients/{share_id}/") {
            Some(below) if !below.contains('{') => counselor.get(&client(&share, below)),
            None if path == "/v1/clients" => counselor.get(path),
            None if !path.contains('{') => member.get(path),
            _ => continue,
        };
        // Some want parameters, some another scope; what there is a statement for is seen below.
        assert!([200, 400, 403].contains(&answer.status), "{answer:?}");
    }
    member.get("/v1/sync/changes?since=0&limit=1000").expect(200);
    let stream = crate::support::stream::Stream::of(&member, server.address());
    stream.expect(member.get("/v1/sync/changes?since=0&limit=1000").json["next_since"].as_i64().unwrap());
    std::thread::sleep(std::time::Duration::from_millis(700));
    // Once a link was mailed, its row is there; a second factor has its own.
    server.anybody().post("/v1/auth/password-reset", &json!({"email": third_person.email()})).expect(202);
    Mailbox(server).only(third_person.email());
    set_up(&third_person);
    sessions(server, &member);
    assert!(server.run(&["verify"]).status.success());
    assert!(server.run(&["restore", "--new-epochs"]).status.success());
}

/// Everything about sessions and passwords; the account is gone afterwards.
fn sessions(server: &Server, member: &Client) {
    let anybody = server.anybody();
    anybody.post("/v1/auth/login", &json!({"email": member.email(), "password": "nonsense"})).expect(401);
    let phone = anybody.log_in(member.email(), PASSWORD);
    let renewed = anybody.post("/v1/auth/refresh", &json!({"refresh_token": phone.refresh_token()}));
    let phone = anybody.signed_in(renewed.expect(200).json.clone());
    phone.patch("/v1/account", &json!({"country": "US"})).expect(200);
    let new = json!({"current_password": PASSWORD, "new_password": "a cold clear river at dawn"});
    phone.post("/v1/auth/password", &new).expect(204);
    let again = anybody.log_in(member.email(), "a cold clear river at dawn");
    again.post("/v1/auth/logout", &json!({"refresh_token": again.refresh_token()})).expect(204);
    let erase = json!({"password": "a cold clear river at dawn"});
    phone.request("DELETE", "/v1/account").json(&erase).send().expect(204);
}
