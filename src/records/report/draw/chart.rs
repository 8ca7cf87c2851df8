//! Small charts: what they show can be told without colour, and each says in words what it shows.

use super::layout::{Ink, Paint};
use super::text::{Line, Style};
use crate::error::Result;

const LABEL: Style = Style { size: 6.0, bold: false };
/// Left of the chart, for the scale.
const SCALE: f32 = 12.0;

/// A chart.
#[derive(Debug, Clone)]
pub struct Chart {
    /// What it shows, in words.
    pub about: String,
    /// Points.
    pub height: f32,
    /// The greatest value that it has room for; the least is 0.
    pub most: f32,
    /// What is drawn.
    pub drawn: Drawn,
    /// Dates below it, each with the number of its bucket; none: the table says them.
    pub dates: Vec<(usize, String)>,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub enum Drawn {
    /// A rating: what there is of each bucket, and a line over all dates.
    Rating {
        /// In their order.
        buckets: Vec<Option<Bucket>>,
        /// A value for each date; none is a gap.
        line: Vec<Option<f32>>,
        /// Whether the mean of each bucket is a dot.
        dotted: bool,
    },
    /// How many, of each bucket, and how many were planned.
    Counts(Vec<(f32, Option<f32>)>),
}

/// A rating in a bucket.
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    /// From 0 at the left to 1 at the right.
    pub at: f32,
    /// The mean.
    pub mean: f32,
    /// The lowest and the highest day.
    pub span: (f32, f32),
}

impl Chart {
    /// The chart at a place, so wide.
    pub fn paints(&self, left: f32, top: f32, width: f32) -> Result<Vec<Paint>> {
        let below = if self.dates.is_empty() { 0.0 } else { 10.0 };
        let (x, width) = (left + SCALE, width - SCALE - 2.0);
        let (top, height) = (top + 2.0, self.height - 4.0 - below);
        let y = |value: f32| top + (1.0 - (value / self.most).clamp(0.0, 1.0)) * height;
        let mut paints = Vec::new();
        for (value, ink) in [(0.0, Ink::Grey), (self.most / 2.0, Ink::Light), (self.most, Ink::Light)] {
            paints.push(Paint::Box(x, y(value) - 0.2, width, 0.4, ink));
        }
        for value in [0.0, self.most] {
            let label = Line::of(&format!("{value}"), LABEL)?;
            paints.push(Paint::Text(x - label.width() - 3.0, y(value) + 2.1, label, Ink::Grey));
        }
        match &self.drawn {
            Drawn::Rating { buckets, line, dotted } => {
                for bucket in buckets.iter().flatten() {
                    let at = x + bucket.at * width;
                    let (low, high) = bucket.span;
                    if high > low {
                        paints.push(Paint::Stroke(vec![(at, y(low)), (at, y(high))], 2.6, Ink::Light));
                    }
                }
                for run in
                    line.iter().copied().enumerate().collect::<Vec<_>>().split(|(_, value)| value.is_none())
                {
                    let step = width / number(line.len());
                    let point = |(index, value): &(usize, Option<f32>)| {
                        Some((x + (number(*index) + 0.5) * step, y((*value)?)))
                    };
                    let points: Vec<(f32, f32)> = run.iter().filter_map(point).collect();
                    if !points.is_empty() {
                        paints.push(Paint::Stroke(points, 1.1, Ink::Accent));
                    }
                }
                for bucket in buckets.iter().flatten().filter(|_| *dotted) {
                    let at = (x + bucket.at * width, y(bucket.mean));
                    paints.push(Paint::Stroke(vec![at], 2.6, Ink::Black));
                }
            }
            Drawn::Counts(counts) => {
                let step = width / number(counts.len().max(1));
                for (index, (count, plan)) in counts.iter().enumerate() {
                    let bar = (step * 0.7).min(26.0);
                    let at = x + (number(index) + 0.5) * step - bar / 2.0;
                    if *count > 0.0 {
                        paints.push(Paint::Box(at, y(*count), bar, y(0.0) - y(*count), Ink::Accent));
                    }
                    if let Some(plan) = plan {
                        paints.push(Paint::Box(at - 2.0, y(*plan) - 0.6, bar + 4.0, 1.2, Ink::Black));
                    }
                }
            }
        }
        for (index, date) in &self.dates {
            let label = Line::of(date, LABEL)?;
            let middle = (number(*index) + 0.5) / number(self.buckets()) * width;
            let at = (middle - label.width() / 2.0).clamp(0.0, width - label.width());
            paints.push(Paint::Text(x + at, top + height + 9.0, label, Ink::Grey));
        }
        Ok(paints)
    }

    fn buckets(&self) -> usize {
        match &self.drawn {
            Drawn::Rating { buckets, .. } => buckets.len(),
            Drawn::Counts(counts) => counts.len(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a chart has far fewer points than a float has numbers")]
const fn number(index: usize) -> f32 {
    index as f32
}
