//! Tables: columns by their shares, rows that stay together where they fit on a page and go on on the next where
//! they do not, and the headings again on each page.

use krilla::tagging::TableHeaderScope;

use super::layout::{BODY, BOTTOM, Ink, Layout, MARGIN, Paint, Role, WIDTH, leading};
use super::text::{Line, Style, lines};
use super::{Cell, Chart, Table};
use crate::error::Result;

const HEAD: Style = Style { size: 8.0, bold: true };
const NAME: Style = Style { size: 9.0, bold: true };
const CELL: Style = Style { size: 9.0, bold: false };
/// Between columns.
const GAP: f32 = 10.0;
/// Above and below what stands in a row.
const PAD: f32 = 3.0;
/// A row that is no higher than this is not taken apart.
const WHOLE: f32 = 300.0;

/// What stands in a cell, and how far it has been set.
struct Set {
    node: usize,
    x: f32,
    width: f32,
    lines: std::vec::IntoIter<Line>,
    chart: Option<Chart>,
}

impl Set {
    fn height(&self) -> f32 {
        let text = self.lines.as_slice().iter().map(|line| leading(line.style)).sum();
        self.chart.as_ref().map_or(text, |chart| chart.height)
    }
}

impl Layout {
    pub(super) fn table(&mut self, table: &Table) -> Result<()> {
        let places = places(table);
        let node = self.node(0, Role::Table(table.about.clone()));
        let first = table.rows.first();
        let head_height = head_height(table, &places)?;
        self.keep(head_height + first.map_or(0.0, |_| leading(BODY) * 2.0));
        let head = self.node(node, Role::Head);
        let row = self.node(head, Role::Row);
        self.head(table, &places, Some(row))?;
        let body = self.node(node, Role::Body);
        for cells in &table.rows {
            if self.is_full() {
                break;
            }
            let row = self.node(body, Role::Row);
            let mut sets = Vec::with_capacity(cells.len());
            for (index, (cell, (x, width))) in cells.iter().zip(&places).enumerate() {
                let (role, style) =
                    if index == 0 { (Role::Header(TableHeaderScope::Row), NAME) } else { (Role::Data, CELL) };
                let node = self.node(row, role);
                let (lines, chart) = match cell {
                    Cell::Text(text) => (lines(text, style, *width)?, None),
                    Cell::Chart(chart) => (Vec::new(), Some(chart.clone())),
                };
                sets.push(Set { node, x: *x, width: *width, lines: lines.into_iter(), chart });
            }
            self.row(table, &places, sets)?;
        }
        self.y += 4.0;
        Ok(())
    }

    /// Sets a row, on as many pages as it takes.
    fn row(&mut self, table: &Table, places: &[(f32, f32)], mut sets: Vec<Set>) -> Result<()> {
        let height = |sets: &[Set]| sets.iter().map(Set::height).fold(0.0, f32::max);
        let whole = height(&sets);
        if whole <= WHOLE && self.y + whole + 2.0 * PAD > BOTTOM {
            self.continue_table(table, places)?;
        }
        loop {
            let top = self.y + PAD;
            let mut bottom = top;
            for set in &mut sets {
                if let Some(chart) = set.chart.take() {
                    self.chart(set.node, &chart, set.x, top, set.width)?;
                    bottom = bottom.max(top + chart.height);
                }
                let mut y = top;
                while let Some(next) = set.lines.as_slice().first() {
                    let step = leading(next.style);
                    if y + step + PAD > BOTTOM {
                        break;
                    }
                    if let Some(line) = set.lines.next() {
                        self.line(set.node, set.x, y, &line, Ink::Black);
                    }
                    y += step;
                }
                bottom = bottom.max(y);
            }
            self.y = bottom + PAD;
            if sets.iter().all(|set| set.lines.as_slice().is_empty()) {
                break;
            }
            self.continue_table(table, places)?;
        }
        self.decorates(vec![Paint::Box(MARGIN, self.y, WIDTH, 0.5, Ink::Light)]);
        self.y += 0.5;
        Ok(())
    }

    fn continue_table(&mut self, table: &Table, places: &[(f32, f32)]) -> Result<()> {
        self.next_page();
        // Who listens has heard the headings.
        self.head(table, places, None)
    }

    /// Sets the headings: as a part of the table, or only for the eye.
    fn head(&mut self, table: &Table, places: &[(f32, f32)], row: Option<usize>) -> Result<()> {
        let height = head_height(table, places)?;
        let mut seen = Vec::new();
        for (column, (x, width)) in table.columns.iter().zip(places) {
            let all = lines(&column.name, HEAD, *width)?;
            let count = f32::from(u16::try_from(all.len()).unwrap_or(u16::MAX));
            let mut y = self.y + height - PAD - count * leading(HEAD);
            let node = row.map(|row| self.node(row, Role::Header(TableHeaderScope::Column)));
            for line in all {
                let step = leading(HEAD);
                match node {
                    Some(node) => self.line(node, *x, y, &line, Ink::Black),
                    None => seen.push(Paint::Text(*x, y + HEAD.size * 1.06, line, Ink::Black)),
                }
                y += step;
            }
        }
        self.y += height;
        seen.push(Paint::Box(MARGIN, self.y, WIDTH, 0.8, Ink::Accent));
        self.decorates(seen);
        self.y += 0.8;
        Ok(())
    }
}

/// How high the headings are.
fn head_height(table: &Table, places: &[(f32, f32)]) -> Result<f32> {
    let mut most = 0_usize;
    for (column, (_, width)) in table.columns.iter().zip(places) {
        most = most.max(lines(&column.name, HEAD, *width)?.len());
    }
    Ok(f32::from(u16::try_from(most).unwrap_or(u16::MAX)) * leading(HEAD) + 2.0 * PAD)
}

/// Where each column begins, and how wide it is.
fn places(table: &Table) -> Vec<(f32, f32)> {
    let gaps = f32::from(u16::try_from(table.columns.len().saturating_sub(1)).unwrap_or_default()) * GAP;
    let all: f32 = table.columns.iter().map(|column| column.share).sum();
    let mut x = MARGIN;
    let place = |column: &super::Column| {
        let width = (WIDTH - gaps) * column.share / all;
        let place = (x, width);
        x += width + GAP;
        place
    };
    table.columns.iter().map(place).collect()
}
