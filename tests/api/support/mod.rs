//! The one harness: the real server on a fresh database, a client, and the contract that every answer is
//! held against. A case is a function; [`both`] makes it two tests, `…::sqlite` and `…::postgres`.

pub mod client;
pub mod collections;
pub mod contract;
pub mod database;
pub mod engine;
pub mod matching;
pub mod server;
pub mod wire;

pub use client::{Answer, Client};
pub use collections::Collection;
pub use contract::Contract;
pub use database::Database;
pub use engine::Engine;
pub use server::Server;

/// Makes each named case a test on SQLite and one on PostgreSQL. A case takes a `&Server` (or `&mut Server`)
/// of its own; `with {"NAME": "value"}` starts the servers with other settings than usual. A case that is
/// not named here is dead code, which the compiler says.
macro_rules! both {
    ($($case:ident),+ $(,)?) => { crate::support::both!(with {}: $($case),+); };
    (with {$($name:literal: $value:literal),*}: $($case:ident),+ $(,)?) => {
        $(mod $case {
            #[test]
            fn sqlite() {
                let settings = [$(($name, $value)),*];
                super::$case(&mut crate::support::Server::start(crate::support::Engine::sqlite(), &settings));
            }

            #[test]
            fn postgres() {
                let settings = [$(($name, $value)),*];
                if let Some(engine) = crate::support::Engine::postgres() {
                    super::$case(&mut crate::support::Server::start(engine, &settings));
                }
            }
        })+
    };
}
pub(crate) use both;
