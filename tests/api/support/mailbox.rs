//! Mails as people get them: from the files of a server without `SMTP_URL`, or from a mail server of our own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Server;

/// How long a mail may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// A mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Every header.
    pub headers: BTreeMap<String, String>,
    /// The text.
    pub text: String,
}

impl Mail {
    /// Takes a message apart.
    pub fn parse(message: &str) -> Self {
        let (head, text) = message.split_once("\r\n\r\n").expect("a head and a text");
        let headers = head.split("\r\n").filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { headers, text: text.replace("\r\n", "\n") }
    }

    /// Its subject.
    pub fn subject(&self) -> &str {
        &self.headers["Subject"]
    }

    /// The path and query of its link.
    pub fn link(&self) -> &str {
        let link = self.text.split_whitespace().find(|word| word.starts_with("http"));
        let link = link.unwrap_or_else(|| panic!("no link in {self:?}"));
        link.find("/account/").map(|at| &link[at..]).expect("a link to a page of ours")
    }

    /// What the link holds.
    pub fn token(&self) -> &str {
        self.link().split_once("?token=").expect("a token").1
    }
}

/// The files in which a server leaves its mails.
pub struct Mailbox<'a>(pub &'a Server);

impl Mailbox<'_> {
    /// The files.
    pub fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.directory().join("mail")).into_iter().flatten();
        let files = entries.map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == "eml")).collect()
    }

    /// What has come to an address, in the order of the subjects.
    pub fn of(&self, email: &str) -> Vec<Mail> {
        let mails = self.files().into_iter().map(|path| Mail::parse(&fs::read_to_string(path).unwrap()));
        let mut mails: Vec<Mail> = mails.filter(|mail| mail.headers["To"] == email).collect();
        mails.sort_by_key(|mail| (mail.subject().to_owned(), mail.text.clone()));
        mails
    }

    /// Waits for so many mails to an address.
    #[track_caller]
    pub fn wait_for(&self, email: &str, number: usize) -> Vec<Mail> {
        let from = Instant::now();
        loop {
            let mails = self.of(email);
            if mails.len() >= number {
                assert_eq!(mails.len(), number, "{mails:?}");
                return mails;
            }
            assert!(from.elapsed() < PATIENCE, "only {mails:?} came to {email}");
            thread::sleep(Duration::from_millis(30));
        }
    }

    /// The newest mail with a subject to an address, once there are so many of them.
    #[track_caller]
    pub fn only(&self, email: &str) -> Mail {
        self.wait_for(email, 1).remove(0)
    }
}

/// A mail server that takes everything, except for addresses that begin with `nobody`.
pub struct MailServer {
    mails: Receiver<(String, Mail)>,
}

impl MailServer {
    /// Listens at an address.
    pub fn start(address: &str) -> Self {
        let listener = TcpListener::bind(address).expect("the port is free");
        let (sender, mails) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || drop(serve(stream, &sender)));
            }
        });
        Self { mails }
    }

    /// The next mail, with the address it was for.
    pub fn next(&self) -> (String, Mail) {
        self.mails.recv_timeout(PATIENCE).expect("a mail")
    }

    /// Whether nothing more comes for a while.
    pub fn is_quiet_for(&self, time: Duration) -> bool {
        self.mails.recv_timeout(time).is_err()
    }
}

/// One conversation of RFC 5321.
fn serve(stream: TcpStream, mails: &Sender<(String, Mail)>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut out = stream;
    let mut recipient = String::new();
    out.write_all(b"220 here\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let answer = match line.split(' ').next().unwrap_or_default() {
            "EHLO" => "250 here",
            "RCPT" if line.contains("<nobody") => "550 5.1.1 no such person: nobody@example.org",
            "RCPT" => {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut recipient);
                "250 yes"
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let mut message = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    message += line.strip_prefix('.').unwrap_or(&line);
                    message += "\r\n";
                }
                drop(mails.send((recipient.clone(), Mail::parse(&message))));
                "250 taken"
            }
            "QUIT" => "221 bye",
            _ => "250 yes",
        };
        out.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}
