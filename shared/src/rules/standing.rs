//! How a mailbox stands, told to its own user (MBX-04).

use super::folders::Owner;
use super::words::words;
use super::{Language, explain};
use crate::api::Line;
use crate::api::admin::{FailingItem, FailingState, MailboxState};
use crate::decision::{Decision, Reason, RuleId};
use crate::problem::{Code, Problem};
use crate::time::UtcMs;

/// What is known of how a mailbox is synchronized.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// `None`: nobody has made it known to the service.
    pub state: Option<MailboxState>,
    /// What stopped it, or keeps its cycles from succeeding.
    pub problem: Option<Problem>,
    /// When it was and will be looked through, where the answering process does that.
    pub last: Option<UtcMs>,
    pub next: Option<UtcMs>,
    /// Why so often.
    pub interval: Option<Reason>,
    /// Emails tracked or untracked within the last 30 days, and those that could not be.
    pub done: u64,
    pub failed: u64,
}

/// Whether somebody may see how a mailbox is synchronized, and what fails in it.
///
/// MBX-04: users see their own; of others they are told nothing, not even whether there is such a mailbox.
pub fn may_see(owner: Owner) -> Decision<Result<(), Problem>> {
    let answer = match owner {
        Owner::Oneself => Ok(()),
        Owner::SomebodyElse => {
            let reason = "only its own user may see how a mailbox is synchronized";
            Err(Problem::new(Code::BadRequest).because("reason", reason))
        }
    };
    Decision::new(answer, RuleId::Mbx04)
}

/// How the mailbox stands, the most important first.
pub fn lines(standing: &Standing, language: Language) -> Vec<Line> {
    let say = |text: &str, rule, at| Line { text: text.to_owned(), rule, at };
    let (sentence, rule) = state(standing.state, language);
    let mut lines = vec![say(sentence, Some(rule), None)];
    if let Some(problem) = &standing.problem {
        let told = words(problem, language);
        lines.push(say(&[told.title, told.remedy].join(" "), Some(RuleId::Mbx03), None));
    }
    let (last, next) = match language {
        Language::English => ("Last looked through at", "Next at"),
        Language::German => ("Zuletzt durchgesehen um", "Das nächste Mal um"),
    };
    for (text, at) in [(last, standing.last), (next, standing.next)] {
        lines.extend(at.map(|at| say(text, None, Some(at))));
    }
    if let Some(reason) = &standing.interval {
        lines.push(say(&explain(reason, language), Some(reason.rule), None));
    }
    lines.push(say(&counts(standing, language), None, None));
    lines
}

fn state(state: Option<MailboxState>, language: Language) -> (&'static str, RuleId) {
    let (english, german, rule) = match state {
        Some(MailboxState::On) => (
            "Your mailbox is synchronized: categories, folders and replies track by themselves.",
            "Ihr Postfach wird synchronisiert: Kategorien, Ordner und Antworten verfolgen von selbst.",
            RuleId::Cfg02,
        ),
        Some(MailboxState::Stopped) => (
            "Your mailbox was stopped by an error. Your administrator can start it again.",
            "Ihr Postfach wurde durch einen Fehler angehalten. Ihr Administrator kann es wieder starten.",
            RuleId::Mbx03,
        ),
        Some(MailboxState::Off) => (
            "Your mailbox is not synchronized: it was not tested and enabled, or an administrator stopped it. What you do in this pane works all the same.",
            "Ihr Postfach wird nicht synchronisiert: Es wurde nicht getestet und aktiviert, oder ein Administrator hat es angehalten. Was Sie in diesem Bereich tun, geht trotzdem.",
            RuleId::Cfg02,
        ),
        Some(MailboxState::Pending | MailboxState::Rejected) | None => (
            "Your mailbox is not synchronized: your administrator has not approved its address. What you do in this pane works all the same.",
            "Ihr Postfach wird nicht synchronisiert: Ihr Administrator hat seine Adresse nicht genehmigt. Was Sie in diesem Bereich tun, geht trotzdem.",
            RuleId::Cfg01,
        ),
    };
    match language {
        Language::English => (english, rule),
        Language::German => (german, rule),
    }
}

fn counts(standing: &Standing, language: Language) -> String {
    let Standing { done, failed, .. } = standing;
    match language {
        Language::English => format!("Within 30 days: {done} done, {failed} given up."),
        Language::German => format!("In 30 Tagen: {done} erledigt, {failed} aufgegeben."),
    }
}

/// Why an email fails: what is in the way and by which rule, what mends it, and when it is tried again.
pub fn failing_lines(item: &FailingItem, language: Language) -> Vec<Line> {
    let mut lines = vec![
        Line { text: item.problem.title.clone(), rule: Some(item.rule), at: None },
        Line { text: item.problem.remedy.clone(), rule: None, at: None },
    ];
    if let FailingState::Waiting { next_attempt } = item.state {
        let text = match language {
            Language::English => "Next attempt at",
            Language::German => "Nächster Versuch um",
        };
        lines.push(Line { text: text.to_owned(), rule: None, at: Some(next_attempt) });
    }
    lines
}

/// What stands in place of the subject of an email that cannot be shown.
pub fn without_subject(message: &Result<(), Code>, language: Language) -> &'static str {
    match (message, language) {
        (Ok(()), Language::English) => "(no subject)",
        (Ok(()), Language::German) => "(kein Betreff)",
        (Err(Code::MessageGone), Language::English) => "(no longer in the mailbox)",
        (Err(Code::MessageGone), Language::German) => "(nicht mehr im Postfach)",
        (Err(_), Language::English) => "(Exchange does not tell the subject now)",
        (Err(_), Language::German) => "(Exchange nennt den Betreff gerade nicht)",
    }
}
