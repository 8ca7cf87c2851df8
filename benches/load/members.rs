//! Members of a running server, ours or a peer: registered, signed in and given check-ins through its own API, and the
//! requests to be measured, rendered with their tokens.

use crate::Result;
use crate::client::{Client, bearer};
use crate::options::Part;
use crate::sample::{self, CHECK_INS, MEMBERS, PASSWORD, SERIAL};
use crate::wrk::render;
use serde_json::{Value, json};
use std::thread;

/// How a server calls what all of them have.
#[derive(Clone, Copy)]
pub struct Api {
    pub register: &'static str,
    /// What registering asks for besides an address and a password.
    pub besides: &'static [(&'static str, &'static str)],
    pub login: &'static str,
    /// The member of a sign-in that says who.
    pub identity: &'static str,
    /// Where in its answer the token is, as a JSON pointer.
    pub token: &'static str,
    /// Where check-ins are made; each of them is below.
    pub records: &'static str,
    /// Where in the answer to what is made its id is.
    pub id: &'static str,
    /// Its query for the newest thirty.
    pub list: &'static str,
    /// The member of a check-in that says whose it is, where a client has to.
    pub owner: Option<&'static str>,
}

/// Somebody with an account.
pub struct Member {
    id: Value,
    email: String,
    pub token: String,
    pub check_ins: Vec<String>,
}

/// The members of one running server.
pub struct Members {
    api: &'static Api,
    pub client: Client,
    pub address: String,
    pub list: Vec<Member>,
}

impl Members {
    /// Registers the members at `address` and gives each their check-ins, all members at once.
    pub fn set_up(api: &'static Api, address: &str) -> Result<Self> {
        let list = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..MEMBERS).map(|number| scope.spawn(move || api.member(address, number))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().map_err(|_| "set-up failed")?)
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Self { api, client: Client::new(address), address: address.to_owned(), list })
    }

    /// Goes on with the same members at another address: the server was started again.
    pub fn moved_to(&mut self, address: &str) {
        self.client = Client::new(address);
        address.clone_into(&mut self.address);
    }

    /// Signs everybody in again.
    pub fn sign_in(&mut self) -> Result<()> {
        for member in &mut self.list {
            member.token = self.api.sign_in(&self.client, &member.email)?;
        }
        Ok(())
    }

    /// The first of them.
    pub fn first(&self) -> Result<&Member> {
        Ok(self.list.first().ok_or("no members")?)
    }

    /// The requests of a part that every server has; of another, none.
    pub fn requests(&self, part: Part) -> Vec<String> {
        let Api { login, records, list, .. } = self.api;
        let mut requests = Vec::new();
        for member in &self.list {
            match part {
                Part::Get => {
                    requests.extend(
                        member.check_ins.iter().map(|id| self.get(member, &format!("{records}/{id}"))),
                    );
                }
                Part::List => requests.push(self.get(member, &format!("{records}{list}"))),
                Part::Login => {
                    let body = self.api.credentials(&member.email).to_string();
                    requests.push(render("POST", login, &self.address, &[], &body));
                }
                Part::Create => requests.extend((0..30).map(|days_ago| {
                    let body = self.api.check_in(member, days_ago, SERIAL).to_string();
                    render(
                        "POST",
                        records,
                        &self.address,
                        &[("Authorization", &bearer(&member.token))],
                        &body,
                    )
                })),
                _ => {}
            }
        }
        requests
    }

    /// A request of this member.
    fn get(&self, member: &Member, path: &str) -> String {
        render("GET", path, &self.address, &[("Authorization", &bearer(&member.token))], "")
    }

    /// Creates one check-in and returns when it is acknowledged.
    pub fn create(&self, mark: &str) -> Result<()> {
        self.api.create(&self.client, self.first()?, 1, mark).map(drop)
    }
}

impl Api {
    /// Somebody new with all their check-ins.
    fn member(&self, address: &str, number: usize) -> Result<Member> {
        let client = Client::new(address);
        let email = sample::email(number);
        let mut account = json!({"email": email, self.identity: email, "password": PASSWORD});
        for (name, value) in self.besides {
            add(&mut account, name, json!(value));
        }
        // Ten at once wait in the queue of the hashing threads; a server that turns some away says so with 503.
        let answer = client.post(self.register, "", &account)?.expect_status(&[200, 201, 204])?;
        // One says nothing of whom it has registered, and need not be told afterwards either.
        let id = answer.json().map_or(Value::Null, |answer| self.id_of(&answer));
        let token = self.sign_in(&client, &email)?;
        let mut member = Member { id, email, token, check_ins: Vec::with_capacity(CHECK_INS) };
        for days_ago in (0..CHECK_INS).rev() {
            let id = self.create(&client, &member, days_ago, &format!("{days_ago:08}"))?;
            member.check_ins.push(id);
        }
        Ok(member)
    }

    fn id_of(&self, answer: &Value) -> Value {
        answer.pointer(self.id).cloned().unwrap_or_default()
    }

    fn credentials(&self, email: &str) -> Value {
        json!({self.identity: email, "password": PASSWORD})
    }

    fn sign_in(&self, client: &Client, email: &str) -> Result<String> {
        let answer = client.post(self.login, "", &self.credentials(email))?.expect_status(&[200])?;
        let token = answer.json::<Value>()?.pointer(self.token).and_then(Value::as_str).map(str::to_owned);
        Ok(token.ok_or("a sign-in without a token")?)
    }

    /// Creates a check-in; answers its id.
    fn create(&self, client: &Client, member: &Member, days_ago: usize, mark: &str) -> Result<String> {
        let body = self.check_in(member, days_ago, mark);
        let answer = client.post(self.records, &member.token, &body)?.expect_status(&[200, 201])?;
        let id = self.id_of(&answer.json()?);
        Ok(id.as_str().ok_or("a check-in without an id")?.to_owned())
    }

    /// The check-in of our API, with its owner where this one wants that.
    fn check_in(&self, member: &Member, days_ago: usize, mark: &str) -> Value {
        let mut check_in = sample::check_in(days_ago, mark);
        if let Some(owner) = self.owner {
            add(&mut check_in, owner, member.id.clone());
        }
        check_in
    }
}

fn add(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
