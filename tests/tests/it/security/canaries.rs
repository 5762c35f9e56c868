//! Words that must never be seen again: mail text, names, tokens and secrets with a mark in them go through
//! everything that works and everything that fails, and nobody finds them in a log, in an error or on the disk.

use super::witness::Witness;
use http::Method;
use sandbox::company::{ADA, APP_CLIENT_SECRET, DAN, Person};
use sandbox::entra::Mint;
use sandbox::world::faults::{Fault, Kind, Place};
use sandbox::world::journal::Service;
use serde_json::{Value, json};
use shared::wish::RecordFate;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tests::{Answer, Mail, Pane, Stack};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt as _;

const SUBJECT: &str = "Quokkasubject offers twelve ferries at a secret price";
const BODY: &str = "Quokkabody: the board does not know yet";
const SENDER: &str = "Quokkaname Solheim-Varga";
const SENDERS_ADDRESS: &str = "quokkasender@fjordline.example";
const TERM: &str = "Quokkaterm";
const GARBAGE: &str = "Quokkagarbage";
/// Everything that may reach neither log nor error.
const TEXTS: [&str; 6] =
    ["quokkasubject", "quokkabody", "quokkaname", "quokkaterm", "quokkagarbage", APP_CLIENT_SECRET];

/// What is logged.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics while writing").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Hears everything that our crates log in this test, whose tasks all run on its own thread.
    fn listen(&self) -> DefaultGuard {
        let pages = self.clone();
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new("backend=trace,shared=trace,axum=trace,sqlx=warn"))
            .with_writer(move || pages.clone())
            .set_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("nobody panics while writing")).to_lowercase()
    }
}

/// A service that is watched, and every answer that it gave.
struct Trial {
    stack: Stack,
    witness: Arc<Witness>,
    answers: Vec<Answer>,
    log: Log,
    _listening: DefaultGuard,
}

impl Trial {
    async fn start() -> Self {
        let log = Log::default();
        let listening = log.listen();
        let mut witness = None;
        let stack = Stack::start_with(|setup| witness = Some(Witness::place(setup))).await;
        Self { stack, witness: witness.expect("placed"), answers: Vec::new(), log, _listening: listening }
    }

    async fn mail(&self, to: &Person) -> Mail {
        self.stack
            .post(json!({
                "from": {"address": SENDERS_ADDRESS, "name": SENDER}, "to": [{"address": to.upn, "name": to.name}],
                "subject": SUBJECT, "html": format!("<p>{BODY}</p>"),
            }))
            .await
    }

    /// Every call that there is, on one mail.
    async fn use_everything(&mut self, person: &Person, mail: &Mail) {
        let pane = self.stack.pane(person);
        let path = |rest: &str| format!("/api/items/{}{rest}?mailbox={}", mail.item, mail.mailbox);
        for path in
            [path(""), path("/suggestions"), "/api/me".to_owned(), format!("/api/records?search={TERM}")]
        {
            self.answers.push(pane.call(Method::GET, &path, None).await);
        }
        let track = json!({"kind": "track", "regarding": {"kind": "keep"}});
        let delete = json!({"kind": "untrack", "record": RecordFate::Delete});
        for wish in [track, delete] {
            let body = json!({"id": uuid::Uuid::new_v4(), "wish": wish}).to_string();
            self.answers.push(pane.call(Method::POST, &path("/wishes"), Some(body)).await);
        }
    }

    /// Tokens that were seen on the way in or out, by the part that nobody else's has.
    fn tokens(&self) -> Vec<String> {
        let out = self.witness.departures().into_iter().filter_map(|one| one.bearer);
        let mut tokens: Vec<String> = out
            .filter_map(|token| token.rsplit('.').next().map(str::to_lowercase))
            .filter(|token| token.len() > 40)
            .collect();
        tokens.sort();
        tokens.dedup();
        tokens
    }

