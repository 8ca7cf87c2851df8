//! Directus on PostgreSQL, set up in `directus/server.mjs`: the program as npm carries it, without its user interface.

use crate::members::Api;
use crate::peers::node::{EXPRESS, serve};
use crate::peers::{OWN_API, Peer};

/// The peer.
pub const PEER: Peer = Peer {
    name: "directus",
    title: "Directus + PostgreSQL",
    api: Api {
        register: "/users/register",
        token: "/data/access_token",
        records: "/items/check_ins",
        id: "/data/id",
        list: "?limit=30&sort=-local_date",
        ..OWN_API
    },
    folder: "directus",
    command: serve,
    ..EXPRESS
};
