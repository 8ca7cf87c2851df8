//! The one harness: the real server on a fresh database, a client, and the contract that every answer is
//! held against. A case is a function; [`both`] makes it two tests, `…::sqlite` and `…::postgres`.

pub mod client;
pub mod cluster;
pub mod collections;
pub mod contract;
pub mod database;
pub mod engine;
pub mod matching;
pub mod server;
pub mod wire;

pub use client::{Answer, Client};
pub use cluster::Cluster;
pub use collections::Collection;
pub use contract::Contract;
pub use database::Database;
pub use engine::Engine;
pub use server::Server;

/// Makes each named case a test on SQLite and one on PostgreSQL. A case takes a `&Server` (or `&mut Server`)
/// of its own; `with [("NAME", "value")] =>` starts the servers with other settings than usual. A case that
/// is not named here is dead code, which the compiler says.
macro_rules! both {
    ($($case:ident),+ $(,)?) => { crate::support::both!(with [] => $($case),+); };
    (with $settings:expr => $($case:ident),+ $(,)?) => {
        $(mod $case {
            use crate::support::{Engine, Server};

            #[test]
            fn sqlite() {
                super::$case(&mut Server::start(Engine::sqlite(), &$settings));
            }

            #[test]
            fn postgres() {
                if let Some(engine) = Engine::postgres() {
                    super::$case(&mut Server::start(engine, &$settings));
                }
            }
        })+
    };
}
pub(crate) use both;
