//! The words of the command line.

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use shared::UtcMs;
use shared::api::admin::MailboxState;
use shared::item::SmtpAddress;
use std::path::PathBuf;
use url::Url;
use uuid::Uuid;

/// `regarding admin …`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub way: Way,
    /// Print the API's answers as JSON
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// How the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Tables, for people.
    Tables,
    /// What the API answered.
    Json,
}

impl Arguments {
    pub fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Tables }
    }
}

/// The way to the service, and on what grounds it is asked.
#[derive(Debug, Args)]
pub struct Way {
    /// The service's configuration file; without it, the sandbox of `regarding serve` on this machine
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Address of the service [default: the configuration's public_origin]
    #[arg(long, value_name = "URL", global = true)]
    pub service: Option<Url>,
    /// File with an access token to use instead of one of the configuration's registration; so does the variable
    /// REGARDING_TOKEN
    #[arg(long, value_name = "FILE", global = true)]
    pub token_file: Option<PathBuf>,
    /// The tenant to administer, where the configuration has several
    #[arg(long, value_name = "ID", global = true)]
    pub tenant: Option<Uuid>,
    /// Sandbox: the data folder that `regarding serve` was given [default: ./regarding-data]
    #[arg(long, value_name = "DIR", conflicts_with = "config", global = true)]
    pub data: Option<PathBuf>,
    /// Sandbox: address of its Entra ID [default: https://localhost:4000]
    #[arg(long, value_name = "URL", conflicts_with = "config", global = true)]
    pub sandbox: Option<Url>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say as whom the service knows you, and of which tenant
    Whoami,
    /// Mailboxes that are, or could be, synchronized
    #[command(subcommand)]
    Mailboxes(Mailboxes),
    /// The organization's settings, as they stand in Dynamics 365
    #[command(subcommand)]
    Settings(Settings),
    /// Items that could not be tracked or untracked
    #[command(subcommand)]
    Failing(Failing),
    /// Processes that share the service's database
    #[command(subcommand)]
    Nodes(Nodes),
}

#[derive(Debug, Subcommand)]
pub enum Mailboxes {
    /// List them
    List {
        /// Only those in this state
        #[arg(long, value_parser = states())]
        state: Option<MailboxState>,
    },
    /// Everything about one
    Show {
        #[arg(value_parser = address)]
        address: SmtpAddress,
    },
    /// Make mailboxes known to the service; their addresses then wait for approval
    Add {
        #[arg(required = true, value_parser = address)]
        addresses: Vec<SmtpAddress>,
    },
    /// Make known the mailboxes of all users and queues that Dynamics 365 has
    Discover,
    /// Approve the addresses of mailboxes
    Approve(Which),
    /// Reject the addresses of mailboxes
    Reject(Which),
    /// Test mailboxes, and enable those that pass
    Test(Which),
    /// Start mailboxes again that an error or somebody stopped
    Start(Which),
    /// Stop mailboxes
    Stop(Which),
    /// Choose the node that synchronizes a mailbox
    #[command(override_usage = "regarding admin mailboxes pin <ADDRESS> <NODE|--any>")]
    Pin {
        #[arg(index = 1, value_parser = address)]
        address: SmtpAddress,
        #[command(flatten)]
        node: NodeChoice,
    },
    /// Choose from when on mail is tracked by itself
    StartDate {
        #[arg(value_parser = address)]
        address: SmtpAddress,
        /// A day (2026-11-01, from midnight UTC) or a time (2026-11-01T08:00:00Z)
        #[arg(value_parser = time)]
        from: UtcMs,
    },
}

/// Mailboxes by their addresses.
#[derive(Debug, Args)]
pub struct Which {
    #[arg(required = true, value_parser = address)]
    pub addresses: Vec<SmtpAddress>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct NodeChoice {
    /// Name of the node, as `nodes list` shows it
    #[arg(index = 2)]
    pub node: Option<String>,
    /// Any node
    #[arg(long)]
    pub any: bool,
}

#[derive(Debug, Subcommand)]
pub enum Settings {
    /// Show them, or one of them with what it means
    Show { name: Option<String> },
    /// Change one; the others stay as they are
    Set {
        name: String,
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Failing {
    /// List those of the last 30 days, the latest first
    List {
        /// Only those of this mailbox
        #[arg(long, value_name = "ADDRESS", value_parser = address)]
        mailbox: Option<SmtpAddress>,
    },
    /// One of them, and its history
    Show { id: Uuid },
    /// Try one again, now
    Retry { id: Uuid },
}

#[derive(Debug, Subcommand)]
pub enum Nodes {
    /// List them
    List,
}

fn address(text: &str) -> Result<SmtpAddress, String> {
    let address = SmtpAddress::new(text);
    if address.is_plausible() { Ok(address) } else { Err("this is no mail address".to_owned()) }
}

fn states() -> impl clap::builder::TypedValueParser<Value = MailboxState> {
    PossibleValuesParser::new(MailboxState::ALL.map(MailboxState::as_str)).map(|name| {
        let named = MailboxState::ALL.into_iter().find(|state| state.as_str() == name);
        named.expect("the parser lets only these names pass")
    })
}

fn time(text: &str) -> Result<UtcMs, String> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let time = text.parse::<jiff::Timestamp>().ok().or_else(|| Some(day()?.timestamp()));
    let time = time.ok_or("give a day like 2026-11-01 or a time like 2026-11-01T08:00:00Z")?;
    Ok(UtcMs(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn read(line: &str) -> Result<Command, String> {
        let words = std::iter::once("admin").chain(line.split(' '));
        Line::try_parse_from(words).map(|line| line.arguments.command).map_err(|error| error.to_string())
    }

    #[test]
    fn the_words_are_consistent() {
        Line::command().debug_assert();
    }

    #[test]
    fn every_command_is_read() {
        for line in [
            "whoami",
            "mailboxes list",
            "mailboxes list --state stopped",
            "mailboxes show ada@x.example --json",
            "mailboxes add ada@x.example ben@x.example",
            "mailboxes discover",
            "mailboxes approve ada@x.example",
            "mailboxes reject ada@x.example ben@x.example",
            "mailboxes test ada@x.example",
            "mailboxes start ada@x.example",
            "mailboxes stop ada@x.example",
            "mailboxes start-date ada@x.example 2026-11-01",
            "settings show",
            "settings show trackingprefix",
            "settings set SSSForceFilteringMethodForUserMailboxes -1",
            "failing list",
            "failing list --mailbox ada@x.example",
            "failing show 0e1c2d3b-1111-4222-8333-444455556666",
            "failing retry 0e1c2d3b-1111-4222-8333-444455556666",
            "nodes list",
        ] {
            assert!(read(line).is_ok(), "{line}: {:?}", read(line));
        }
    }

    #[test]
    fn a_mailbox_is_pinned_to_a_node_or_to_any_and_not_to_both() {
        let pin = |line: &str| match read(line) {
            Ok(Command::Mailboxes(Mailboxes::Pin { address, node })) => {
                Ok((address.as_str().to_owned(), node.node))
            }
            Ok(other) => panic!("{other:?}"),
            Err(told) => Err(told),
        };
        let one = pin("mailboxes pin Ada@X.example node-1").unwrap();
        assert_eq!(one, ("ada@x.example".to_owned(), Some("node-1".to_owned())));
        assert_eq!(pin("mailboxes pin ada@x.example --any").unwrap().1, None);
        assert!(pin("mailboxes pin ada@x.example").unwrap_err().contains("--any"));
        assert!(pin("mailboxes pin ada@x.example node-1 --any").unwrap_err().contains("--any"));
    }

    #[test]
    fn what_is_no_address_state_id_or_time_is_refused_with_what_it_should_be() {
        for (line, says) in [
            ("mailboxes show ada", "no mail address"),
            ("mailboxes add ada@x.example ben", "no mail address"),
            ("mailboxes list --state broken", "stopped"),
            ("mailboxes add", "ADDRESSES"),
            ("failing retry 17", "<ID>"),
            ("mailboxes start-date ada@x.example yesterday", "2026-11-01"),
        ] {
            let told = read(line).unwrap_err();
            assert!(told.contains(says), "{line}: {told}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(time("2026-11-20"), Ok(UtcMs(1_795_132_800_000)));
        assert_eq!(time("2026-11-20T09:00:00+01:00"), Ok(UtcMs(1_795_161_600_000)));
    }
}
