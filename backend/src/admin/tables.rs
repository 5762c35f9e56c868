//! Answers as people read them on a terminal.
//!
//! What others wrote (names of mailboxes, reasons of the CRM) is hostile text: nothing of it may steer the terminal
//! or pretend to be a line of ours.

use shared::UtcMs;
use shared::api::ProblemDetails;
use shared::api::admin::{
    AdministratorKind, Enrolled, EnrollmentEnd, FailingHistory, FailingItem, FailingItems, FailingState,
    Identity, Mailbox, MailboxLine, Mailboxes, NodeState, Nodes, Setting, SettingKind, SettingSource,
    Settings, Tested, Told,
};
use shared::item::SmtpAddress;
use shared::mailbox::{Approval, MailboxKind};
use shared::wish::{Origin, Wish};
use std::fmt::Write as _;

/// Longest text in a cell; the whole stands in the JSON, and in `show`.
const CELL_CHARS: usize = 72;

pub(super) fn identity(identity: &Identity) -> String {
    let who = match &identity.who {
        AdministratorKind::Person { user, name } => format!("{} ({user})", plain(name)),
        AdministratorKind::Program { client } => format!("the program {client}"),
    };
    format!("{who}, administrator of the tenant {}\n", identity.tenant)
}

pub(super) fn mailboxes(all: &Mailboxes) -> String {
    let rows = all.mailboxes.iter().map(|line| {
        let problem = line.problem.as_ref().map(|told| told.title.clone());
        [
            line.address.as_str().to_owned(),
            line.name.clone(),
            kind(line.kind).to_owned(),
            line.state.as_str().to_owned(),
            line.node.clone().unwrap_or_default(),
            problem.unwrap_or_default(),
        ]
    });
    let nothing = "There are none. Make some known: regarding admin mailboxes discover\n";
    table(["ADDRESS", "NAME", "KIND", "STATE", "NODE", "PROBLEM"], rows, nothing)
}

pub(super) fn mailbox(mailbox: &Mailbox) -> String {
    let line = &mailbox.line;
    let mut lines = Lines::about(line.address.as_str());
    lines.say("name", &line.name);
    lines.say("kind", kind(line.kind));
    lines.say("address", approval(line.approval));
    lines.say("state", line.state.as_str());
    lines.problem("problem", line.problem.as_ref());
    lines.tested("incoming", &mailbox.incoming);
    lines.tested("outgoing", &mailbox.outgoing);
    lines.say("acts as", &mailbox.acts_as.map(|user| user.to_string()).unwrap_or_default());
    lines.say("tracks from", &time(mailbox.start));
    let node = match (&line.node, &mailbox.pinned) {
        (Some(node), Some(pinned)) if node == pinned => format!("{node} (chosen)"),
        (Some(node), Some(pinned)) => format!("{node}, until {pinned} (chosen) lives"),
        (None, Some(pinned)) => format!("{pinned} (chosen)"),
        (Some(node), None) => node.clone(),
        (None, None) => String::new(),
    };
    lines.say("node", &node);
    let cycles = &mailbox.cycles;
    lines.say("last cycle", &cycles.last.map(time).unwrap_or_default());
    lines.say("next cycle", &cycles.next.map(time).unwrap_or_default());
    if let Some(interval) = cycles.interval_ms {
        let why = cycles.why.as_ref().map(|why| format!(": {} ({})", why.text, why.rule));
        lines.say("interval", &format!("{}{}", duration(interval), why.unwrap_or_default()));
    }
    if cycles.failures > 0 {
        lines.say("failures", &format!("{} in a row", cycles.failures));
    }
    let items = &mailbox.items;
    lines.say("items", &format!("{} done, {} failed, since {}", items.done, items.failed, time(items.since)));
    lines.text
}

/// One line about a mailbox for which an order was given.
pub(super) fn ordered(mailbox: &Mailbox) -> String {
    let MailboxLine { address, state, problem, .. } = &mailbox.line;
    let mut text = format!("{}: {}\n", plain(address.as_str()), state.as_str());
    let tests = [("incoming mail: ", &mailbox.incoming), ("outgoing mail: ", &mailbox.outgoing)];
    let failures = tests.into_iter().filter_map(|(direction, tested)| match tested {
        Tested::Failure(told) => Some((direction, told)),
        Tested::NotRun | Tested::Success => None,
    });
    for (before, told) in problem.iter().map(|told| ("", told)).chain(failures) {
        let _ = writeln!(text, "  {before}{} {}", plain(&told.title), plain(&told.remedy));
    }
    text
}

pub(super) fn refused_for(address: &SmtpAddress, problem: &ProblemDetails) -> String {
    format!("{}: refused\n  {} {}\n", plain(address.as_str()), plain(&problem.title), plain(&problem.remedy))
}

