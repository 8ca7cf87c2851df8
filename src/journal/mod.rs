//! The journal: everything one member owns, in collections of records.
//!
//! A collection is described once (`collection`, `collections/`); reading, writing, listing, validation, the
//! document, sync and later export all follow from the description.

pub mod collection;
pub mod collections;
pub mod days;
pub mod document;
pub mod each;
pub mod history;
pub mod listed;
pub mod page;
pub mod reading;
pub mod record;
pub mod routes;
pub mod store;
pub mod support;
pub mod sync;
pub mod today;

pub use collection::{COLLECTIONS, Collection};
pub use reading::Reading;
pub use record::Record;
