//! What each command asks of the API, and how the answer is told.

use super::arguments::{Command, Failing, Form, Mailboxes, NodeChoice, Nodes, Settings, Which};
use super::client::{Answer, Client, Refusal};
use super::{End, Told, tables};
use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::api::admin::{self, Order};
use shared::item::SmtpAddress;

pub(super) async fn perform(client: &Client, command: &Command, form: Form) -> anyhow::Result<Told> {
    match command {
        Command::Whoami => tell(form, client.get(&["me"], &[]).await?, tables::identity),
        Command::Mailboxes(command) => mailboxes(client, command, form).await,
        Command::Settings(command) => settings(client, command, form).await,
        Command::Failing(command) => failing(client, command, form).await,
        Command::Nodes(Nodes::List) => tell(form, client.get(&["nodes"], &[]).await?, tables::nodes),
    }
}

async fn mailboxes(client: &Client, command: &Mailboxes, form: Form) -> anyhow::Result<Told> {
    let at = |address: &SmtpAddress| address.as_str().to_owned();
    match command {
        Mailboxes::List { state } => {
            let query: Vec<_> = state.iter().map(|state| ("state", state.as_str())).collect();
            tell(form, client.get(&["mailboxes"], &query).await?, tables::mailboxes)
        }
        Mailboxes::Show { address } => {
            tell(form, client.get(&["mailboxes", &at(address)], &[]).await?, tables::mailbox)
        }
        Mailboxes::Add { addresses } => add(client, addresses, form).await,
        Mailboxes::Discover => {
            tell(form, client.post(&["mailboxes", "discover"], None).await?, tables::enrolled)
        }
        Mailboxes::Pin { address, node: NodeChoice { node, .. } } => {
            let body = json!(admin::Pin { node: node.clone() });
            tell(form, client.put(&["mailboxes", &at(address), "node"], body).await?, tables::mailbox)
        }
        Mailboxes::StartDate { address, from } => {
            let body = json!(admin::StartDate { start: *from });
            tell(form, client.put(&["mailboxes", &at(address), "start-date"], body).await?, tables::mailbox)
        }
        Mailboxes::Approve(which) => give(client, Order::Approve, which, form).await,
        Mailboxes::Reject(which) => give(client, Order::Reject, which, form).await,
        Mailboxes::Test(which) => give(client, Order::Test, which, form).await,
        Mailboxes::Start(which) => give(client, Order::Start, which, form).await,
        Mailboxes::Stop(which) => give(client, Order::Stop, which, form).await,
    }
}

/// As many requests as it takes; what each of them answers is put together.
async fn add(client: &Client, addresses: &[SmtpAddress], form: Form) -> anyhow::Result<Told> {
    let mut all = admin::Enrolled { mailboxes: Vec::new() };
    for some in addresses.chunks(admin::MOST_ADDRESSES) {
        let body = json!(admin::Enroll { addresses: some.to_vec() });
        match client.post(&["mailboxes"], Some(body)).await? {
            Ok(answer) => all.mailboxes.extend(read::<admin::Enrolled>(&answer)?.mailboxes),
            refused @ Err(_) => return tell(form, refused, tables::enrolled),
        }
    }
    let is_refused = all.mailboxes.iter().any(|one| matches!(one.end, admin::EnrollmentEnd::Refused(_)));
    let mut told = tell(form, Ok(json!(all)), tables::enrolled)?;
    if is_refused {
        told.end = End::Refused;
    }
    Ok(told)
}

