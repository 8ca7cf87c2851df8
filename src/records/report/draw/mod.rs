//! From blocks to a PDF: what a report says is laid out on pages and written as a tagged document.
//!
//! | file | what it does |
//! |---|---|
//! | `text` | fonts, shaping, lines that fit |
//! | `layout` | blocks on pages, and the tree of what they are |
//! | `table` | rows that may go on on the next page |
//! | `chart` | small charts |
//! | `document` | the PDF itself |
//!
//! Knows nothing of journals. Cuts nothing off: what is long takes more lines, and more pages.

mod chart;
mod document;
mod layout;
mod table;
mod text;

pub use chart::{Bucket, Chart, Drawn};
pub use document::{About, pdf};

/// A part of a report.
#[derive(Debug, Clone)]
pub enum Block {
    /// The heading of the whole.
    Title(String),
    /// The heading of a section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph that stands back.
    Note(String),
    /// A table.
    Table(Table),
    /// A chart as wide as the page.
    Chart(Chart),
}

/// A table. The first cell of each row names it.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it shows, for who cannot see it.
    pub about: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// Its part of the width, beside those of the others.
    pub share: f32,
}

/// A cell.
#[derive(Debug, Clone)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A chart.
    Chart(Chart),
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, share: f32) -> Self {
        Self { name: name.into(), share }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