pub(super) fn refused(problem: &ProblemDetails) -> String {
    let id = format!("({}, request {})", problem.code.as_str(), plain(&problem.request_id));
    format!("{} {}\n{id}\n", plain(&problem.title), plain(&problem.remedy))
}

pub(super) fn enrolled(all: &Enrolled) -> String {
    let rows = all.mailboxes.iter().map(|one| {
        let (end, why) = match &one.end {
            EnrollmentEnd::New => ("new, waits for approval", String::new()),
            EnrollmentEnd::Known => ("known already", String::new()),
            EnrollmentEnd::Refused(told) => ("refused", format!("{} {}", told.title, told.remedy)),
        };
        [one.address.as_str().to_owned(), end.to_owned(), why]
    });
    table(["ADDRESS", "MAILBOX", "WHY"], rows, "There are none.\n")
}

pub(super) fn settings(all: &Settings) -> String {
    let rows = all.settings.iter().map(|setting| {
        let Setting { name, value, standard, .. } = setting;
        [name.clone(), shown(value), shown(standard), source(setting)]
    });
    let table = table(["SETTING", "VALUE", "STANDARD", "SOURCE"], rows, "There are none.\n");
    format!(
        "{table}\nDynamics 365 {}. What one means: regarding admin settings show NAME\n",
        plain(&all.version)
    )
}

pub(super) fn setting(setting: &Setting) -> String {
    let mut lines = Lines::about(&setting.name);
    lines.say("value", &shown(&setting.value));
    lines.say("source", &source(setting));
    lines.say("standard", &shown(&setting.standard));
    lines.say(
        "possible",
        &match setting.kind {
            SettingKind::Switch => "true or false".to_owned(),
            SettingKind::Number { least, most } => format!("a whole number from {least} to {most}"),
            SettingKind::Text { most_chars } => format!("a text of at most {most_chars} characters"),
        },
    );
    lines.say("meaning", &format!("{} ({})", setting.meaning, setting.rule));
    if let Some(warning) = &setting.warning {
        lines.say("warning", &format!("{} ({})", warning.text, warning.rule));
    }
    lines.text
}

fn source(setting: &Setting) -> String {
    match &setting.source {
        SettingSource::Organization => "Dynamics 365".to_owned(),
        SettingSource::Standard => "standard".to_owned(),
        SettingSource::Unreadable(said) => {
            format!("standard; Dynamics 365 says “{said}”, which it cannot be")
        }
    }
}

pub(super) fn failing(all: &FailingItems) -> String {
    let rows = all.items.iter().map(|item| {
        [
            item.wish.to_string(),
            item.mailbox.as_str().to_owned(),
            goal(&item.goal).to_owned(),
            origin(item.origin).to_owned(),
            state(item),
            item.problem.title.clone(),
        ]
    });
    table(["ID", "MAILBOX", "WISHED", "BY", "STATE", "PROBLEM"], rows, "Nothing fails.\n")
}

pub(super) fn history(told: &FailingHistory) -> String {
    let mut text = match &told.item {
        Some(item) => failing_item(item),
        None => "It does not fail any more.\n".to_owned(),
    };
    text.push('\n');
    let rows = told.history.iter().map(|entry| {
        let who = if entry.user.is_nil() { "the service".to_owned() } else { entry.user.to_string() };
        [time(entry.at), entry.event.clone(), who, entry.detail.clone()]
    });
    text + &table(["TIME", "EVENT", "WHO", "DETAIL"], rows, "The audit trail says nothing about it.\n")
}

fn failing_item(item: &FailingItem) -> String {
    let mut lines = Lines::about(&item.wish.to_string());
    lines.say("mailbox", item.mailbox.as_str());
    lines.say("item", &item.item.0);
    lines.say("wished", &format!("{}, by {}", goal(&item.goal), origin(item.origin)));
    lines.say("state", &state(item));
    lines.problem("problem", Some(&item.problem));
    lines.say("rule", item.rule.as_str());
    lines.say("accepted", &time(item.accepted));
    lines.say("last tried", &item.attempted.map(time).unwrap_or_default());
    lines.text
}

fn goal(wish: &Wish) -> &'static str {
    match wish {
        Wish::Track { .. } => "track",
        Wish::Untrack { .. } => "untrack",
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Pane => "the pane",
        Origin::Category => "category",
        Origin::Folder => "folder",
        Origin::Reply { .. } => "reply",
        Origin::Filter => "filter",
        Origin::Copy => "copy",
        Origin::Administrator => "administrator",
    }
}

fn state(item: &FailingItem) -> String {
    let tries = match item.failed_attempts {
        0 => String::new(),
        1 => ", failed once".to_owned(),
        count => format!(", failed {count} times"),
    };
    match item.state {
        FailingState::Waiting { next_attempt } => format!("waits until {}{tries}", time(next_attempt)),
        FailingState::Failed => format!("given up{tries}"),
    }
}

