//! What exchanges of refresh tokens should come to: a session that remembers every token it ever had. The rules are
//! held against it (`refresh_tests`), and so are servers (tests/api/refresh.rs). Refuses nothing; it says what is to
//! be refused.

const DAY: i64 = 86_400;

/// A session, with its tokens in the order in which they were made.
pub struct Model {
    tokens: Vec<Made>,
    last_used: i64,
    /// Whether it has ended.
    pub over: bool,
}

#[derive(Clone, Copy)]
struct Made {
    parent: Option<usize>,
    at: i64,
    first_exchanged: Option<i64>,
}

/// What is to come of presenting a token.
#[derive(Debug, PartialEq, Eq)]
pub enum Expected {
    /// The token of this number, which may be new.
    Token(usize),
    /// The session had ended by itself.
    Expired,
    /// Somebody has a copy.
    Reused,
}

impl Model {
    /// A session that begins at second 0 with the token of number 0.
    pub fn begin() -> Self {
        Self { tokens: vec![Made { parent: None, at: 0, first_exchanged: None }], last_used: 0, over: false }
    }

    /// Presents the token of a number at a second.
    pub fn present(&mut self, number: usize, now: i64) -> Expected {
        if now - self.last_used > 30 * DAY || now - self.tokens[0].at > 90 * DAY {
            self.over = true;
            return Expected::Expired;
        }
        let newest = self.tokens.len() - 1;
        let child_of_this = self.tokens[newest].parent == Some(number);
        let first = *self.tokens[number].first_exchanged.get_or_insert(now);
        let fresh = child_of_this && now - self.tokens[newest].at <= 30;
        let lost = child_of_this && now - first <= DAY;
        if fresh {
            self.last_used = now;
            return Expected::Token(newest);
        }
        if number == newest || lost {
            self.tokens.push(Made { parent: Some(number), at: now, first_exchanged: None });
            self.last_used = now;
            return Expected::Token(newest + 1);
        }
        self.over = true;
        Expected::Reused
    }
}