    /// Nothing of it is seen in any answer, in the log or in the database.
    fn judge(&self, what: &str) {
        let tokens = self.tokens();
        let files =
            ["regarding.db", "regarding.db-wal"].map(|name| self.stack.database().with_file_name(name));
        let stored: String = files
            .iter()
            .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).to_lowercase())
            .collect();
        assert!(stored.contains("create table"), "the database was read");
        let log = self.log.text();
        for canary in TEXTS.iter().copied().chain(tokens.iter().map(String::as_str)) {
            assert!(!log.contains(canary), "{what}: {canary} in the log: {}", around(&log, canary));
            assert!(
                !stored.contains(canary),
                "{what}: {canary} in the database: {}",
                around(&stored, canary)
            );
            for answer in self.answers.iter().filter(|answer| !answer.status.is_success()) {
                let told =
                    format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body)).to_lowercase();
                assert!(!told.contains(canary), "{what}: {canary} in an error: {told}");
            }
        }
        // People are known to the log by their ids alone.
        for person in [ADA.upn, ADA.name, DAN.upn, SENDERS_ADDRESS] {
            assert!(
                !log.contains(&person.to_lowercase()),
                "{what}: {person} in the log: {}",
                around(&log, &person.to_lowercase())
            );
        }
        // An item's state may name the record, whose name is the subject; what went wrong may not.
        for state in
            self.answers.iter().filter_map(|answer| serde_json::from_slice::<Value>(&answer.body).ok())
        {
            let told = format!("{} {}", state["status"], state["problem"]).to_lowercase();
            for canary in TEXTS {
                assert!(!told.contains(canary), "{what}: {canary} in a status: {told}");
            }
        }
    }
}

/// The line that says it.
fn around<'a>(text: &'a str, word: &str) -> &'a str {
    text.lines().find(|line| line.contains(word)).map_or("", |line| &line[..line.len().min(2_000)])
}

#[tokio::test]
async fn no_mail_text_token_or_secret_is_seen_when_all_goes_well() {
    let mut trial = Trial::start().await;
    let mail = trial.mail(&ADA).await;
    trial.use_everything(&ADA, &mail).await;
    assert!(trial.answers.iter().all(|answer| answer.status.is_success()), "{:#?}", trial.answers);
    let log = trial.log.text();
    for line in ["\"step\"", "wish ended", "answered"] {
        assert!(log.contains(line), "the log is heard: {line}");
    }
    assert!(trial.tokens().len() >= 2, "tokens went out");
    trial.judge("all well");
}

/// What can come back from a place, with these words in it.
fn troubles(words: &str) -> Vec<Kind> {
    let status = |status: u16| Kind::Status {
        status,
        code: "ErrorOfTheDay".to_owned(),
        message: words.to_owned(),
        retry_after: None,
        headers: Default::default(),
    };
    let mut all: Vec<Kind> = [400, 403, 404, 409, 412, 422, 429, 500, 503].into_iter().map(status).collect();
    all.push(Kind::BodyReplaced { pointer: String::new(), value: json!({"quoted": words}) });
    all.push(Kind::DropAfter);
    all
}

#[tokio::test]
async fn no_mail_text_token_or_secret_is_seen_when_the_other_side_fails_with_them_in_its_mouth() {
    let quoting = format!("cannot process \"{SUBJECT}\" from {SENDER} <{SENDERS_ADDRESS}>: {BODY}");
    // Questions to the CRM hold addresses and ids alone.
    let asking = format!("no rows for {SENDERS_ADDRESS}");
    let places = [
        (Service::Graph, "POST", "/$batch", Place::TopLevel, &quoting),
        (Service::Graph, "GET", "/messages/", Place::Part, &quoting),
        (Service::Graph, "POST", "/masterCategories", Place::TopLevel, &quoting),
        (Service::Graph, "PATCH", "/messages/", Place::TopLevel, &quoting),
        (Service::Dataverse, "POST", "/$batch", Place::TopLevel, &asking),
        (Service::Dataverse, "POST", "/emails", Place::Part, &quoting),
        (Service::Dataverse, "DELETE", "/emails", Place::Anywhere, &quoting),
    ];
    for (service, method, path, place, words) in places {
        let mut trial = Trial::start().await;
        let mut was_hit = false;
        for kind in troubles(words) {
            let mail = trial.mail(&ADA).await;
            let mut fault = Fault::new(kind).on(service, method, path);
            fault.matching.place = place;
            trial.stack.arm(fault);
            trial.use_everything(&ADA, &mail).await;
            was_hit |= trial.stack.world.faults.list().iter().any(|armed| armed.hits > 0);
            trial.stack.world.faults.clear();
        }
        let place = format!("{service:?} {method} {path}");
        assert!(was_hit, "{place} is never asked");
        trial.judge(&place);
    }
}

