//! Text as it stands on a page: shaped with the fonts of this folder, in the order in which it is read, broken
//! into lines that fit.
//!
//! Refuses nothing that somebody wrote. What no font has a sign for is shown as a box, and the text itself is kept
//! beside it for who copies it or has it read aloud.

use std::collections::HashMap;
use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::ttf_parser::GlyphId as SignId;
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::error::{Error, Result};

/// Stands for what no font has a sign for.
const BOX: &str = "\u{25a1}";

macro_rules! fonts {
    ($($name:literal),+ $(,)?) => { [$(include_bytes!(concat!("../fonts/", $name, ".ttf")).as_slice()),+] };
}

/// The fonts: for text, for what stands out, and for what these two have no signs for; the last has the box.
const FONTS: [&[u8]; 9] = fonts![
    "NotoSans-Regular",
    "NotoSans-Bold",
    "NotoSansHebrew-Regular",
    "NotoSansArabic-Regular",
    "NotoSansDevanagari-Regular",
    "NotoSansThai-Regular",
    "NotoSansArmenian-Regular",
    "NotoSansGeorgian-Regular",
    "NotoSansSymbols2-Regular",
];

/// A font, for shaping and for embedding.
struct Typeface {
    face: Face<'static>,
    font: Font,
}

static TYPEFACES: LazyLock<Vec<Typeface>> = LazyLock::new(|| {
    let typeface = |bytes: &&'static [u8]| {
        Some(Typeface { face: Face::from_slice(bytes, 0)?, font: Font::new((*bytes).into(), 0)? })
    };
    FONTS.iter().filter_map(typeface).collect()
});

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Points.
    pub size: f32,
    /// Whether it stands out.
    pub bold: bool,
}

/// A piece of a line in one font and one direction.
#[derive(Debug, Clone)]
pub struct Run {
    /// The font.
    pub font: Font,
    /// What it says.
    pub text: String,
    /// Its signs, for a size of 1.
    pub glyphs: Vec<KrillaGlyph>,
    /// Its width, for a size of 1.
    pub width: f32,
}

/// A line, from left to right.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its pieces.
    pub runs: Vec<Run>,
    /// How it looks.
    pub style: Style,
    /// What it says, where its signs in their order do not say it.
    pub actual: Option<String>,
}

impl Line {
    /// A line of what fits.
    pub fn of(text: &str, style: Style) -> Result<Self> {
        let typefaces = typefaces()?;
        let bidi = BidiInfo::new(text, Some(Level::ltr()));
        let mut line = Self { runs: Vec::new(), style, actual: None };
        let mut plain = true;
        for paragraph in &bidi.paragraphs {
            let (levels, order) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for range in order {
                let is_rtl = levels.get(range.start).is_some_and(Level::is_rtl);
                let direction = if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight };
                let mut pieces = pieces(typefaces, text.get(range).unwrap_or_default(), style.bold);
                plain &= !is_rtl && pieces.iter().all(|piece| piece.whole);
                if is_rtl {
                    pieces.reverse();
                }
                let shaped = pieces.into_iter().filter_map(|piece| {
                    let typeface = typefaces.get(piece.typeface)?;
                    Some(shape(typeface, piece.text, direction))
                });
                line.runs.extend(shaped);
            }
        }
        if !plain {
            line.actual = Some(text.to_owned());
        }
        Ok(line)
    }

    /// How wide it is.
    pub fn width(&self) -> f32 {
        self.runs.iter().map(|run| run.width).sum::<f32>() * self.style.size
    }
}

fn typefaces() -> Result<&'static [Typeface]> {
    let all = TYPEFACES.as_slice();
    if all.len() == FONTS.len() { Ok(all) } else { Err(Error::internal("a font cannot be read")) }
}

/// A text in one font.
struct Piece {
    typeface: usize,
    text: String,
    /// Whether it says all that was written.
    whole: bool,
}

