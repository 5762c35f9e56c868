//! Decisions in plain words (WHY-01).

use super::Language;
use super::untracking::Consequence;
use crate::decision::{Decision, Fact, Reason, RuleId};

/// Why something was decided, in one sentence that names the facts.
pub fn explain(reason: &Reason, language: Language) -> String {
    let sentence = match language {
        Language::English => english(reason.rule),
        Language::German => german(reason.rule),
    };
    fill(sentence, &reason.facts)
}

/// What untracking will do, in one sentence (WHY-02).
pub fn consequence(decision: &Decision<Consequence>, language: Language) -> String {
    let sentence = match (language, decision.answer) {
        (Language::English, Consequence::CategoryRemoved) => {
            "Outlook: the message stays; the tracking category comes off."
        }
        (Language::English, Consequence::MessageAlreadyGone) => {
            "Outlook: the message is not there any more; nothing changes."
        }
        (Language::English, Consequence::RecordStays) => "CRM: the email stays as it is.",
        (Language::English, Consequence::RecordDeleted) => "CRM: the email is deleted, for everybody.",
        (Language::English, Consequence::RecordAlreadyGone) => {
            "CRM: the email is not there any more; nothing changes."
        }
        (Language::English, Consequence::OthersLoseRecord) => {
            "Tracked from {others} more mailbox(es): they lose the email in the CRM too."
        }
        (Language::German, Consequence::CategoryRemoved) => {
            "Outlook: Die Nachricht bleibt; die Kategorie wird entfernt."
        }
        (Language::German, Consequence::MessageAlreadyGone) => {
            "Outlook: Die Nachricht ist nicht mehr da; nichts ändert sich."
        }
        (Language::German, Consequence::RecordStays) => "CRM: Die E-Mail bleibt, wie sie ist.",
        (Language::German, Consequence::RecordDeleted) => "CRM: Die E-Mail wird gelöscht, für alle.",
        (Language::German, Consequence::RecordAlreadyGone) => {
            "CRM: Die E-Mail ist nicht mehr da; nichts ändert sich."
        }
        (Language::German, Consequence::OthersLoseRecord) => {
            "Aus {others} weiteren Postfächern verfolgt: Auch sie verlieren die E-Mail im CRM."
        }
    };
    fill(sentence, &decision.facts)
}

/// Puts facts into a sentence's `{placeholders}`, in one pass: what a fact says is
/// never looked at again. A fact that is missing leaves an ellipsis.
pub(super) fn fill(sentence: &str, facts: &[Fact]) -> String {
    let mut text = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match facts.iter().find(|f| f.name == name) {
            Some(fact) => text.push_str(&fact.value),
            None => text.push('…'),
        }
        rest = after;
    }
    text.push_str(rest);
    text
}

fn english(rule: RuleId) -> &'static str {
    match rule {
        RuleId::Cat01 => {
            "Every mailbox has the category “{category}”; it is added to the list where it is missing."
        }
        RuleId::Cat13 => {
            "The tracking category is known by its id; in this mailbox it is called “{category}”."
        }
        RuleId::Cat22 => "Tracking puts the category on the message and the email into the CRM at once.",
        RuleId::Cat23 => "Untracking takes the category off the message at once.",
        RuleId::Cat24 => {
            "The status is what both sides show now: the category “{category}” on the message, and the email in the CRM."
        }
        RuleId::Frq04 => "What you ask for is done at once.",
        RuleId::Frq05 => "Nobody has to start a synchronization by hand.",
        RuleId::Frq06 => "Your own rights in Exchange and in the CRM decide what can be done.",
        RuleId::App04 => {
            "An email can be regarding any existing record whose table has activities: “{record}”."
        }
        RuleId::App05 => "Tracking needs no regarding record; setting one tracks the email.",
        RuleId::App06 => "You are asked what shall become of the CRM record when tracking stops.",
        RuleId::Del01 => "Deleting a tracked message in Outlook leaves the email in the CRM.",
        RuleId::Del02 => "Deleting the email in the CRM leaves the message in Outlook.",
        RuleId::Unt01 => "The CRM record is deleted only when you choose so.",
        RuleId::Inc06 => "A mail is one record in the CRM, however many mailboxes received it.",
        RuleId::Ppl01 => {
            "{address} bears {matches} record(s). A sender is one record: user, contact, account, lead, equipment, team, business unit, in this order, your own records first."
        }
        RuleId::Ppl02 => {
            "{address} bears {matches} record(s). A recipient is every active record with the address."
        }
        RuleId::Ret06 => {
            "What no retry can mend is refused at once; being asked to wait is no failure ({code})."
        }
        RuleId::Why01 => "Every decision names its rule.",
        RuleId::Why02 => "Tracked from {others} more mailbox(es).",
        RuleId::Why03 => "The last wish could not be carried out ({code}).",
    }
}

