//! What a team would write with actix-web, diesel and a pool of `SQLite` connections. It is built like our server.

use crate::READY;
use crate::peers::{OWN_API, Peer, Store};

/// The peer.
pub const PEER: Peer = Peer {
    name: "actix",
    title: "actix + diesel",
    durable: true,
    store: Store::Sqlite { log: "peer.db-wal" },
    ready: READY,
    api: OWN_API,
    folder: "actix",
    command: |command, place| {
        command.arg(place.folder.join("target/release/recovery-journal-peer"));
    },
};
