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

use std::iter::once_with;

use crate::http::route::Route;

pub use records::collection_routes;

/// Every route of the journal.
pub fn routes() -> impl Iterator<Item = Route> {
    let others = once_with(|| [catalogue::route(), support::route(), meeting_list::route()]);
    records::routes()
        .chain(once_with(days::routes).flatten())
        .chain(once_with(sync::routes).flatten())
        .chain(others.flatten())
}