fn german(rule: RuleId) -> &'static str {
    match rule {
        RuleId::Cat01 => "Jedes Postfach hat die Kategorie „{category}“; wo sie fehlt, wird sie angelegt.",
        RuleId::Cat13 => "Die Kategorie wird an ihrer Id erkannt; in diesem Postfach heißt sie „{category}“.",
        RuleId::Cat22 => {
            "Verfolgen setzt sofort die Kategorie auf die Nachricht und legt die E-Mail im CRM an."
        }
        RuleId::Cat23 => "Nicht mehr verfolgen nimmt die Kategorie sofort von der Nachricht.",
        RuleId::Cat24 => {
            "Der Status ist, was beide Seiten jetzt zeigen: die Kategorie „{category}“ auf der Nachricht und die E-Mail im CRM."
        }
        RuleId::Frq04 => "Was Sie wünschen, geschieht sofort.",
        RuleId::Frq05 => "Niemand muss eine Synchronisierung von Hand anstoßen.",
        RuleId::Frq06 => "Ihre eigenen Rechte in Exchange und im CRM entscheiden, was möglich ist.",
        RuleId::App04 => {
            "Eine E-Mail kann sich auf jeden Datensatz beziehen, dessen Tabelle Aktivitäten hat: „{record}“."
        }
        RuleId::App05 => "Verfolgen braucht keinen Bezug; einen Bezug zu setzen verfolgt die E-Mail.",
        RuleId::App06 => "Beim Beenden werden Sie gefragt, was aus dem Datensatz im CRM werden soll.",
        RuleId::Del01 => "Eine verfolgte Nachricht in Outlook zu löschen lässt die E-Mail im CRM bestehen.",
        RuleId::Del02 => "Die E-Mail im CRM zu löschen lässt die Nachricht in Outlook bestehen.",
        RuleId::Unt01 => "Der Datensatz im CRM wird nur gelöscht, wenn Sie es so wählen.",
        RuleId::Inc06 => "Eine Mail ist ein Datensatz im CRM, gleich wie viele Postfächer sie bekamen.",
        RuleId::Ppl01 => {
            "{address} steht in {matches} Datensatz/-sätzen. Ein Absender ist ein Datensatz: Benutzer, Kontakt, Firma, Lead, Gerät, Team, Unternehmenseinheit, in dieser Folge, eigene zuerst."
        }
        RuleId::Ppl02 => {
            "{address} steht in {matches} Datensatz/-sätzen. Ein Empfänger ist jeder aktive Datensatz mit der Adresse."
        }
        RuleId::Ret06 => {
            "Was kein neuer Versuch beheben kann, wird gleich abgelehnt; um Warten gebeten zu werden ist kein Fehler ({code})."
        }
        RuleId::Why01 => "Jede Entscheidung nennt ihre Regel.",
        RuleId::Why02 => "Aus {others} weiteren Postfächern verfolgt.",
        RuleId::Why03 => "Der letzte Wunsch konnte nicht erfüllt werden ({code}).",
    }
}
