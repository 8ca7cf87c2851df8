//! What an answer's time says of an address: measured, for a quiet machine. Whoever may not know whether somebody has an
//! account, or a second factor, is answered as late as they would be about anybody else. What makes it so (hashes,
//! rows, mails) is counted in src/auth/tests.rs and links.rs, which can fail.
//!
//! `cargo test --release --test api answers_take_as_long -- --ignored --nocapture`

use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::second_factor::set_up;
use crate::support::client::PASSWORD;
use crate::support::{Client, Engine, Server};

/// Rounds of one request about each address.
const ROUNDS: usize = 400;

/// What is asked about an address, and how it is answered.
struct Question {
    name: &'static str,
    /// Settings beside those of the other tests.
    settings: &'static [(&'static str, &'static str)],
    path: &'static str,
    body: fn(&str) -> Json,
    status: u16,
    /// Who the other one is.
    other: Other,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Other {
    /// An address that nobody has.
    Unknown,
    /// Somebody with a second factor.
    WithSecondFactor,
}

const QUESTIONS: &[Question] = &[
    Question {
        name: "a sign-in with a wrong password",
        settings: &[],
        path: "/v1/auth/login",
        body: |email| json!({"email": email, "password": "not the right one"}),
        status: 401,
        other: Other::Unknown,
    },
    Question {
        name: "the same with a code, of somebody without a second factor",
        settings: &[],
        path: "/v1/auth/login",
        body: |email| json!({"email": email, "password": "not the right one", "totp_code": "123456"}),
        status: 401,
        other: Other::WithSecondFactor,
    },
    Question {
        name: "a registration that waits for a mail",
        settings: &[("REGISTRATION", "verified")],
        path: "/v1/auth/register",
        body: |email| json!({"email": email, "password": PASSWORD, "time_zone": "UTC"}),
        status: 202,
        other: Other::Unknown,
    },
    Question {
        name: "a request for a new password",
        settings: &[],
        path: "/v1/auth/password-reset",
        body: |email| json!({"email": email}),
        status: 202,
        other: Other::Unknown,
    },
];

#[test]
#[ignore = "a measurement, for a quiet machine"]
fn answers_take_as_long_about_anybody() {
    let engines = [Some(Engine::sqlite()), Engine::postgres()];
    for engine in engines.into_iter().flatten() {
        let mut server = Server::start(engine, &[]);
        for question in QUESTIONS {
            measure(&mut server, question);
        }
    }
}

fn measure(server: &mut Server, question: &Question) {
    server.restart_with(&[("REGISTRATION", "open")]);
    let people = [server.member(), server.member(), server.member()];
    if question.other == Other::WithSecondFactor {
        set_up(&people[1]);
    }
    let mut emails = people.each_ref().map(Client::email);
    if question.other == Other::Unknown {
        emails[1] = "nobody@example.org";
    }
    server.restart_with(question.settings);
    let client = server.anybody();
    let time = |email: &str| {
        let request = client.request("POST", question.path).json(&(question.body)(email));
        let from = Instant::now();
        let answer = request.try_send().unwrap();
        let took = from.elapsed().as_secs_f64() * 1e3;
        answer.expect(question.status);
        took
    };
    let mut times: [Vec<f64>; 3] = Default::default();
    for round in 0..ROUNDS + 20 {
        let mut took = [0.0; 3];
        // What one leaves to be done in the background is not always met by the same one.
        for place in 0..3 {
            let who = (place + round) % 3;
            took[who] = time(emails[who]);
        }
        // The first ones find caches empty, and mails to be written.
        if round >= 20 {
            times.iter_mut().zip(took).for_each(|(times, took)| times.push(took));
        }
    }
    let apart = |other: &[f64]| median(other.iter().zip(&times[0]).map(|(other, one)| other - one).collect());
    let (other, again) = (apart(&times[1]), apart(&times[2]));
    let one = median(times[0].clone());
    let part = |apart: f64| 100.0 * apart / one;
    println!("{} ({}): {one:.3} ms", question.name, server.engine());
    println!(
        "    {:?}: {other:+.3} ms ({:+.2} %, median of {ROUNDS} differences)",
        question.other,
        part(other)
    );
    println!("    another known one: {again:+.3} ms ({:+.2} %)", part(again));
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
