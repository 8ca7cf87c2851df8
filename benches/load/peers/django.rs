//! Django with its REST framework and PostgreSQL, served by gunicorn.

use crate::members::Api;
use crate::peers::{EXPRESS, OWN_API, Peer};

/// The peer.
pub const PEER: Peer = Peer {
    name: "django",
    title: "Django REST + PostgreSQL",
    api: Api { identity: "username", token: "/access", ..OWN_API },
    folder: "django",
    command: |command, place| {
        command.args(["python3", "-m", "gunicorn", "--config", "python:journal.server"]);
        command
            .env("DJANGO_SETTINGS_MODULE", "journal.settings")
            .env("PYTHONPATH", place.folder.join("library"));
        command.current_dir(place.folder);
    },
    ..EXPRESS
};
