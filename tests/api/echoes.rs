//! Refusals say what is wrong and never what was said: a word of a caller's, at every place of every body, in every
//! parameter and header, is in no refusal, in no mail, not in the log and not in what an operator's import tells.
//! (What is in the database and the backups: sealing.rs.)

use std::fs;

use serde_json::{Value as Json, json};

use crate::files::{export, import};
use crate::records::new_id;
use crate::sharing::life::{body, client, offer, scope};
use crate::support::client::{PASSWORD, Request, refusals};
use crate::support::collections::example;
use crate::support::contract::Operation;
use crate::support::{Answer, Client, Contract, Server, both, collections};

both!(with [("RUST_LOG", "debug")] => no_refusal_says_what_was_said, an_import_tells_no_word_of_the_file);

/// What nobody may read in a refusal.
const WORD: &str = "Canarybird";

/// What takes the place of a value, from the nearly right to the absurd.
fn instead() -> Vec<Json> {
    let long = format!("{WORD} {}", "x".repeat(21_000));
    vec![
        json!(WORD),
        json!(long),
        json!(format!("{WORD}@example@org")),
        json!(format!("2025-03-04T25:00:00Z {WORD}")),
        json!(format!("{WORD}\u{0}")),
        json!([WORD, WORD]),
        json!({"is": WORD}),
        json!([{"is": [WORD]}]),
    ]
}

/// The places of a body: each member, whole, and each thing in it.
fn places(value: &Json, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let mut below = |name: &str, value: &Json| places(value, &format!("{at}/{name}"), all);
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                below(&name.replace('~', "~0").replace('/', "~1"), value);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(&index.to_string(), item);
            }
        }
        _ => {}
    }
}

fn path(operation: &Operation, id: &str) -> String {
    let path = operation.path.replace("{id}", id).replace("{share_id}", id);
    path.replace("{date}", if id.contains(WORD) { id } else { "2025-03-04" })
}

/// Sends it and lets the harness hear what comes.
fn send(request: Request) -> Option<Answer> {
    // What no client can send is heard by nobody.
    request.try_send().ok()
}

/// Every value of an operation's body, one after the other.
fn bodies(member: &Client, operation: &Operation) {
    let Some(contents) = operation.spec["requestBody"]["content"].as_object() else { return };
    for (media_type, content) in contents {
        let good = example(content, Contract::get().resolve(&content["schema"]));
        let mut all = Vec::new();
        places(good, "", &mut all);
        // Each place meets some of them, each of them every third place; where a password is hashed, fewer.
        let slow = operation.path.contains("/auth/") || operation.path == "/v1/account";
        let every = if slow { 5 } else { 3 };
        for (number, place) in all.iter().enumerate() {
            for (kind, value) in instead().into_iter().enumerate() {
                if (number + kind) % every > 0 {
                    continue;
                }
                let mut bad = good.clone();
                *bad.pointer_mut(place).unwrap() = value;
                let request = member.request(&operation.method, &path(operation, &new_id()));
                send(request.header("Content-Type", media_type.as_str()).body(bad.to_string()));
            }
        }
        let request = || member.request(&operation.method, &path(operation, &new_id()));
        for cut in [format!("{{\"note\": \"{WORD}"), WORD.to_owned(), format!("{{\"a\": {WORD}}}")] {
            send(request().header("Content-Type", media_type.as_str()).body(cut));
        }
        send(request().header("Content-Type", WORD).body(good.to_string()));
        send(
            request().header("Content-Type", media_type.as_str()).header("Content-Encoding", WORD).body("x"),
        );
    }
}

/// Every parameter, header and part of the path.
fn parameters(member: &Client, operation: &Operation) {
    let request = |path: &str| member.request(&operation.method, path);
    send(request(&path(operation, WORD)));
    let plain = path(operation, &new_id());
    send(request(&format!("{plain}?surprise={WORD}")));
    for parameter in operation.spec["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        match parameter["in"].as_str() {
            Some("query") => {
                for value in
                    [WORD, &format!("2025-13-01{WORD}"), &format!("{WORD}%00"), &format!("{WORD}%FF")]
                {
                    send(request(&format!("{plain}?{name}={value}")));
                }
            }
            Some("header") => {
                send(request(&plain).header(name, format!("{WORD}, \"{WORD}")));
                send(request(&plain).header(name, WORD.repeat(40)));
            }
            _ => {}
        }
    }
    for token in [WORD, &format!("{WORD}.{WORD}.{WORD}")] {
        send(member.with_token(token).request(&operation.method, &plain));
    }
}

/// Fails where a refusal says the word.
fn search(refusals: &[Answer]) {
    for answer in refusals {
        let mut told = answer.json.clone();
        if let Some(members) = told.as_object_mut() {
            // The record as it is, for its owner.
            members.remove("current");
        }
        let body = if told.is_null() {
            String::from_utf8_lossy(&answer.bytes).into_owned()
        } else {
            told.to_string()
        };
        let headers: String = answer.headers.iter().map(|(_, value)| value.as_str()).collect();
        for said in [body, headers] {
            assert!(!said.to_lowercase().contains(&WORD.to_lowercase()), "{answer:?}");
        }
    }
}

