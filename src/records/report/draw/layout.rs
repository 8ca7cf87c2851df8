//! Blocks on pages: where everything stands, and what it is for who cannot see where.
//!
//! A page is as wide as A4 and as high as US Letter, so that it can be printed on either as it is.

use krilla::tagging::TableHeaderScope;

use super::text::{Line, Style, lines};
use super::{Block, Chart};
use crate::error::Result;

/// Points.
pub const PAGE_WIDTH: f32 = 595.0;
/// Points.
pub const PAGE_HEIGHT: f32 = 792.0;
/// Left and right.
pub const MARGIN: f32 = 54.0;
/// The width of what is written.
pub const WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
const TOP: f32 = 54.0;
/// Nothing but the footer is below.
pub const BOTTOM: f32 = PAGE_HEIGHT - 62.0;

const TITLE: Style = Style { size: 21.0, bold: true };
const HEADING: Style = Style { size: 12.5, bold: true };
/// What most is written in.
pub const BODY: Style = Style { size: 9.5, bold: false };
const NOTE: Style = Style { size: 8.0, bold: false };
/// A heading stays with as much of what follows.
const TOGETHER: f32 = 84.0;
/// Pages of a report: whoever fills more of them is better served by the export, and the server by not having to.
const PAGES: usize = 120;
const FULL: &str = "This report ends here, because it would be longer than anybody reads. The export of the journal has \
    everything.";
/// A paragraph of no more lines is not taken apart.
const FEW: u16 = 5;

/// A colour; the text is black, and everything can be told apart in grey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Black,
    /// What stands back.
    Grey,
    /// Rules and bars.
    Light,
    /// The one accent.
    Accent,
}

/// Something that is painted.
#[derive(Debug, Clone)]
pub enum Paint {
    /// A line of text that begins at a point on its baseline.
    Text(f32, f32, Line, Ink),
    /// A filled rectangle: left, top, width, height.
    Box(f32, f32, f32, f32, Ink),
    /// A line through points, so wide; through one point, a dot.
    Stroke(Vec<(f32, f32)>, f32, Ink),
}

/// What a part of a document is.
#[derive(Debug, Clone)]
pub enum Role {
    /// The whole.
    Document,
    /// A heading of a level.
    Heading(u16, String),
    /// A paragraph.
    Paragraph,
    /// A table, and what it shows.
    Table(String),
    /// Its headings.
    Head,
    /// Its rows.
    Body,
    /// A row.
    Row,
    /// A heading of a column or a row.
    Header(TableHeaderScope),
    /// A cell.
    Data,
    /// A chart: in words, and where it stands: page, left, top, width, height.
    Figure(String, usize, [f32; 4]),
}

/// A part of a document, with its parts in the order of reading.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub role: Role,
    /// What it is made of.
    pub parts: Vec<Part>,
}

/// A part of a part: by its number.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// Another part.
    Node(usize),
    /// Something on a page.
    Mark(usize),
}

/// Something on a page that is one thing.
#[derive(Debug)]
pub struct Mark {
    /// The page.
    pub page: usize,
    /// What it is there for.
    pub kind: Kind,
    /// What is painted.
    pub paints: Vec<Paint>,
}

/// What something on a page is there for.
#[derive(Debug)]
pub enum Kind {
    /// It says something, and perhaps not what is painted.
    Says(Option<String>),
    /// It is there for the eye.
    Decorates,
    /// It is the foot of the page.
    Foot,
}

/// A report on its pages.
pub struct Layout {
    /// Everything on them.
    pub marks: Vec<Mark>,
    /// What it is; the first is the whole.
    pub nodes: Vec<Node>,
    /// The headings: what, page, top.
    pub outline: Vec<(String, usize, f32)>,
    /// The page that is being filled.
    pub page: usize,
    /// How far down.
    pub y: f32,
}