/// Gives an order for one mailbox after the other; one that is refused holds up none.
async fn give(client: &Client, order: Order, which: &Which, form: Form) -> anyhow::Result<Told> {
    let mut ends = Vec::new();
    for address in &which.addresses {
        let answer = client.post(&["mailboxes", address.as_str(), order.as_str()], None).await?;
        ends.push((address, answer));
    }
    let is_refused = |answer: &Answer| match answer {
        Err(_) => Ok(true),
        // A test that fails is an answer, and not what was hoped for.
        Ok(answer) if order == Order::Test => {
            Ok(read::<admin::Mailbox>(answer)?.line.state != admin::MailboxState::On)
        }
        Ok(_) => anyhow::Ok(false),
    };
    let mut end = End::Done;
    for (_, answer) in &ends {
        if is_refused(answer)? {
            end = End::Refused;
        }
    }
    let text = match form {
        Form::Json => {
            let one = |(address, answer): &(&SmtpAddress, Answer)| match answer {
                Ok(mailbox) => mailbox.clone(),
                Err(Refusal(problem)) => json!({"address": address, "refused": problem}),
            };
            pretty(&Value::Array(ends.iter().map(one).collect()))?
        }
        Form::Tables => {
            let mut lines = Vec::new();
            for (address, answer) in ends {
                let answer = answer.map(|answer| read::<admin::Mailbox>(&answer));
                lines.push(match answer {
                    Ok(mailbox) => tables::ordered(&mailbox?),
                    Err(Refusal(problem)) => tables::refused_for(address, &problem),
                });
            }
            lines.concat()
        }
    };
    Ok(Told { text, end })
}

async fn settings(client: &Client, command: &Settings, form: Form) -> anyhow::Result<Told> {
    match command {
        Settings::Show { name } => {
            let answer = client.get(&["settings"], &[]).await?;
            let Some(name) = name else { return tell(form, answer, tables::settings) };
            let Ok(all) = answer else { return tell(form, answer, tables::setting) };
            let all = read::<admin::Settings>(&all)?.settings;
            let found = all.iter().find(|setting| setting.name.eq_ignore_ascii_case(name));
            let found = found.with_context(|| {
                let names: Vec<&str> = all.iter().map(|setting| setting.name.as_str()).collect();
                format!("no setting is called {name}; there are {}", names.join(", "))
            })?;
            tell(form, Ok(json!(found)), tables::setting)
        }
        Settings::Set { name, value } => {
            let body = json!(admin::NewValue { value: value.clone() });
            tell(form, client.put(&["settings", name], body).await?, tables::setting)
        }
    }
}

async fn failing(client: &Client, command: &Failing, form: Form) -> anyhow::Result<Told> {
    match command {
        Failing::List { mailbox } => {
            let query: Vec<_> = mailbox.iter().map(|mailbox| ("mailbox", mailbox.as_str())).collect();
            tell(form, client.get(&["failing"], &query).await?, tables::failing)
        }
        Failing::Show { id } => {
            tell(form, client.get(&["failing", &id.to_string()], &[]).await?, tables::history)
        }
        Failing::Retry { id } => match client.post(&["failing", &id.to_string(), "retry"], None).await? {
            Ok(_) if form == Form::Tables => {
                Ok(Told { text: format!("{id} is tried again now.\n"), end: End::Done })
            }
            answer => tell(form, answer, |_: &Value| String::new()),
        },
    }
}

/// An answer as it is printed.
fn tell<T: DeserializeOwned>(
    form: Form,
    answer: Answer,
    table: impl FnOnce(&T) -> String,
) -> anyhow::Result<Told> {
    let (value, end) = match answer {
        Ok(value) => (value, End::Done),
        Err(Refusal(problem)) if form == Form::Tables => {
            return Ok(Told { text: tables::refused(&problem), end: End::Refused });
        }
        Err(Refusal(problem)) => (json!(problem), End::Refused),
    };
    let text = match form {
        Form::Json if value.is_null() => String::new(),
        Form::Json => pretty(&value)?,
        Form::Tables => table(&read(&value)?),
    };
    Ok(Told { text, end })
}

fn read<T: DeserializeOwned>(answer: &Value) -> anyhow::Result<T> {
    T::deserialize(answer).context("the service speaks another version of the API than this program")
}

fn pretty(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