fn no_refusal_says_what_was_said(server: &Server) {
    let member = server.member();
    member.patch("/v1/account", &json!({"display_name": WORD})).expect(200);
    let counselor = server.counselor();
    offer(&member, &counselor, &json!([scope("cravings", "entries")]));
    for operation in &Contract::get().operations {
        if operation.path.ends_with("/stream") {
            continue;
        }
        let caller = if operation.path.starts_with("/v1/clients") { &counselor } else { &member };
        bodies(caller, operation);
        parameters(caller, operation);
    }
    // What has its own words for what is wrong.
    let push = |row: Json| member.post("/v1/sync/changes", &json!({"changes": [row]}));
    for collection in collections::all() {
        let mut doc = collection.full();
        doc["note"] = json!([WORD]);
        doc["surprise"] = json!(WORD);
        let row = json!({"collection": collection.name(), "id": new_id(), "doc": doc});
        let pushed = push(row);
        let told = pushed.expect(200).json["results"][0]["problem"].to_string();
        assert!(told.contains("pointer") && !told.contains(WORD), "{pushed:?}");
    }
    let mut share = body(&counselor, &json!([{"collection": WORD, "detail": WORD}]));
    share["expires_at"] = json!(WORD);
    member.post("/v1/shares", &share).refused(422, "validation_failed");
    for below in [WORD.to_owned(), format!("cravings?from={WORD}"), format!("cravings/{WORD}")] {
        send(counselor.request("GET", &client(&new_id(), &below)));
    }
    let mapping = format!(
        "format=csv&mapping=%7B%22collection%22:%22{WORD}%22,%22fields%22:%7B%22a%22:%22{WORD}%22%7D%7D"
    );
    for (query, media_type, file) in [
        (
            "format=json",
            "application/json",
            json!({"format": WORD, "collections": {"cravings": [WORD]}}).to_string(),
        ),
        ("format=daylio&time_zone=UTC", "text/csv", format!("full_date,{WORD}\n{WORD}\n")),
        ("format=dates&substance=alcohol", "text/plain", format!("2020-01-01\n{WORD}\n")),
        ("format=Canarybird", "text/plain", WORD.to_owned()),
        (mapping.as_str(), "text/csv", format!("{WORD}\n")),
    ] {
        import(&member, query, media_type, file);
    }
    let refusals = refusals();
    assert!(refusals.len() > 1_500, "only {} refusals", refusals.len());
    search(&refusals);

    let change = json!({"current_password": PASSWORD, "new_password": "eleven slow rivers in november"});
    member.post("/v1/auth/password", &change).expect(204);
    let mailbox = crate::support::Mailbox(server);
    mailbox.wait_for(member.email(), 1);
    let mails = mailbox.files().into_iter().map(|file| fs::read_to_string(file).unwrap());
    for said in mails.chain([server.log()]) {
        assert!(!said.to_lowercase().contains(&WORD.to_lowercase()), "{said}");
    }
}

fn an_import_tells_no_word_of_the_file(server: &Server) {
    let member = server.member();
    let mut ours = export(&member);
    let good = collections::at("/v1/cravings").full();
    let bad = |name: &str, value: Json| {
        let mut row = good.clone();
        (row["id"], row[name]) = (json!(new_id()), value);
        row
    };
    ours["collections"]["cravings"] = json!([
        bad("intensity", json!(WORD)),
        bad("occurred_at", json!(WORD)),
        bad("note", json!([WORD])),
        WORD
    ]);
    let mapping = json!({"collection": "cravings", "fields": {
        "occurred_at": {"column": "When", "format": "%d.%m.%Y", "time_zone": "Europe/Berlin"},
        "intensity": {"column": "Strength", "words": {"strong": 8}}, "note": {"column": "Note"},
    }});
    let file = |name: &str, text: &str| {
        let path = server.directory().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let mapping = file("mapping.json", &mapping.to_string());
    let broken = json!({"collection": WORD, "fields": {"intensity": {"column": 7, "format": WORD}}});
    let broken = file("broken.json", &broken.to_string());
    let cut = file("half.json", &format!("{{\"collection\": \"{WORD}"));
    for (name, text, more) in [
        ("ours.json", ours.to_string(), vec![]),
        ("cut.json", format!("{{\"format\": \"{WORD}"), vec![]),
        ("other.json", json!({"format": WORD}).to_string(), vec![]),
        (
            "table.csv",
            format!("When,Strength,Note\n{WORD},{WORD},{WORD}\n1.1.2024,strong,{WORD}\n"),
            vec!["--format", "csv", "--mapping", &mapping],
        ),
        (
            "quoted.csv",
            format!("When,Strength,Note\n\"{WORD}"),
            vec!["--format", "csv", "--mapping", &mapping],
        ),
        ("plain.csv", format!("{WORD}\n"), vec!["--format", "csv", "--mapping", &broken]),
        ("other.csv", format!("{WORD}\n"), vec!["--format", "csv", "--mapping", &cut]),
        (
            "diary.csv",
            format!(
                "full_date,date,weekday,time,mood,activities,note_title,note\n{WORD},{WORD},a,b,{WORD},,{WORD},{WORD}\n"
            ),
            vec!["--format", "daylio", "--time-zone", "UTC"],
        ),
        ("dates.txt", format!("2021-06-01\n{WORD}\n"), vec!["--format", "dates", "--substance", "alcohol"]),
    ] {
        let path = file(name, &text);
        let arguments = [vec!["import", "--account", member.email(), &path], more].concat();
        let done = server.run(&arguments);
        let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        assert!(!done.status.success() && said.len() > 20, "{name}: {said}");
        assert!(!said.to_lowercase().contains(&WORD.to_lowercase()), "{name}: {said}");
    }
    assert!(!server.log().contains(WORD));
}
