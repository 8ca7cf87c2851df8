//! One engine beside the other: the same journal, the same answers.

use serde_json::Value as Json;

use super::dice::Dice;
use super::differential::settled;
use super::life::Life;
use super::questions::Question;
use super::slow::Journal;
use crate::support::{Engine, Server};

const JOURNALS: u64 = 8;

/// Not even the order of a list may differ: what the server leaves open must not depend on the engine.
#[test]
fn both_engines_give_the_same_figures() {
    let Some(engine) = Engine::postgres() else { return };
    let servers = [Server::start(Engine::sqlite(), &[]), Server::start(engine, &[])];
    let catalogue = servers[0].anybody().get("/v1/catalogue").expect(200).json.clone();
    for seed in 1_000..1_000 + JOURNALS {
        let life = Life::new(seed, &catalogue);
        let members = servers.each_ref().map(|server| {
            let member = settled(server, &life);
            let mut journal = Journal::default();
            life.writes.iter().for_each(|write| life.write(write, &member, &mut journal));
            member
        });
        let mut dice = Dice::new(seed);
        for question in (0..3).flat_map(|_| Question::drawn(&life, &mut dice)) {
            let path = question.path();
            let [sqlite, postgres] = members.each_ref().map(|member| {
                let mut answer = member.get(&path).expect(200).json.clone();
                timeless(&mut answer);
                answer
            });
            assert_eq!(sqlite, postgres, "seed {seed}: {path}");
        }
    }
}

/// Takes out when the server wrote a record.
fn timeless(answer: &mut Json) {
    match answer {
        Json::Array(list) => list.iter_mut().for_each(timeless),
        Json::Object(members) => {
            members.retain(|name, _| name != "created_at" && name != "updated_at");
            members.values_mut().for_each(timeless);
        }
        _ => {}
    }
}
