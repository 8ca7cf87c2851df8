//! The authorization matrix of everything that can be read under a share, made from the OpenAPI document: each
//! operation, by everybody who might try, of their own share, of another's and of none. A route without a row
//! fails.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::life::{accept, body, client, in_seconds, offer, scope, share};
use crate::records::new_id;
use crate::support::{Client, Collection, Contract, Server, both, collections};

both!(each_cell_is_as_it_should_be);

/// What opens the figures that are no collection: a scope of their own, or any of these collections.
const FIGURES: &[(&str, &str, &[&str])] = &[
    ("trends", "insights", &["check_ins", "cravings", "meetings", "sessions", "doses", "lapses"]),
    ("insights/triggers", "insights", &["cravings"]),
    ("insights/skills", "insights", &["cravings"]),
    ("insights/heatmap", "insights", &["cravings"]),
    ("insights/meetings", "insights", &["meetings"]),
    ("insights/factors", "insights", &["check_ins"]),
    ("insights/adherence", "insights", &["doses"]),
    ("insights/care-plan", "insights", &["sessions"]),
    ("insights/withdrawal", "insights", &["withdrawal_logs"]),
    (
        "report.pdf",
        "insights",
        &[
            "streaks",
            "check_ins",
            "cravings",
            "meetings",
            "sessions",
            "doses",
            "lapses",
            "medications",
            "care_episodes",
            "assessments",
            "withdrawal_logs",
        ],
    ),
    ("streaks", "streaks", &[]),
    ("milestones", "milestones", &[]),
    (
        "brief",
        "insights",
        &[
            "check_ins",
            "cravings",
            "meetings",
            "lapses",
            "sessions",
            "doses",
            "assessments",
            "withdrawal_logs",
        ],
    ),
];

/// What an operation of a client shows.
enum Shows {
    List(Collection),
    Record(Collection),
    Figure(&'static str, &'static str, &'static [&'static str]),
}

/// Somebody who tries, with the share they hold, if they do.
struct Caller {
    name: &'static str,
    client: Client,
    share: Option<String>,
    /// Whether the share is in force, and what it names.
    opens: Option<Vec<(String, &'static str)>>,
    /// Whether the dates of the share leave the member's records out.
    cut: bool,
    /// A member: has no clients.
    is_member: bool,
}

/// Every operation below a client, with its row.
fn rows() -> Vec<(&'static str, Shows)> {
    let known = collections::all();
    let row = |path: &'static str| {
        let below = path.strip_prefix("/v1/clients/{share_id}/")?;
        let named =
            |name: &str| known.iter().copied().find(|one| one.path.strip_prefix("/v1/") == Some(name));
        if let Some(name) = below.strip_suffix("/{id}") {
            return named(name).map(|collection| (below, Shows::Record(collection)));
        }
        if let Some(collection) = named(below) {
            return Some((below, Shows::List(collection)));
        }
        let figure = FIGURES.iter().find(|(figure, _, _)| *figure == below);
        let (figure, scope, of) = figure.unwrap_or_else(|| panic!("{path} has no row in sharing/matrix.rs"));
        Some((below, Shows::Figure(figure, scope, of)))
    };
    let operations = &Contract::get().operations;
    operations.iter().filter_map(|operation| row(operation.path.as_str())).collect()
}