#[tokio::test]
async fn no_mail_text_token_or_secret_is_seen_when_entra_refuses_with_them_in_its_mouth() {
    let mut trial = Trial::start().await;
    for (error, code) in
        [("invalid_grant", 50_013), ("invalid_client", 7_000_215), ("interaction_required", 50_076)]
    {
        let refusal = Kind::TokenRefused {
            error: error.to_owned(),
            code,
            description: format!("AADSTS{code}: {SUBJECT} of {} {APP_CLIENT_SECRET}", ADA.upn),
            suberror: None,
            claims: None,
        };
        let mail = trial.mail(&ADA).await;
        trial.stack.arm(Fault::new(refusal).on(Service::Entra, "POST", "/token"));
        trial.use_everything(&ADA, &mail).await;
        trial.stack.world.faults.clear();
    }
    assert!(trial.answers.iter().any(|answer| !answer.status.is_success()));
    trial.judge("Entra refuses");
}

#[tokio::test]
async fn what_a_caller_sends_wrongly_is_neither_logged_nor_repeated() {
    let mut trial = Trial::start().await;
    let mail = trial.mail(&ADA).await;
    let api = || trial.stack.api();
    let good = Mint::good(&ADA).token(&trial.stack.world).expect("a token");
    let mut answers = Vec::new();
    for token in [GARBAGE.to_owned(), format!("{GARBAGE}.{GARBAGE}.{GARBAGE}"), format!("{good}{GARBAGE}")] {
        answers.push(Pane::with_token(api(), token).call(Method::GET, "/api/me", None).await);
    }
    let ada = trial.stack.pane(&ADA);
    let item = format!("/api/items/{}", mail.item);
    for path in [
        format!("/api/items/{GARBAGE}%2F?mailbox={}", ADA.upn),
        format!("{item}?mailbox={GARBAGE}"),
        format!("{item}?mailbox={GARBAGE}%20@x.example"),
        format!("/api/records?search={GARBAGE}%00"),
        format!("/{GARBAGE}"),
        format!("/api/{GARBAGE}"),
    ] {
        answers.push(ada.call(Method::GET, &path, None).await);
    }
    let wishes = format!("{item}/wishes?mailbox={}", ADA.upn);
    for body in [
        format!("\"{GARBAGE}\""),
        format!("{{\"{GARBAGE}\":1}}"),
        json!({"id": GARBAGE, "wish": {"kind": GARBAGE}}).to_string(),
        json!({"id": uuid::Uuid::nil(), "wish": {"kind": GARBAGE}}).to_string(),
    ] {
        answers.push(ada.call(Method::POST, &wishes, Some(body)).await);
    }
    assert!(answers.iter().all(|answer| answer.status.is_client_error()), "{answers:#?}");
    let report = json!({"csp-report": {"effective-directive": "img-src", "blocked-uri": format!("https://evil.example/{GARBAGE}?{GARBAGE}")}});
    answers.push(ada.call(Method::POST, "/csp-report", Some(report.to_string())).await);
    trial.answers = answers;
    trial.judge("bad requests");
}
