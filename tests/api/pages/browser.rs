//! A browser as far as pages need one: it holds a cookie, follows no link by itself, and looks at every page for
//! what no page may have.

use crate::support::client::PASSWORD;
use crate::support::{Answer, Client, Server};

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

/// A browser.
pub struct Browser {
    client: Client,
    /// Name and value of the cookie it holds.
    pub cookie: Option<(String, String)>,
    /// The attributes of the cookie that came last.
    pub attributes: Vec<String>,
    /// What it says with every request.
    pub headers: Vec<(&'static str, String)>,
    mark: String,
}

impl Browser {
    /// One that holds nothing.
    pub fn new(server: &Server) -> Self {
        let client = server.anybody();
        Self { client, cookie: None, attributes: Vec::new(), headers: Vec::new(), mark: String::new() }
    }

    /// One in which somebody has signed in.
    pub fn signed_in(server: &Server, account: &Client) -> Self {
        let mut browser = Self::new(server);
        browser.get("/counselor/sign-in").expect(200);
        let came = browser.sign_in(account.email(), PASSWORD);
        assert_eq!((came.status, came.header("location")), (303, Some("/counselor")), "{came:?}");
        browser.get("/counselor").expect(200);
        browser
    }

    /// Sends the form of the door.
    pub fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post("/counselor/sign-in", &[("email", email), ("password", password), ("code", "")])
    }

    /// The same with a code of an authenticator.
    pub fn sign_in_with(&mut self, email: &str, password: &str, code: &str) -> Answer {
        self.post("/counselor/sign-in", &[("email", email), ("password", password), ("code", code)])
    }

    /// Opens a page.
    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// Sends a form with the mark of the page that was opened last.
    pub fn post(&mut self, path: &str, members: &[(&str, &str)]) -> Answer {
        let mark = self.mark.clone();
        let members: Vec<(&str, &str)> = [&[("mark", mark.as_str())], members].concat();
        self.post_as_it_is(path, &members)
    }

    /// Sends a form and nothing else.
    pub fn post_as_it_is(&mut self, path: &str, members: &[(&str, &str)]) -> Answer {
        let escaped =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let pairs: Vec<String> =
            members.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        self.send("POST", path, Some(pairs.join("&")))
    }

    fn send(&mut self, method: &str, path: &str, form: Option<String>) -> Answer {
        let mut request = self.client.request(method, path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some((name, value)) = &self.cookie {
            request = request.header("Cookie", format!("other=1; {name}={value}"));
        }
        if let Some(form) = form {
            request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        }
        let answer = request.send();
        self.take(&answer);
        answer
    }

    fn take(&mut self, answer: &Answer) {
        let text = String::from_utf8_lossy(&answer.bytes);
        assert_eq!(answer.header("content-security-policy"), Some(POLICY), "{answer:?}");
        if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/css")) {
            return;
        }
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        if answer.status != 303 {
            assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{answer:?}");
            let tags: Vec<String> = text.split('<').skip(1).map(bare).collect();
            for tag in &tags {
                let never = ["script", "style", "iframe", "object", "embed", "base"];
                assert!(!never.contains(&tag.split([' ', '>']).next().unwrap()), "{tag} in {text}");
                let handler =
                    tag.split_whitespace().any(|part| part.starts_with("on") || part.starts_with("style="));
                assert!(!handler, "{tag} in {text}");
            }
            for foreign in ["src=\"http", "href=\"http", "action=\"http", "\"//", "javascript:"] {
                assert!(!text.contains(foreign), "{foreign} in {text}");
            }
        }
        if let Some(mark) =
            text.split("name=\"mark\" value=\"").nth(1).and_then(|rest| rest.split('"').next())
        {
            mark.clone_into(&mut self.mark);
        }
        if let Some(line) = answer.header("set-cookie") {
            let mut parts = line.split("; ").map(str::to_owned);
            let (name, value) =
                parts.next().unwrap().split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap();
            self.attributes = parts.collect();
            for always in ["Path=/", "HttpOnly", "SameSite=Strict"] {
                assert!(self.attributes.iter().any(|given| given == always), "{line}");
            }
            self.cookie = (!value.is_empty()).then_some((name, value));
        }
    }
}

/// A tag without the values of its attributes: what is quoted there is no markup.
fn bare(tag: &str) -> String {
    let outside = tag.split('"').step_by(2).collect::<String>();
    outside.split('>').next().unwrap_or_default().to_lowercase()
}

/// The text of a page.
pub fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}