/// Every scope there is, and what they are called.
pub fn everything(detail: &'static str) -> (Json, Vec<(String, &'static str)>) {
    let mut all: Vec<(String, &'static str)> =
        collections::all().iter().map(|collection| (collection.name(), detail)).collect();
    all.extend(["insights", "streaks", "milestones"].map(|name| (name.to_owned(), "summary")));
    let scopes: Vec<Json> = all.iter().map(|(name, detail)| scope(name, detail)).collect();
    (json!(scopes), all)
}

fn callers(server: &Server, member: &Client) -> Vec<Caller> {
    let (all, opened) = everything("entries_with_notes");
    let none =
        |name, client, share| Caller { name, client, share, opens: None, cut: false, is_member: false };
    let ended = |name, end: &dyn Fn(&Client, &str)| {
        let counselor = server.counselor();
        let id = share(member, &counselor, &all);
        end(&counselor, &id);
        none(name, counselor, Some(id))
    };
    let pending = {
        let counselor = server.counselor();
        let id = offer(member, &counselor, &all);
        none("pending", counselor, Some(id))
    };
    let expired = {
        let counselor = server.counselor();
        let mut asked = body(&counselor, &all);
        asked["expires_at"] = json!(in_seconds(1));
        let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
        accept(&counselor, &id).expect(200);
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        none("expired", counselor, Some(id))
    };
    let live = |name, scopes: &Json, opens: Vec<(String, &'static str)>, cut| {
        let counselor = server.counselor();
        let id = share(member, &counselor, scopes);
        Caller { name, client: counselor, share: Some(id), opens: Some(opens), cut, is_member: false }
    };
    let narrow = json!([scope("check_ins", "entries")]);
    let summaries = everything("summary");
    let mut dated: Vec<Json> = all.as_array().unwrap().clone();
    for scope in &mut dated {
        (scope["from"], scope["to"]) = (json!("2001-01-01"), json!("2001-12-31"));
    }
    let supporter = {
        let friend = server.member();
        let mut asked = body(&friend, &json!([scope("milestones", "summary")]));
        asked["recipient_role"] = json!("supporter");
        let id = member.post("/v1/shares", &asked).expect(201).id().to_owned();
        accept(&friend, &id).expect(200);
        let opens = Some(vec![("milestones".to_owned(), "summary")]);
        Caller { name: "supporter", client: friend, share: Some(id), opens, cut: false, is_member: true }
    };
    let stranger = Caller { is_member: true, ..none("another member", server.member(), None) };
    vec![
        none("nobody", server.anybody(), None),
        none("a dead token", server.anybody().with_token("a.b.c"), None),
        stranger,
        none("a counselor without a share", server.counselor(), None),
        pending,
        ended("declined", &|counselor, id| {
            counselor.request("POST", &format!("/v1/invitations/{id}/decline")).send().expect(204);
        }),
        ended("revoked", &|_, id| {
            member.delete(&format!("/v1/shares/{id}")).expect(204);
        }),
        expired,
        live("narrower", &narrow, vec![("check_ins".to_owned(), "entries")], false),
        live("summaries", &summaries.0, summaries.1, false),
        live("cut by date", &json!(dated), opened.clone(), true),
        live("full", &all, opened, false),
        supporter,
    ]
}

impl Caller {
    /// The status and code of an answer under the caller's own share.
    fn expected(&self, shows: &Shows) -> (u16, Option<&'static str>) {
        if ["nobody", "a dead token"].contains(&self.name) {
            return (401, None);
        }
        let Some(opens) = &self.opens else { return self.without(shows) };
        let has = |name: &str| opens.iter().find(|(known, _)| known == name).map(|(_, detail)| *detail);
        let rows =
            |collection: &Collection| has(&collection.name()).is_some_and(|detail| detail != "summary");
        let is_open = match shows {
            Shows::List(collection) | Shows::Record(collection) => rows(collection),
            Shows::Figure(_, scope, of) => has(scope).is_some() || of.iter().any(|name| has(name).is_some()),
        };
        match shows {
            _ if !is_open => (403, Some("not_shared")),
            Shows::Record(collection) if self.cut && is_dated(collection) => (404, Some("not_found")),
            _ => (200, None),
        }
    }

    /// The same under a share that is not theirs, or is not in force, or is not there.
    fn without(&self, shows: &Shows) -> (u16, Option<&'static str>) {
        match shows {
            _ if ["nobody", "a dead token"].contains(&self.name) => (401, None),
            Shows::Figure("milestones", ..) => (404, Some("not_found")),
            _ if self.is_member => (403, Some("wrong_role")),
            _ => (404, Some("not_found")),
        }
    }
}

fn is_dated(collection: &Collection) -> bool {
    collection.fields().any(|(name, _)| name == "local_date" || name == "used_on")
}

fn each_cell_is_as_it_should_be(server: &Server) {
    let member = server.member();
    let create = |owner: &Client, collection: Collection| {
        (collection.name(), owner.post(collection.path, &collection.full()).expect(201).id().to_owned())
    };
    let own: BTreeMap<String, String> =
        collections::all().into_iter().map(|collection| create(&member, collection)).collect();
    let other = server.member();
    let foreign: BTreeMap<String, String> =
        collections::all().into_iter().map(|collection| create(&other, collection)).collect();
    let callers = callers(server, &member);
    let full = callers.iter().find(|caller| caller.name == "full").unwrap();
    let elsewhere = share(&other, &server.counselor(), &everything("entries_with_notes").0);
    let mut cells = 0;
    for (below, shows) in rows() {
        let with = |ids: &BTreeMap<String, String>| match &shows {
            Shows::Record(collection) => below.replace("{id}", &ids[&collection.name()]),
            _ => below.to_owned(),
        };
        let mut cell = |caller: &Caller, share: &str, below: &str, expected: (u16, Option<&str>)| {
            let answer = caller.client.get(&client(share, below));
            let found = (answer.status, answer.json["code"].as_str().filter(|_| expected.1.is_some()));
            assert_eq!(found, expected, "{}: {answer:?}", caller.name);
            cells += 1;
        };
        for caller in &callers {
            if let Some(share) = &caller.share {
                cell(caller, share, &with(&own), caller.expected(&shows));
            }
            // Somebody else's share, one of another member's, and one that is not there.
            for share in [full.share.clone().unwrap(), elsewhere.clone(), new_id()] {
                if caller.share.as_ref() != Some(&share) {
                    cell(caller, &share, &with(&own), caller.without(&shows));
                }
            }
        }
        if let Shows::Record(collection) = &shows {
            let share = full.share.as_ref().unwrap();
            cell(full, share, &with(&foreign), (404, Some("not_found")));
            cell(full, share, &below.replace("{id}", &new_id()), (404, Some("not_found")));
            cell(full, share, &below.replace("{id}", "nonsense"), (404, Some("not_found")));
            assert!(own.contains_key(&collection.name()));
        }
    }
    assert!(cells >= 1_000, "only {cells} cells");
    // The caseload is every counselor's own.
    for caller in &callers {
        let answer = caller.client.get("/v1/clients");
        match caller.name {
            "nobody" | "a dead token" => drop(answer.expect(401).clone()),
            _ if caller.is_member => drop(answer.refused(403, "wrong_role").clone()),
            _ => {
                let in_force = usize::from(caller.opens.is_some());
                assert_eq!(answer.expect(200).items().len(), in_force, "{}", caller.name);
            }
        }
    }
}
