//! Refresh tokens at servers against the model that the rules are held against too: walks of exchanges, of which each is
//! made at any of the processes, with seconds to weeks between them. Tokens of now and of before, two at once, lost
//! answers and copies: every answer is the one that the model expects, and what the database keeps between them is
//! enough for it.

use std::thread;

use serde_json::json;

use crate::support::client::PASSWORD;
use crate::support::server::Beside;
use crate::support::{Answer, Client, Database, Server, both};

#[path = "../../src/auth/refresh_model.rs"]
mod model;

use model::{Expected, Model};

both!(walks_of_exchanges_end_as_the_model_says);

const WALKS: usize = 80;
const STEPS: usize = 25;
/// Seconds between two steps. A walk's own seconds come on top: no sum of them is near a limit of the rules.
const PAUSES: &[i64] =
    &[0, 0, 0, 0, 0, 0, 0, 0, 100, 100, 100, 4_000, 4_000, 50_000, 50_000, 90_000, 20 * 86_400, 31 * 86_400];

/// Lets so much time pass for the session that a token is of.
fn pass(server: &Server, session: &str, seconds: i64) {
    let database = Database(server);
    let (id, columns) = (database.id(session), ["created_at", "last_used_at", "rotated_at", "superseded_at"]);
    let time = if database.is_sqlite() {
        format!("{seconds} * 1000000")
    } else {
        format!("interval '{seconds} seconds'")
    };
    let back = |column: &str| format!("{column} = {column} - {time}");
    let set = columns.map(back).join(", ");
    database.execute(&format!("UPDATE login_sessions SET {set} WHERE session_id = {id}")).unwrap();
}

fn exchange(client: &Client, token: &str) -> Answer {
    let request = client.with_token("").request("POST", "/v1/auth/refresh");
    request.json(&json!({"refresh_token": token})).send()
}

/// The token of an answer; none, when the session has ended.
fn token_of(answer: &Answer) -> Option<String> {
    if answer.status == 401 {
        answer.refused(401, "invalid_token");
        return None;
    }
    let token = answer.expect(200).json["refresh_token"].as_str().unwrap();
    Some(token.to_owned())
}

/// What came of a walk.
#[derive(Default, Debug)]
struct Seen {
    exchanged: usize,
    repeated: usize,
    expired: usize,
    reused: usize,
}

fn walks_of_exchanges_end_as_the_model_says(server: &Server) {
    let other = (!Database(server).is_sqlite()).then(|| Beside::start(server));
    let member = server.member();
    let addresses: Vec<&str> =
        std::iter::once(server.address()).chain(other.as_ref().map(Beside::address)).collect();
    let clients: Vec<Client> = addresses.into_iter().map(|address| member.at(address)).collect();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut seen = Seen::default();
    for _ in 0..WALKS {
        walk(server, &clients, &mut dice, &mut seen);
    }
    println!("{seen:?}");
    assert!(seen.exchanged > WALKS && seen.repeated > WALKS / 2, "{seen:?}");
    assert!(seen.expired > 0 && seen.reused > WALKS / 4, "{seen:?}");
    let noted = Database(server).count("security_events", "kind = 'refresh_token_reused'");
    assert_eq!(usize::try_from(noted).unwrap(), seen.reused, "each theft is noted once");
}

fn walk(server: &Server, clients: &[Client], dice: &mut fastrand::Rng, seen: &mut Seen) {
    let device = clients[0].log_in(clients[0].email(), PASSWORD);
    let sessions = device.get("/v1/auth/sessions");
    let session = sessions.items().iter().find(|one| one["current"] == true).unwrap()["id"].clone();
    let session = session.as_str().unwrap();
    let mut tokens = vec![device.refresh_token().to_owned()];
    let (mut model, mut now, mut presented, mut steps) = (Model::begin(), 0, 0, Vec::new());
    while !model.over && steps.len() < STEPS {
        let pause = *dice.choice(PAUSES).unwrap();
        now += pause;
        if pause > 0 {
            pass(server, session, pause);
        }
        let back = *dice.choice(&[0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 4]).unwrap();
        // Whose answer is lost asks again with the same token, however often.
        let number = if dice.u8(..3) == 0 { presented } else { (tokens.len() - 1).saturating_sub(back) };
        presented = number;
        let client = dice.choice(clients).unwrap();
        steps.push((pause, number));
        let expected = model.present(number, now);
        // Two at once are one, and where the session ends, both find it ended.
        let twice = dice.bool();
        let answers = thread::scope(|scope| {
            let second = twice.then(|| scope.spawn(|| exchange(clients.last().unwrap(), &tokens[number])));
            let mut answers = vec![exchange(client, &tokens[number])];
            answers.extend(second.map(|second| second.join().unwrap()));
            answers
        });
        let found: Vec<Option<String>> = answers.iter().map(token_of).collect();
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "two at once differ after {steps:?}");
        match (&expected, &found[0]) {
            (Expected::Token(number), Some(token)) if *number == tokens.len() => {
                assert!(!tokens.contains(token), "{steps:?}");
                tokens.push(token.clone());
                seen.exchanged += 1;
            }
            (Expected::Token(number), Some(token)) => {
                assert_eq!(token, &tokens[*number], "{steps:?}");
                seen.repeated += 1;
            }
            (Expected::Expired, None) => seen.expired += 1,
            (Expected::Reused, None) => seen.reused += 1,
            (expected, found) => panic!("{expected:?} was expected, {found:?} found after {steps:?}"),
        }
        if let Some(token) = answers[0].json["access_token"].as_str() {
            client.with_token(token).get("/v1/account").expect(200);
        }
    }
    if model.over {
        for token in &tokens {
            exchange(clients.last().unwrap(), token).refused(401, "invalid_token");
        }
    }
}
