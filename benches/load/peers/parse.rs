//! Parse Server on PostgreSQL, set up in `parse/server.mjs`. It hashes passwords by bcrypt of cost 10.

use crate::members::Api;
use crate::peers::node::{EXPRESS, serve};
use crate::peers::{OWN_API, Peer};

/// The peer.
pub const PEER: Peer = Peer {
    name: "parse",
    title: "Parse Server + PostgreSQL",
    api: Api {
        register: "/users",
        login: "/login",
        identity: "username",
        token: "/sessionToken",
        records: "/classes/CheckIn",
        id: "/objectId",
        list: "?limit=30&order=-local_date",
        ..OWN_API
    },
    folder: "parse",
    command: serve,
    ..EXPRESS
};