/// Cuts a text where another font is needed. What belongs together, such as a letter and its accents, stays so.
fn pieces(typefaces: &[Typeface], text: &str, bold: bool) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut known: HashMap<&str, Option<usize>> = HashMap::new();
    let first = usize::from(bold);
    for cluster in text.graphemes(true) {
        let shown: String = cluster.chars().filter(|letter| !is_silent(*letter)).collect();
        let has = |index: &usize| {
            typefaces.get(*index).is_some_and(|known| shown.chars().all(|letter| sign(known, letter)))
        };
        // The same letters come again and again. What has no sign goes to the font that has the box.
        let find = || std::iter::once(first).chain(2..typefaces.len()).find(has);
        let found = *known.entry(cluster).or_insert_with(find);
        let boxed = (typefaces.len().saturating_sub(1), BOX.to_owned());
        let (typeface, shown) = found.map_or(boxed, |index| (index, shown));
        let whole = shown == cluster;
        match pieces.last_mut() {
            Some(piece) if piece.typeface == typeface => {
                piece.text.push_str(&shown);
                piece.whole &= whole;
            }
            _ => pieces.push(Piece { typeface, text: shown, whole }),
        }
    }
    pieces
}

fn sign(typeface: &Typeface, letter: char) -> bool {
    typeface.face.glyph_index(letter).is_some_and(|sign| sign != SignId(0))
}

/// Where a line may end; not at a space that keeps what stands beside it together.
fn is_gap(letter: char) -> bool {
    letter.is_control() || letter.is_whitespace() && !matches!(letter, '\u{a0}' | '\u{202f}')
}

/// What turns the order of letters about. The order follows from the letters themselves, so that nobody's words
/// can turn ours.
const fn is_order(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What has no sign of its own by its nature: joiners, variation selectors, directions, hyphens that may be.
const fn is_silent(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fffe}' | '\u{e0000}'..='\u{e0fff}'
    )
}

fn shape(typeface: &Typeface, text: String, direction: Direction) -> Run {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(&text);
    buffer.guess_segment_properties();
    buffer.set_direction(direction);
    let shaped = rustybuzz::shape(&typeface.face, &[], buffer);
    let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| index(info.cluster)).collect();
    starts.sort_unstable();
    starts.dedup();
    let units = typeface.font.units_per_em();
    let signs = shaped.glyph_infos().iter().zip(shaped.glyph_positions());
    let glyphs: Vec<KrillaGlyph> = signs
        .map(|(info, position)| {
            let start = index(info.cluster);
            let next = starts.partition_point(|known| *known <= start);
            let end = starts.get(next).copied().unwrap_or(text.len());
            let em = |length: i32| f32::from(i16::try_from(length).unwrap_or(i16::MAX)) / units;
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                em(position.x_advance),
                em(position.x_offset),
                em(position.y_offset),
                em(position.y_advance),
                start..end,
                None,
            )
        })
        .collect();
    let width = glyphs.iter().map(|glyph| glyph.x_advance).sum();
    Run { font: typeface.font.clone(), text, glyphs, width }
}

fn index(cluster: u32) -> usize {
    usize::try_from(cluster).unwrap_or(usize::MAX)
}

/// Breaks a text into lines of at most `width` points: between words, and inside a word that is wider by itself.
pub fn lines(text: &str, style: Style, width: f32) -> Result<Vec<Line>> {
    let letters = text.chars().filter(|letter| !is_order(*letter));
    let readable: String = letters.map(|letter| if is_gap(letter) { ' ' } else { letter }).collect();
    let mut breaker =
        Breaker { style, width, widths: HashMap::new(), done: Vec::new(), open: String::new(), used: 0.0 };
    for word in readable.split(' ').filter(|word| !word.is_empty()) {
        breaker.add(word)?;
    }
    breaker.finish()
}

struct Breaker<'a> {
    style: Style,
    width: f32,
    /// How wide what was met is: words come again, and letters all the more.
    widths: HashMap<&'a str, f32>,
    done: Vec<String>,
    open: String,
    used: f32,
}

impl<'a> Breaker<'a> {
    fn measure(&mut self, text: &'a str) -> Result<f32> {
        if let Some(known) = self.widths.get(text) {
            return Ok(*known);
        }
        let width = Line::of(text, self.style)?.width();
        self.widths.insert(text, width);
        Ok(width)
    }

