//! Just enough of Rust's lexical grammar to find paths and strings: comments are dropped, names and signs
//! kept with their lines.

/// A piece of Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name or a number.
    Word(String),
    /// The contents of a string, as written.
    Text(String),
    /// `::`
    PathSeparator,
    /// Any other sign.
    Sign(char),
}

/// The tokens of `text`, each with its line (from 1).
pub fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let look = |at: usize| chars.get(at).copied().unwrap_or('\0');
    while at < chars.len() {
        let from = at;
        let token = match look(at) {
            '/' if look(at + 1) == '/' => {
                at = end(&chars, at, |at| look(at) == '\n');
                None
            }
            '/' if look(at + 1) == '*' => {
                at = end(&chars, at + 2, |at| look(at) == '*' && look(at + 1) == '/') + 2;
                None
            }
            'r' if raw_string(&chars, at).is_some() => {
                let hashes = raw_string(&chars, at).unwrap_or_default();
                let first = at + hashes + 2;
                let closes = |at: usize| look(at) == '"' && (1..=hashes).all(|n| look(at + n) == '#');
                let last = end(&chars, first, closes);
                at = last + 1 + hashes;
                Some(Token::Text(chars[first..last.min(chars.len())].iter().collect()))
            }
            '"' => {
                let mut last = at + 1;
                while last < chars.len() && look(last) != '"' {
                    last += if look(last) == '\\' { 2 } else { 1 };
                }
                let last = last.min(chars.len());
                at = last + 1;
                Some(Token::Text(chars[from + 1..last].iter().collect()))
            }
            // A character, unless it is a lifetime.
            '\'' if look(at + 1) == '\\' => {
                at = end(&chars, at + 3, |at| look(at) == '\'') + 1;
                None
            }
            '\'' if look(at + 2) == '\'' => {
                at += 3;
                None
            }
            sign if sign.is_alphanumeric() || sign == '_' => {
                at = end(&chars, at, |at| !(look(at).is_alphanumeric() || look(at) == '_'));
                Some(Token::Word(chars[from..at].iter().collect()))
            }
            ':' if look(at + 1) == ':' => {
                at += 2;
                Some(Token::PathSeparator)
            }
            sign => {
                at += 1;
                (!sign.is_whitespace()).then_some(Token::Sign(sign))
            }
        };
        found.extend(token.map(|token| (line, token)));
        line += chars[from..at.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}

fn end(chars: &[char], from: usize, is_end: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|at| is_end(*at)).unwrap_or(chars.len())
}

/// How many `#` a raw string that begins at `at` has.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied().unwrap_or(' ');
    if before.is_alphanumeric() && before != 'b' {
        return None;
    }
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

#[test]
fn comments_are_dropped_and_strings_are_told_from_names() {
    let text = "use a::b; // use c::d\n/* e\n */ let x = \"f::g \\\" h\"; 'i' '\\'' &'j str r#\"k \"l\"#";
    let words = |wanted: fn(Token) -> Option<String>| -> Vec<(usize, String)> {
        tokens(text).into_iter().filter_map(|(line, token)| Some((line, wanted(token)?))).collect()
    };
    let named = words(|token| if let Token::Word(word) = token { Some(word) } else { None });
    let named: Vec<(usize, &str)> = named.iter().map(|(line, word)| (*line, word.as_str())).collect();
    assert_eq!(named, [(1, "use"), (1, "a"), (1, "b"), (3, "let"), (3, "x"), (3, "j"), (3, "str")]);
    let texts = words(|token| if let Token::Text(text) = token { Some(text) } else { None });
    assert_eq!(texts, [(3, "f::g \\\" h".to_owned()), (3, "k \"l".to_owned())]);
}
