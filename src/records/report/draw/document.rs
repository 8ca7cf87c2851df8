//! The PDF: tagged, in the order of reading, with everything in it that it needs (PDF/UA-1).
//!
//! The same report is the same bytes: its date is that of what it reports, and nothing in it is drawn by lot.
//! Refuses to hand out what does not meet the standard.

use std::num::NonZeroU16;

use chrono::{Datelike as _, NaiveDate};
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, BBox, ContentTag, Identifier, Node as TagNode, SpanTag, Tag, TagGroup, TagKind,
    TagTree,
};
use krilla::{Document, SerializeSettings};

use super::Block;
use super::layout::{
    BOTTOM, Ink, Kind, Layout, MARGIN, Mark, PAGE_HEIGHT, PAGE_WIDTH, Paint, Part, Role, WIDTH,
};
use super::text::{Line, Style, lines};
use crate::error::{Error, Result};

const LANGUAGE: &str = "en";
const FOOTER: Style = Style { size: 7.5, bold: false };

/// What a document says of itself.
pub struct About {
    /// Its title.
    pub title: String,
    /// Its date.
    pub date: NaiveDate,
    /// What stands at the foot of each page, if it fits there; else the title does.
    pub foot: String,
}

/// A report as a PDF.
pub fn pdf(about: &About, blocks: &[Block]) -> Result<Vec<u8>> {
    let mut layout = Layout::of(blocks)?;
    feet(&mut layout, about)?;
    let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = configuration.map_err(|_| Error::internal("no version of PDF is accessible"))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut marked: Vec<Option<Identifier>> = vec![None; layout.marks.len()];
    for number in 0..layout.pages() {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT);
        let mut page = document.start_page_with(settings.ok_or_else(|| Error::internal("no page"))?);
        let mut surface = page.surface();
        let here = layout.marks.iter().zip(&mut marked).filter(|(mark, _)| mark.page == number);
        for (mark, place) in here {
            let identifier = surface.start_tagged(tag(mark));
            mark.paints.iter().for_each(|paint| draw(&mut surface, paint));
            surface.end_tagged();
            *place = matches!(mark.kind, Kind::Says(_)).then_some(identifier);
        }
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new().with_lang(Some(LANGUAGE.to_owned()));
    for part in layout.nodes.first().map(|whole| whole.parts.as_slice()).unwrap_or_default() {
        if let Some(node) = tree_part(&layout, &marked, *part) {
            tree.push(node);
        }
    }
    document.set_tag_tree(tree);
    document.set_metadata(metadata(about));
    document.set_outline(outline(&layout));
    document.finish().map_err(|error| Error::internal(format!("a report is no PDF/UA: {error:?}")))
}

fn metadata(about: &About) -> Metadata {
    let (date, small) = (about.date, |number: u32| u8::try_from(number).unwrap_or(1));
    let year = u16::try_from(date.year()).unwrap_or_default();
    let at = DateTime::new(year).month(small(date.month())).day(small(date.day()));
    Metadata::new()
        .title(about.title.clone())
        .language(LANGUAGE.to_owned())
        .creator("Recovery Journal".to_owned())
        .creation_date(at.hour(0).minute(0).second(0).utc_offset_hour(0).utc_offset_minute(0))
}

fn outline(layout: &Layout) -> Outline {
    let mut outline = Outline::new();
    for (text, page, y) in &layout.outline {
        let place = XyzDestination::new(*page, Point::from_xy(MARGIN, (*y - 8.0).max(0.0)));
        outline.push_child(OutlineNode::new(text.clone(), place));
    }
    outline
}

