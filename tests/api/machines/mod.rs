//! Several processes on one PostgreSQL, as on several machines behind one address.

mod factors;
mod journeys;
mod processes;
mod replica;
mod starts;
mod tls;

use crate::support::server::Beside;
use crate::support::{Client, Engine, Server};

/// Processes on one database.
pub struct Machines {
    first: Server,
    others: Vec<Beside>,
}

impl Machines {
    /// Three of them, or none where there is no PostgreSQL to test on.
    pub fn start(settings: &[(&str, &str)]) -> Option<Self> {
        let first = Server::start(Engine::postgres()?, settings);
        let others = (0..2).map(|_| Beside::start(&first)).collect();
        Some(Self { first, others })
    }

    /// Where they listen.
    pub fn addresses(&self) -> Vec<&str> {
        let others = self.others.iter().map(Beside::address);
        std::iter::once(self.first.address()).chain(others).collect()
    }

    /// A client at each of them.
    pub fn each(&self, client: &Client) -> Vec<Client> {
        self.addresses().into_iter().map(|address| client.at(address)).collect()
    }
}