pub(super) fn nodes(all: &Nodes) -> String {
    let rows = all.nodes.iter().map(|node| {
        let is = match node.is {
            NodeState::Answering => "lives, answers you",
            NodeState::Living => "lives",
            NodeState::Silent => "silent",
        };
        let count = node.mailboxes.to_string();
        [node.name.clone(), is.to_owned(), count, node.version.clone(), time(node.started), time(node.seen)]
    });
    table(["NODE", "STATE", "MAILBOXES", "VERSION", "STARTED", "LAST SEEN"], rows, "There are none.\n")
}

fn kind(kind: MailboxKind) -> &'static str {
    match kind {
        MailboxKind::User => "user",
        MailboxKind::Queue => "queue",
    }
}

fn approval(approval: Approval) -> &'static str {
    match approval {
        Approval::Empty => "not approved",
        Approval::Pending => "waits for approval",
        Approval::Approved => "approved",
        Approval::Rejected => "rejected",
    }
}

fn shown(value: &str) -> String {
    if value.is_empty() { "(empty)".to_owned() } else { value.to_owned() }
}

/// A time of day, UTC.
fn time(at: UtcMs) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| format!("{} ms", at.0), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn duration(ms: i64) -> String {
    match (ms / 60_000, ms % 60_000 / 1000) {
        (0, secs) => format!("{secs} s"),
        (mins, 0) => format!("{mins} min"),
        (mins, secs) => format!("{mins} min {secs} s"),
    }
}

/// Lines of a name and what is to be said.
struct Lines {
    text: String,
}

impl Lines {
    fn about(heading: &str) -> Self {
        Self { text: format!("{}\n", plain(heading)) }
    }

    /// Says something, unless there is nothing to say.
    fn say(&mut self, name: &str, what: &str) {
        if !what.is_empty() {
            let _ = writeln!(self.text, "  {name:<12}{}", plain(what));
        }
    }

    fn problem(&mut self, name: &str, problem: Option<&Told>) {
        if let Some(told) = problem {
            self.say(name, &told.title);
            self.say("remedy", &told.remedy);
        }
    }

    fn tested(&mut self, name: &str, tested: &Tested) {
        match tested {
            Tested::NotRun => self.say(name, "not tested"),
            Tested::Success => self.say(name, "passed the test"),
            Tested::Failure(told) => {
                self.say(name, &format!("failed the test: {}", told.title));
                self.say("remedy", &told.remedy);
            }
        }
    }
}

/// Columns as wide as they need to be, without the last one's end; `nothing` where there are no rows.
fn table<const N: usize>(heads: [&str; N], rows: impl Iterator<Item = [String; N]>, nothing: &str) -> String {
    let rows: Vec<[String; N]> = rows.map(|row| row.map(|cell| cut(&plain(&cell)))).collect();
    if rows.is_empty() {
        return nothing.to_owned();
    }
    let all = || std::iter::once(heads.map(str::to_owned)).chain(rows.iter().cloned());
    let mut widths = [0; N];
    for row in all() {
        for (width, cell) in widths.iter_mut().zip(&row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in all() {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(&row) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CELL_CHARS {
        return text.to_owned();
    }
    text.chars().take(CELL_CHARS - 1).chain(['…']).collect()
}

/// The text without what steers a terminal or turns its direction.
fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_heads_whatever_the_alphabet() {
        let rows = [["ä", "1"], ["日本語", "22"]].map(|row| row.map(str::to_owned));
        let text = table(["NAME", "N"], rows.into_iter(), "nothing\n");
        assert_eq!(text, "NAME  N\nä     1\n日本語   22\n");
        assert_eq!(table(["NAME"], std::iter::empty(), "nothing\n"), "nothing\n");
    }

    #[test]
    fn what_others_wrote_steers_no_terminal_and_makes_no_lines() {
        let hostile = "Ada\x1b[2J\nBen\u{202e}";
        let text = table(["NAME"], std::iter::once([hostile.to_owned()]), "");
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains('\x1b') && !text.contains('\u{202e}'), "{text:?}");
        let mut lines = Lines::about(hostile);
        lines.say("name", hostile);
        assert_eq!(lines.text.lines().count(), 2);
        assert!(!lines.text.contains('\x1b'));
    }

    #[test]
    fn long_cells_are_cut_and_say_so() {
        let text = table(["WHY"], std::iter::once(["ä".repeat(100)]), "");
        let cell = text.lines().nth(1).unwrap();
        assert!(cell.chars().count() == CELL_CHARS && cell.ends_with('…'), "{cell}");
    }

    #[test]
    fn times_and_durations_have_their_units() {
        assert_eq!(time(UtcMs(1_795_161_600_000)), "2026-11-20 08:00:00 UTC");
        assert_eq!(
            (duration(120_000), duration(90_500), duration(7_000)),
            ("2 min".into(), "1 min 30 s".into(), "7 s".into())
        );
    }
}