    fn add(&mut self, word: &'a str) -> Result<()> {
        let (wide, space) = (self.measure(word)?, self.measure(" ")?);
        if !self.open.is_empty() && self.used + space + wide <= self.width {
            self.open.push(' ');
            self.open.push_str(word);
            self.used += space + wide;
            return Ok(());
        }
        self.end_line();
        if wide <= self.width {
            self.open.push_str(word);
            self.used = wide;
            return Ok(());
        }
        for cluster in word.graphemes(true) {
            let wide = self.measure(cluster)?;
            if self.used + wide > self.width {
                self.end_line();
            }
            self.open.push_str(cluster);
            self.used += wide;
        }
        Ok(())
    }

    fn end_line(&mut self) {
        if !self.open.is_empty() {
            self.done.push(std::mem::take(&mut self.open));
        }
        self.used = 0.0;
    }

    fn finish(mut self) -> Result<Vec<Line>> {
        self.end_line();
        self.done.iter().map(|text| Line::of(text, self.style)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { size: 10.0, bold: false };

    fn shown(lines: &[Line]) -> Vec<String> {
        let of = |line: &Line| line.runs.iter().map(|run| run.text.as_str()).collect();
        lines.iter().map(of).collect()
    }

    #[test]
    fn every_font_can_be_read() {
        assert_eq!(typefaces().unwrap().len(), FONTS.len());
        let boxed = Line::of(BOX, STYLE).unwrap();
        assert!(boxed.actual.is_none() && boxed.width() > 1.0, "the box is a sign itself");
        assert!(sign(typefaces().unwrap().last().unwrap(), '\u{25a1}'), "the last font has it");
    }

    #[test]
    fn no_line_is_too_wide_and_no_letter_is_lost() {
        let long = "Donaudampfschifffahrt".repeat(20);
        let text = format!("A word, a {long} and \u{4e2d}\u{6587}{} more", "\u{5b57}".repeat(80));
        for width in [30.0, 77.0, 300.0] {
            let lines = lines(&text, STYLE, width).unwrap();
            assert!(lines.iter().all(|line| line.width() <= width + 0.5), "{width}");
            let said: String = lines
                .iter()
                .map(|line| line.actual.clone().unwrap_or_else(|| shown(std::slice::from_ref(line)).concat()))
                .collect();
            let bare = |text: &str| text.replace(' ', "");
            assert_eq!(bare(&said), bare(&text), "{width}");
        }
    }

    #[test]
    fn what_has_no_sign_is_a_box_that_says_what_it_is() {
        let line = Line::of("a \u{1f469}\u{200d}\u{1f467} b", STYLE).unwrap();
        assert_eq!(shown(std::slice::from_ref(&line)).concat(), "a \u{25a1} b");
        assert_eq!(line.actual.as_deref(), Some("a \u{1f469}\u{200d}\u{1f467} b"));
        assert_eq!(Line::of("Pl\u{e1}n \u{2212}1", STYLE).unwrap().actual, None);
    }

    #[test]
    fn nobody_turns_our_words_about() {
        let lines = lines("\u{202e}turned: ours\u{2067} \u{5d0}\u{5d1} too", STYLE, 400.0).unwrap();
        assert_eq!(shown(&lines), ["turned: ours \u{5d0}\u{5d1} too"]);
        // The Hebrew word stands in its own direction: its first letter is its rightmost.
        let clusters: Vec<usize> = lines[0]
            .runs
            .iter()
            .find(|run| run.text.contains('\u{5d0}'))
            .unwrap()
            .glyphs
            .iter()
            .map(|glyph| glyph.text_range.start)
            .collect();
        assert!(clusters.windows(2).all(|pair| pair[0] >= pair[1]), "{clusters:?}");
    }

    #[test]
    fn spaces_that_keep_together_do_and_others_fold() {
        let lines = lines("one\n\t two  94.4\u{a0}%", STYLE, 50.0).unwrap();
        assert_eq!(shown(&lines), ["one two", "94.4\u{a0}%"]);
    }
}
