//! Asked to end in the middle of work, the server answers what it has begun, takes nothing more, and loses nothing.

use std::io::Write as _;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use super::{Load, PATH};
use crate::durability::everything;
use crate::records::new_id;
use crate::support::wire::{Line, status};
use crate::support::{Server, both};

both!(who_was_let_in_is_answered, work_ends_without_a_loss);

/// Requests of which a half has come when the server is told to end.
const HALVES: usize = 16;

fn who_was_let_in_is_answered(server: &mut Server) {
    let member = server.member();
    let token = member.token.clone().unwrap();
    let ids: Vec<String> = (0..HALVES).map(|_| new_id()).collect();
    let (half_sent, told) = (Barrier::new(HALVES + 1), Barrier::new(HALVES + 1));
    let address = server.address().to_owned();
    let answers: Vec<String> = thread::scope(|scope| {
        let clients: Vec<_> = ids
            .iter()
            .map(|id| {
                let (half_sent, told, token, address) = (&half_sent, &told, &token, &address);
                scope.spawn(move || {
                    let body =
                        format!(r#"{{"id":"{id}","local_date":"2025-03-04","note":"the note of {id}"}}"#);
                    let (one, other) = body.split_at(20);
                    let head = format!(
                        "POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{one}",
                        body.len()
                    );
                    let mut line = Line::Plain(std::net::TcpStream::connect(address).unwrap());
                    line.patience(Duration::from_secs(10));
                    line.write_all(head.as_bytes()).unwrap();
                    half_sent.wait();
                    told.wait();
                    line.write_all(other.as_bytes()).unwrap();
                    line.answer()
                })
            })
            .collect();
        half_sent.wait();
        // The server has to have seen them.
        thread::sleep(Duration::from_millis(300));
        server.signal("TERM");
        thread::sleep(Duration::from_millis(300));
        told.wait();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!(status(answer), 201, "{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    }
    assert!(server.ended().success(), "{}", server.log());
    server.restart();
    let found = everything(&member.at(server.address()));
    for id in &ids {
        assert_eq!(found.get(id), Some(&format!("the note of {id}")));
    }
    assert_eq!(found.len(), ids.len());
}

fn work_ends_without_a_loss(server: &mut Server) {
    let mut member = server.member();
    for _ in 0..crate::support::engine::rounds(2) {
        let load = Load::start(&member, 8);
        load.goes_on(60);
        let ended = server.terminate();
        assert!(ended.success(), "{}", server.log());
        server.restart();
        // The address is another: the load has nobody to talk to, and ends.
        let there = member.at(server.address());
        load.finish(&there, &["gone", "storage_unavailable"]);
        member = server.member();
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
