//! The journal over HTTP.

mod catalogue;
mod days;
pub mod derived;
mod meeting_list;
pub mod readable;
mod records;
pub mod support;
mod sync;

pub use records::readables;

use crate::http::route::Route;

pub use records::collection_routes;

/// Every route of the journal.
pub fn routes() -> Vec<Route> {
    records::routes()
        .chain(days::routes())
        .chain(sync::routes())
        .chain([catalogue::route(), support::route(), meeting_list::route()])
        .collect()
}
