//! What a history is made of. Every event says by itself what it is about, so that any of them can be left out.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Somebody of the company, by their place in [`NAMES`].
pub type Who = u8;
/// A mail, by its number in the history.
pub type MailNo = u8;

pub const NAMES: [&str; 3] = ["Ada", "Ben", "Chiara"];

/// Everything that happens, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    pub setting: Setting,
    pub events: Vec<Event>,
}

/// What holds from the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// How many of the company's people have a mailbox that is synchronized.
    pub people: u8,
    pub two_activities: bool,
    /// Filter method of each person's incoming mail: 0 all, 1 replies, 2 known, 3 email-enabled, 4 none.
    pub filters: [u8; 3],
    /// Seed of what is left to chance while it is played: the order in which mailboxes come.
    pub chance: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Event {
    Act(Act),
    Pass {
        secs: u32,
    },
    /// Every mailbox whose cycle the rota says is due.
    Due,
    Cycle {
        who: Who,
        kind: Rhythm,
    },
    /// What is wished is carried out, without a cycle.
    Work {
        who: Who,
    },
    Trouble(Trouble),
    /// Every trouble that is still armed is taken away.
    Calm,
    /// The process is killed while it does nothing, and started again.
    Restart,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rhythm {
    Regular,
    Bell,
    Full,
}

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Act {
    Send {
        mail: MailNo,
        from: From,
        to: Vec<Who>,
        /// The mail that it answers.
        answers: Option<MailNo>,
        /// An inbox rule of every recipient puts the category on.
        ruled: bool,
    },
    PutOn {
        mail: MailNo,
        who: Who,
        spelling: Spelling,
    },
    TakeOff {
        mail: MailNo,
        who: Who,
    },
    /// A category of the person's own.
    PutOwn {
        mail: MailNo,
        who: Who,
    },
    Move {
        mail: MailNo,
        who: Who,
        to: Place,
    },
    /// For good.
    Delete {
        mail: MailNo,
        who: Who,
    },
    RenameCategory {
        who: Who,
    },
    DeleteCategory {
        who: Who,
    },
    /// In the pane.
    Track {
        mail: MailNo,
        who: Who,
        regarding: Regarding,
    },
    Untrack {
        mail: MailNo,
        who: Who,
        delete: bool,
    },
    /// In the CRM, every record of that mail.
    DeleteRecord {
        mail: MailNo,
    },
    SetRegarding {
        mail: MailNo,
        to: u8,
    },
    /// `TrackCategorizedItems`.
    Switch {
        on: bool,
    },
    Filter {
        who: Who,
        method: u8,
    },
    Map {
        who: Who,
        folder: Place,
        regarding: Option<u8>,
    },
    Unmap {
        who: Who,
        folder: Place,
    },
    Stop {
        who: Who,
    },
    Start {
        who: Who,
    },
    /// What no engine may do, done by our own hand: so that it is seen that the checkers see it. Never drawn.
    Mishap {
        mail: MailNo,
        who: Who,
        what: Mishap,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mishap {
    /// A category of the person's own goes missing.
    LosesCategory,
    /// The mail gets a second record.
    DoublesRecord,
    /// The tracking category goes missing, and with it the person's word.
    Untracks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum From {
    /// A contact of the CRM.
    Customer,
    /// Nobody that the CRM knows.
    Stranger,
    Colleague(Who),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Spelling {
    AsItIs,
    Lower,
    Upper,
}

/// A folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    Inbox,
    Archive,
    Junk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Regarding {
    Keep,
    Clear,
    Set(u8),
}

/// What goes wrong. Numbers count from when it is armed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trouble {
    /// Requests after the next so many.
    Wire {
        after: u16,
        times: u8,
        how: Wire,
    },
    /// Parts of a batch, or requests of their own, whose path has this in it.
    Part {
        piece: String,
        skip: u8,
        times: u8,
        status: u16,
    },
    Store {
        after: u16,
        times: u8,
        full: bool,
    },
    Kill {
        at: Moment,
        after: u16,
    },
    /// A person acts between two requests of the engine.
    Meanwhile {
        after: u16,
        act: Act,
    },
    /// The node sleeps at a request for longer than its lease; another one carries on meanwhile.
    Sleep {
        after: u16,
        who: Who,
    },
    /// The CRM fails in creating emails.
    Obstacle {
        how: Obstacle,
        times: u8,
    },
    ExpireTokens {
        who: Who,
    },
    RepeatItems {
        who: Who,
    },
    ShuffleItems {
        who: Who,
    },
    StaleReads {
        who: Who,
        changes: u8,
    },
    /// For an hour from now on a third of all answers are wrong, late or lost, by this seed.
    Storm {
        seed: u64,
    },
    /// The clock of the machine jumps, back or forth.
    Jump {
        secs: i32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wire {
    NotSent,
    /// Nothing was applied, nothing answered.
    LostBefore,
    /// Applied; the answer is lost.
    LostAfter,
    Status(u16),
    /// 429, with this `Retry-After`.
    Throttled(Wait),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wait {
    Nothing,
    Seconds(u16),
    Fraction,
    Nonsense,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Moment {
    BeforeRequest,
    AfterRequest,
    BeforeCommit,
    AfterCommit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Obstacle {
    PlugIn,
    Timeout,
    InvalidSender,
    Unknown,
}

struct Name(Who);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES[usize::from(self.0) % NAMES.len()])
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Send { mail, from, to, answers, ruled } => {
                let from = match from {
                    From::Customer => "a customer",
                    From::Stranger => "a stranger",
                    From::Colleague(who) => NAMES[usize::from(*who) % NAMES.len()],
                };
                let to: Vec<String> = to.iter().map(|who| Name(*who).to_string()).collect();
                write!(f, "{from} sends mail {mail} to {}", to.join(" and "))?;
                if let Some(answers) = answers {
                    write!(f, ", in answer to mail {answers}")?;
                }
                if *ruled {
                    write!(f, "; inbox rules put the category on")?;
                }
                Ok(())
            }
            Act::PutOn { mail, who, spelling } => {
                write!(f, "{} puts the category on mail {mail} ({spelling:?})", Name(*who))
            }
            Act::TakeOff { mail, who } => write!(f, "{} takes the category off mail {mail}", Name(*who)),
            Act::PutOwn { mail, who } => {
                write!(f, "{} puts a category of their own on mail {mail}", Name(*who))
            }
            Act::Move { mail, who, to } => write!(f, "{} moves mail {mail} to {to:?}", Name(*who)),
            Act::Delete { mail, who } => write!(f, "{} deletes mail {mail} for good", Name(*who)),
            Act::RenameCategory { who } => write!(f, "{} renames the category", Name(*who)),
            Act::DeleteCategory { who } => write!(f, "{} deletes the category from the list", Name(*who)),
            Act::Track { mail, who, regarding } => {
                write!(f, "{} tracks mail {mail} in the pane (regarding: {regarding:?})", Name(*who))
            }
            Act::Untrack { mail, who, delete } => {
                let fate = if *delete { "deletes" } else { "keeps" };
                write!(f, "{} untracks mail {mail} in the pane and {fate} the record", Name(*who))
            }
            Act::DeleteRecord { mail } => write!(f, "somebody deletes the record of mail {mail} in the CRM"),
            Act::SetRegarding { mail, to } => {
                write!(f, "somebody sets record {to} as regarding of mail {mail} in the CRM")
            }
            Act::Switch { on } => {
                write!(f, "an administrator turns category tracking {}", if *on { "on" } else { "off" })
            }
            Act::Filter { who, method } => write!(f, "{} chooses the filter method {method}", Name(*who)),
            Act::Map { who, folder, regarding } => {
                write!(f, "{} maps {folder:?} to tracking (regarding: {regarding:?})", Name(*who))
            }
            Act::Unmap { who, folder } => write!(f, "{} takes the mapping off {folder:?}", Name(*who)),
            Act::Stop { who } => write!(f, "an administrator stops {}'s mailbox", Name(*who)),
            Act::Start { who } => write!(f, "an administrator starts {}'s mailbox", Name(*who)),
            Act::Mishap { mail, who, what } => write!(f, "MISHAP {what:?} to mail {mail} of {}", Name(*who)),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Act(act) => act.fmt(f),
            Event::Pass { secs } => write!(f, "{secs} seconds pass"),
            Event::Due => f.write_str("the cycles that are due run"),
            Event::Cycle { who, kind } => write!(f, "a cycle ({kind:?}) of {}'s mailbox", Name(*who)),
            Event::Work { who } => write!(f, "what is wished in {}'s mailbox is carried out", Name(*who)),
            Event::Trouble(Trouble::Meanwhile { after, act }) => {
                write!(f, "after {after} more requests of the engine: {act}")
            }
            Event::Trouble(trouble) => write!(f, "TROUBLE {trouble:?}"),
            Event::Calm => f.write_str("the troubles are over"),
            Event::Restart => f.write_str("the process is killed and started again"),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setting { people, two_activities, filters, .. } = &self.setting;
        writeln!(f, "   {people} people, two activities {two_activities}, filters {filters:?}")?;
        for (number, event) in self.events.iter().enumerate() {
            writeln!(f, "{:>3}. {event}", number + 1)?;
        }
        Ok(())
    }
}
