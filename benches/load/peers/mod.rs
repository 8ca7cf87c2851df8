//! What a team would pick instead, each in its usual, well-made form, with the same check-ins, owner-only access and
//! bearer tokens: one process on the servers' core, or two workers where that is usual. A peer that cannot be had here
//! is left out with a loud line.
//!
//! A new one is a `Peer` in a file of its own, a row of `ALL`, and a folder with its program and pinned versions.

mod actix;
mod directus;
mod django;
mod install;
mod node;
mod parse;
mod pocketbase;
mod postgres;

pub use install::output;
use node::EXPRESS;
pub use postgres::Cluster;

use crate::Result;
use crate::members::{Api, Members};
use crate::server::{SERVER_CORE, Server};
use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All that are known, in the order of the tables.
pub static ALL: [Peer; 7] =
    [pocketbase::PEER, actix::PEER, node::FASTIFY, node::EXPRESS, parse::PEER, django::PEER, directus::PEER];

/// The one that goals are set against, in the tables.
pub const POCKETBASE: &str = pocketbase::PEER.title;

/// The API of the peers that are programs of this benchmark.
const OWN_API: Api = Api {
    register: "/auth/register",
    besides: &[],
    login: "/auth/login",
    identity: "email",
    token: "/token",
    records: "/check-ins",
    id: "/id",
    list: "?limit=30",
    owner: None,
};

/// A server that a team would pick instead.
#[derive(Clone, Copy)]
pub struct Peer {
    /// On the command line.
    pub name: &'static str,
    /// In the tables.
    pub title: &'static str,
    /// Whether what it has acknowledged survives a power cut.
    pub durable: bool,
    pub store: Store,
    /// What opens its ready line.
    pub ready: &'static str,
    pub api: Api,
    /// The folder with its program and the versions it needs.
    pub folder: &'static str,
    /// Adds its program to a command. `DATABASE` (a file or a URL) and `SECRET` are in the environment.
    pub command: fn(&mut Command, &Place),
}

/// Where a peer runs.
pub struct Place<'a> {
    /// Its installed folder.
    pub folder: &'a Path,
    /// For its data.
    pub home: &'a Path,
    /// Free, for one that cannot take port 0 and say which it got.
    pub port: u16,
}

/// Where a peer keeps its records.
#[derive(Clone, Copy)]
pub enum Store {
    /// In a file of its own, with a write-ahead log of this name.
    Sqlite { log: &'static str },
    /// In the cluster.
    Postgres,
}

/// A peer that is installed, and where.
pub struct Installed {
    pub peer: &'static Peer,
    folder: PathBuf,
}

/// A peer with its members.
pub struct Running {
    pub installed: Installed,
    pub home: PathBuf,
    pub server: Server,
    pub members: Members,
}

impl Peer {
    /// What its answer to a write means.
    pub fn promise(&self) -> &'static str {
        match (self.store, self.durable) {
            (Store::Sqlite { .. }, true) => {
                "WAL, synchronous=FULL: on the disk before the answer leaves; survives a power cut"
            }
            (Store::Sqlite { .. }, false) => {
                "WAL, synchronous=NORMAL: no wait for the disk; a power cut may lose the last writes"
            }
            (Store::Postgres, _) => {
                "synchronous_commit=on: on the disk before the answer leaves; survives a power cut"
            }
        }
    }

    /// Whether it needs the cluster.
    pub fn wants_postgres(&self) -> bool {
        matches!(self.store, Store::Postgres)
    }

    /// Installs it unless that was done.
    pub fn install(&'static self) -> Result<Installed> {
        Ok(Installed { peer: self, folder: install::folder(self.folder)? })
    }
}

impl Installed {
    /// Starts it on its data in `home`, on the servers' core.
    pub fn start(&self, home: &Path, cluster: Option<&Cluster>) -> Result<Server> {
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]);
        self.start_by(command, home, cluster)
    }

    /// Starts it by a command that runs the program named after it.
    pub fn start_by(&self, mut command: Command, home: &Path, cluster: Option<&Cluster>) -> Result<Server> {
        let cluster = if self.peer.wants_postgres() { Some(cluster.ok_or("no PostgreSQL")?) } else { None };
        command.env_clear().envs(env::vars_os().filter(|(name, _)| name == "PATH" || name == "HOME"));
        match cluster {
            Some(cluster) => command.env("DATABASE", cluster.database(self.peer.name)?),
            None => command.env("DATABASE", home.join("peer.db")),
        };
        command.env("SECRET", "a secret of forty characters, or of more");
        command.current_dir(home);
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        (self.peer.command)(&mut command, &Place { folder: &self.folder, home, port });
        let mut server = Server::start(&mut command, self.peer.ready, &home.join("stderr.log"))?;
        server.database = cluster.map(|cluster| cluster.pid);
        Ok(server)
    }

    /// Starts it and gives it members with their check-ins.
    pub fn set_up(self, home: PathBuf, cluster: Option<&Cluster>) -> Result<Running> {
        let server = self.start(&home, cluster)?;
        let members = Members::set_up(&self.peer.api, &server.address)?;
        Ok(Running { installed: self, home, server, members })
    }
}