impl Layout {
    /// Lays blocks out.
    pub fn of(blocks: &[Block]) -> Result<Self> {
        let whole = Node { role: Role::Document, parts: Vec::new() };
        let mut layout = Self { marks: Vec::new(), nodes: vec![whole], outline: Vec::new(), page: 0, y: TOP };
        for (index, block) in blocks.iter().enumerate() {
            if layout.is_full() {
                layout.paragraph(FULL, BODY, Ink::Black, 0.0)?;
                break;
            }
            // A chart stays with the words before it.
            let with = match blocks.get(index + 1) {
                Some(Block::Chart(chart)) => chart.height + 10.0,
                _ => 0.0,
            };
            match block {
                Block::Title(text) => layout.heading(text, 1)?,
                Block::Heading(text) => layout.heading(text, 2)?,
                Block::Text(text) => layout.paragraph(text, BODY, Ink::Black, with)?,
                Block::Note(text) => layout.paragraph(text, NOTE, Ink::Grey, with)?,
                Block::Table(table) => layout.table(table)?,
                Block::Chart(chart) => {
                    layout.keep(chart.height + 6.0);
                    layout.chart(0, chart, MARGIN, layout.y, WIDTH)?;
                    layout.y += chart.height + 8.0;
                }
            }
        }
        Ok(layout)
    }

    /// Whether nothing more is begun.
    pub const fn is_full(&self) -> bool {
        self.page >= PAGES
    }

    /// How many pages there are.
    pub const fn pages(&self) -> usize {
        self.page + 1
    }

    /// Goes to the next page if so much does not fit on this one.
    pub fn keep(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.next_page();
        }
    }

    /// Goes to the next page.
    pub fn next_page(&mut self) {
        self.page += 1;
        self.y = TOP;
    }

    /// Adds a part to a part.
    pub fn node(&mut self, of: usize, role: Role) -> usize {
        let number = self.nodes.len();
        self.nodes.push(Node { role, parts: Vec::new() });
        self.part(of, Part::Node(number));
        number
    }

    fn part(&mut self, of: usize, part: Part) {
        if let Some(node) = self.nodes.get_mut(of) {
            node.parts.push(part);
        }
    }

    /// Puts something on the page that says something.
    pub fn says(&mut self, node: usize, actual: Option<String>, paints: Vec<Paint>) {
        self.part(node, Part::Mark(self.marks.len()));
        self.marks.push(Mark { page: self.page, kind: Kind::Says(actual), paints });
    }

    /// Puts something on the page that is there for the eye only.
    pub fn decorates(&mut self, paints: Vec<Paint>) {
        self.marks.push(Mark { page: self.page, kind: Kind::Decorates, paints });
    }

    /// Puts a line at a place of the page.
    pub fn line(&mut self, node: usize, x: f32, top: f32, line: &Line, ink: Ink) {
        let baseline = top + line.style.size * ASCENT;
        self.says(node, line.actual.clone(), vec![Paint::Text(x, baseline, line.clone(), ink)]);
    }

    /// Puts a chart at a place of the page.
    pub fn chart(&mut self, of: usize, chart: &Chart, x: f32, top: f32, width: f32) -> Result<()> {
        let node = self.node(of, Role::Figure(chart.about.clone(), self.page, [x, top, width, chart.height]));
        self.says(node, None, chart.paints(x, top, width)?);
        Ok(())
    }

    fn heading(&mut self, text: &str, level: u16) -> Result<()> {
        let (style, ink) = if level == 1 { (TITLE, Ink::Black) } else { (HEADING, Ink::Accent) };
        if self.y > TOP {
            self.keep(TOGETHER);
            self.y += if self.y > TOP { 12.0 } else { 0.0 };
        }
        self.outline.push((text.to_owned(), self.page, self.y));
        let node = self.node(0, Role::Heading(level, text.to_owned()));
        self.flow(node, &lines(text, style, WIDTH)?, ink);
        self.y += 3.0;
        Ok(())
    }

    fn paragraph(&mut self, text: &str, style: Style, ink: Ink, with: f32) -> Result<()> {
        let node = self.node(0, Role::Paragraph);
        let lines = lines(text, style, WIDTH)?;
        if let Some(few) = u16::try_from(lines.len()).ok().filter(|count| *count <= FEW) {
            self.keep(f32::from(few) * leading(style) + with);
        }
        self.flow(node, &lines, ink);
        self.y += 4.0;
        Ok(())
    }

    fn flow(&mut self, node: usize, lines: &[Line], ink: Ink) {
        for line in lines {
            self.keep(leading(line.style));
            self.line(node, MARGIN, self.y, line, ink);
            self.y += leading(line.style);
        }
    }
}

/// From the top of a line to its baseline, for a size of 1.
const ASCENT: f32 = 1.06;

/// From one line to the next.
pub fn leading(style: Style) -> f32 {
    style.size * 1.4
}
