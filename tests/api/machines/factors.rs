//! Second factors at several processes: what one of them took is used up at all of them, and what was set up or taken
//! away at one holds at the others at once.

use std::thread;

use serde_json::json;

use super::Machines;
use crate::second_factor::{log_in, set_up};
use crate::support::client::PASSWORD;
use crate::support::{Answer, Client};

/// Shows a code at every process at once, twice each.
fn everywhere(clients: &[Client], code: &str) -> Vec<Answer> {
    thread::scope(|scope| {
        let tries = clients.iter().cycle().take(2 * clients.len());
        let tries: Vec<_> = tries.map(|client| scope.spawn(|| log_in(client, Some(code)))).collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// Fails unless one of the answers lets in, and the others say that the code is none.
#[track_caller]
fn one_is_in(answers: &[Answer]) {
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(401, "invalid_totp");
    }
}

#[test]
fn a_code_is_good_once_over_three_processes() {
    let Some(machines) = Machines::start(&[]) else { return };
    let clients = machines.each(&machines.first.member());
    for client in &clients {
        log_in(client, None).expect(200);
    }
    let (authenticator, codes) = set_up(&clients[0]);
    for client in &clients {
        log_in(client, None).refused(401, "totp_required");
        log_in(client, Some(&authenticator.code(-1))).refused(401, "invalid_totp");
        client.post("/v1/auth/totp", &json!({})).refused(409, "totp_active");
    }
    one_is_in(&everywhere(&clients, &authenticator.code(0)));
    one_is_in(&everywhere(&clients, &codes[3]));
    for client in &clients {
        assert_eq!(client.get("/v1/auth/totp").json["recovery_codes_left"], 9);
        log_in(client, Some(&codes[3])).refused(401, "invalid_totp");
    }
    let body = json!({"password": PASSWORD, "code": codes[4]});
    clients[1].request("DELETE", "/v1/auth/totp").json(&body).send().expect(204);
    for client in &clients {
        log_in(client, None).expect(200);
    }
}

#[test]
fn one_code_confirms_one_second_factor_wherever_it_is_shown() {
    let Some(machines) = Machines::start(&[]) else { return };
    let clients = machines.each(&machines.first.member());
    let begun = clients[0].request("POST", "/v1/auth/totp").send();
    let authenticator =
        crate::second_factor::Authenticator::of(begun.expect(200).json["secret"].as_str().unwrap());
    let code = json!({"code": authenticator.code(0)});
    let answers: Vec<Answer> = thread::scope(|scope| {
        let tries: Vec<_> = clients
            .iter()
            .map(|client| scope.spawn(|| client.post("/v1/auth/totp/confirm", &code)))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    // Each that answers codes on paper would mean them: one set is kept.
    let given: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(given.len(), 1, "{answers:?}");
    let paper = given[0].json["recovery_codes"][0].as_str().unwrap();
    for client in &clients {
        assert_eq!(client.get("/v1/auth/totp").json, json!({"active": true, "recovery_codes_left": 10}));
    }
    log_in(&clients[2], Some(paper)).expect(200);
}