/// The foot of each page: what the report is, and which page of how many.
fn feet(layout: &mut Layout, about: &About) -> Result<()> {
    let pages = layout.pages();
    for page in 0..pages {
        let number = Line::of(&format!("Page {} of {pages}", page + 1), FOOTER)?;
        let room = WIDTH - number.width() - 20.0;
        let (baseline, right) = (BOTTOM + 26.0, MARGIN + WIDTH - number.width());
        let mut paints = vec![
            Paint::Box(MARGIN, BOTTOM + 12.0, WIDTH, 0.5, Ink::Light),
            Paint::Text(right, baseline, number, Ink::Grey),
        ];
        let mut foot = lines(&about.foot, FOOTER, room)?;
        if foot.len() > 1 {
            foot = lines(&about.title, FOOTER, room)?;
        }
        paints.extend(foot.into_iter().next().map(|line| Paint::Text(MARGIN, baseline, line, Ink::Grey)));
        layout.marks.push(Mark { page, kind: Kind::Foot, paints });
    }
    Ok(())
}

fn tag(mark: &Mark) -> ContentTag<'_> {
    let artifact = |kind| ContentTag::Artifact(Artifact::with_kind(kind));
    match &mark.kind {
        Kind::Says(actual) => ContentTag::Span(SpanTag::empty().with_actual_text(actual.as_deref())),
        Kind::Decorates => artifact(ArtifactType::Layout),
        Kind::Foot => artifact(ArtifactType::Footer),
    }
}

fn tree_part(layout: &Layout, marked: &[Option<Identifier>], part: Part) -> Option<TagNode> {
    match part {
        Part::Mark(number) => marked.get(number).copied().flatten().map(TagNode::from),
        Part::Node(number) => {
            let node = layout.nodes.get(number)?;
            let children = node.parts.iter().filter_map(|part| tree_part(layout, marked, *part)).collect();
            Some(TagGroup::with_children(kind(&node.role), children).into())
        }
    }
}

fn kind(role: &Role) -> TagKind {
    match role {
        Role::Document => Tag::Part.into(),
        Role::Heading(level, title) => {
            Tag::Hn(NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN), Some(title.clone())).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::Table(about) => Tag::Table.with_summary(Some(about.clone())).into(),
        Role::Head => Tag::THead.into(),
        Role::Body => Tag::TBody.into(),
        Role::Row => Tag::TR.into(),
        Role::Header(scope) => Tag::TH(*scope).into(),
        Role::Data => Tag::TD.into(),
        Role::Figure(about, page, [x, y, width, height]) => {
            let area = Rect::from_xywh(*x, *y, *width, *height).map(|area| BBox::new(*page, area));
            Tag::Figure(Some(about.clone())).with_bbox(area).into()
        }
    }
}

fn draw(surface: &mut Surface<'_>, paint: &Paint) {
    match paint {
        Paint::Text(x, y, line, ink) => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*ink)));
            let mut x = *x;
            for run in &line.runs {
                let start = Point::from_xy(x, *y);
                surface.draw_glyphs(start, &run.glyphs, run.font.clone(), &run.text, line.style.size, false);
                x += run.width * line.style.size;
            }
        }
        Paint::Box(x, y, width, height, ink) => {
            let mut path = PathBuilder::new();
            if let Some(area) = Rect::from_xywh(*x, *y, *width, *height) {
                path.push_rect(area);
            }
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*ink)));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Paint::Stroke(points, width, ink) => {
            let mut path = PathBuilder::new();
            let mut points = points.iter();
            if let Some((x, y)) = points.next() {
                path.move_to(*x, *y);
                // So that one point is a dot.
                path.line_to(*x + 0.01, *y);
            }
            points.for_each(|(x, y)| path.line_to(*x, *y));
            surface.set_fill(None);
            surface.set_stroke(Some(Stroke {
                paint: colour(*ink).into(),
                width: *width,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            }));
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: colour(ink).into(), opacity: NormalizedF32::ONE, ..Fill::default() }
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Black => rgb::Color::new(0x1a, 0x1a, 0x1a),
        Ink::Grey => rgb::Color::new(0x59, 0x59, 0x59),
        Ink::Light => rgb::Color::new(0xcf, 0xcf, 0xcf),
        Ink::Accent => rgb::Color::new(0x12, 0x55, 0x5e),
    }
}
