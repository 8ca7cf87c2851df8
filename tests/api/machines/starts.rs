//! Processes come and go: several make an empty database ready at once, and each is replaced in turn while
//! people write and read.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::Machines;
use crate::records::new_id;
use crate::support::server::Beside;
use crate::support::{Client, Database, Engine, Server};

#[test]
fn several_processes_start_at_once_on_an_empty_database() {
    let Some(engine) = Engine::postgres() else { return };
    let mut server = Server::start(engine, &[]);
    let before = Database(&server).tables();
    server.kill();
    Database(&server).execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    std::fs::remove_file(server.directory().join("master.key")).unwrap();
    let processes: Vec<Beside> = thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| Beside::start(&server))).collect();
        starts.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(Database(&server).tables(), before);
    // One master key: what one seals the others open.
    let member = Client::new(processes[0].address()).register("ann@example.org", "member");
    member.post("/v1/check-ins", &json!({"local_date": "2025-03-04", "note": "words"})).expect(201);
    for process in &processes {
        let list = member.at(process.address()).get("/v1/check-ins");
        assert_eq!(list.expect(200).items()[0]["note"], "words");
    }
}

/// What stands in front: it gives each request the next of those that are in, and whoever is taken out has
/// answered what it was given.
#[derive(Default)]
struct Balancer {
    places: Mutex<Vec<Place>>,
    turn: AtomicUsize,
}

/// An address; each request under way there has a clone.
type Place = Arc<String>;

impl Balancer {
    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put_in(&self, address: &str) {
        self.places().push(Arc::new(address.to_owned()));
    }

    fn take_out(&self, address: &str) {
        let at = self.places().iter().position(|place| **place == address).unwrap();
        let place = self.places().remove(at);
        while Arc::strong_count(&place) > 1 {
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn next(&self) -> Place {
        let places = self.places();
        Arc::clone(&places[self.turn.fetch_add(1, Ordering::Relaxed) % places.len()])
    }
}

#[test]
fn every_process_is_replaced_under_load_and_no_request_fails() {
    let Some(mut machines) = Machines::start(&[]) else { return };
    let balancer = Balancer::default();
    machines.addresses().into_iter().for_each(|address| balancer.put_in(address));
    let members: Vec<Client> = (0..4).map(|_| machines.first.member()).collect();
    let over = AtomicBool::new(false);
    // A fresh connection for each request, as it comes out of a balancer that has just changed its mind.
    let work = |member: &Client| {
        let mut written = 0;
        while !over.load(Ordering::SeqCst) {
            let body = json!({"local_date": "2025-03-04", "id": new_id()});
            let place = balancer.next();
            member.at(&place).post("/v1/check-ins", &body).expect(201);
            written += 1;
            drop(place);
            let place = balancer.next();
            let read = member.at(&place).get("/v1/streaks");
            assert_eq!(read.expect(200).json["check_ins"]["total_days"], 1, "{read:?}");
        }
        written
    };
    let replace = |old: &mut dyn FnMut() -> String| {
        balancer.put_in(&old());
        thread::sleep(Duration::from_millis(300));
    };
    let written: Vec<i64> = thread::scope(|scope| {
        let workers: Vec<_> = members.iter().map(|member| scope.spawn(|| work(member))).collect();
        thread::sleep(Duration::from_millis(300));
        let Machines { first, others } = &mut machines;
        for other in others {
            replace(&mut || {
                balancer.take_out(other.address());
                assert!(other.terminate().success(), "{}", first.log());
                *other = Beside::start(first);
                other.address().to_owned()
            });
        }
        replace(&mut || {
            balancer.take_out(first.address());
            assert!(first.terminate().success(), "{}", first.log());
            first.restart();
            first.address().to_owned()
        });
        over.store(true, Ordering::SeqCst);
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert!(written.iter().all(|written| *written > 2), "next to no load: {written:?}");
    let database = Database(&machines.first);
    assert_eq!(database.count("check_ins", "1 = 1"), written.iter().sum::<i64>(), "one row a request");
}
