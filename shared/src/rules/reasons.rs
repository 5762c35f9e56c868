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
        rest = after;
        match facts.iter().find(|f| f.name == name) {
            Some(fact) => {
                text.push_str(&fact.value);
                // What the other side says may end in a full stop of its own.
                if fact.value.ends_with(['.', '!', '?', '…']) {
                    rest = after.strip_prefix('.').unwrap_or(after);
                }
            }
            None => text.push('…'),
        }
    }
    text.push_str(rest);
    text
}

fn english(rule: RuleId) -> &'static str {
    match rule {
        RuleId::Cat02 => "The category “{category}” on a message means that it is to be tracked.",
        RuleId::Cat06 => {
            "The category was taken off: the email is untracked, and the record in the CRM stays."
        }
        RuleId::Cat09 => "Each of the {count} selected messages is tracked for itself.",
        RuleId::Cat11 => "Every email of the conversation is tracked.",
        RuleId::Cat26 => {
            "The tracking category is called “{owners}” in this mailbox, but “{yours}” in your own. Both must bear the same name: rename yours, or ask the owner to."
        }
        RuleId::Cat27 => {
            "Category tracking is not supported beside the legacy client Dynamics 365 for Outlook, which {count} mailbox(es) are still set to: {mailboxes}. Set them to server-side synchronization."
        }
        RuleId::Cat10 => "It does not matter who put the category on or took it off, or where.",
        RuleId::Cat14 => "The category “{category}” was missing from the list and was made again.",
        RuleId::Cat15 => {
            "The mail is tracked from another mailbox already, so this copy gets the category too."
        }
        RuleId::Cat16 => {
            "Mail between users is two activities, one a direction: only copies of the same direction belong together."
        }
        RuleId::Cat17 => "Mail that was tracked before is not gone back to.",
        RuleId::Cat18 => "The organization decides whether the category tracks (TrackCategorizedItems).",
        RuleId::Cat19 => "Category tracking is off: the category leaves the list and stays on the items.",
        RuleId::Cat20 => "Category tracking is off: a category that is not in the list stays out of it.",
        RuleId::Cat21 => {
            "Category tracking is off: putting the category on or taking it off changes nothing in the CRM."
        }
        RuleId::Frq01 => "A mailbox is normally looked through every 5 minutes.",
        RuleId::Frq02 => {
            "With much mail ({changes} changes an hour) a mailbox is looked through every 2 minutes."
        }
        RuleId::Frq03 => "A quiet mailbox is looked through at least every 12 minutes.",
        RuleId::Cfg01 => "A mailbox is synchronized only when its address is approved.",
        RuleId::Cfg02 => "A mailbox is synchronized only after it was tested and enabled.",
        RuleId::Fld01 => {
            "Mail in a folder that is mapped to tracking is tracked with the folder’s regarding record."
        }
        RuleId::Fld02 => "Moved to another mapped folder, the mail takes that folder’s regarding record.",
        RuleId::Inc01 => "The mailbox’s filter method decides which incoming mail is tracked by itself.",
        RuleId::Inc02 => "What is tracked by hand is tracked whatever the filter method says.",
        RuleId::Inc03 => {
            "The mail answers tracked mail (correlation {method}) and takes over its regarding record."
        }
        RuleId::Inc04 => "A forwarded mail is not a reply in this organization.",
        RuleId::Inc05 => {
            "You stopped tracking this conversation: its mail is not tracked by itself any more."
        }
        RuleId::Inc07 => "Sent mail is tracked by itself only where the organization says so.",
        RuleId::Mbx02 => "Only mail received after the mailbox’s start date is tracked by itself.",
        RuleId::Mbx03 => {
            "A permanent error stops a mailbox at once; a passing one is tried 10 times, 5 minutes apart ({code})."
        }
        RuleId::Mbx04 => {
            "Everybody sees how their own mailbox is synchronized; others' only administrators see."
        }
        RuleId::Ret01 => "Tracking that failed is tried again after 15 minutes ({code}).",
        RuleId::Ret02 => "Tracking that failed is tried again up to 5 times ({code}).",
        RuleId::Ret03 => {
            "After the fifth failed retry the mail is marked as undeliverable and left alone ({code})."
        }
        RuleId::Ret04 => {
            "A failing plug-in, a time-out, a refused sender or a missing role is tried again ({code})."
        }
        RuleId::Ret05 => {
            "Putting the tracking category on again is a new attempt; when it succeeds the undeliverable mark comes off."
        }
        RuleId::Now01 => "A category put on or taken off in any client takes effect in seconds.",
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
        RuleId::Ppl03 => {
            "{address} bears {matches} record(s), of which you chose this one; your choice is remembered."
        }
        RuleId::Ppl04 => "Adding {address} as a contact tracks the email, regarding the contact.",
        RuleId::Ret06 => {
            "What no retry can mend is refused at once; being asked to wait is no failure ({code})."
        }
        RuleId::Why01 => "Every decision names its rule and its facts: {reasons} here.",
        RuleId::Why02 => "Tracked from {others} more mailbox(es).",
        RuleId::Why03 => "The last wish could not be carried out ({code}).",
    }
}

fn german(rule: RuleId) -> &'static str {
    match rule {
        RuleId::Cat02 => {
            "Die Kategorie „{category}“ auf einer Nachricht heißt, dass sie verfolgt werden soll."
        }
        RuleId::Cat06 => {
            "Die Kategorie wurde entfernt: Die E-Mail wird nicht mehr verfolgt, der Datensatz im CRM bleibt."
        }
        RuleId::Cat09 => "Jede der {count} ausgewählten Nachrichten wird für sich verfolgt.",
        RuleId::Cat11 => "Jede E-Mail der Unterhaltung wird verfolgt.",
        RuleId::Cat26 => {
            "Die Kategorie heißt in diesem Postfach „{owners}“, in Ihrem eigenen aber „{yours}“. Beide müssen gleich heißen: Benennen Sie Ihre um, oder bitten Sie den Besitzer darum."
        }
        RuleId::Cat27 => {
            "Verfolgen mit Kategorie verträgt sich nicht mit dem alten Client Dynamics 365 for Outlook, auf den noch {count} Postfach/Postfächer eingestellt sind: {mailboxes}. Stellen Sie sie auf serverseitige Synchronisierung um."
        }
        RuleId::Cat10 => "Es ist gleich, wer die Kategorie gesetzt oder entfernt hat und wo.",
        RuleId::Cat14 => "Die Kategorie „{category}“ fehlte in der Liste und wurde wieder angelegt.",
        RuleId::Cat15 => {
            "Die Mail wird schon aus einem anderen Postfach verfolgt, darum bekommt auch diese Kopie die Kategorie."
        }
        RuleId::Cat16 => {
            "Mail zwischen Benutzern ist zwei Aktivitäten, eine je Richtung: Nur Kopien derselben Richtung gehören zusammen."
        }
        RuleId::Cat17 => "Was früher verfolgt wurde, wird nicht nachträglich angefasst.",
        RuleId::Cat18 => "Die Organisation entscheidet, ob die Kategorie verfolgt (TrackCategorizedItems).",
        RuleId::Cat19 => {
            "Verfolgen mit Kategorie ist aus: Die Kategorie verlässt die Liste und bleibt auf den Elementen."
        }
        RuleId::Cat20 => {
            "Verfolgen mit Kategorie ist aus: Eine Kategorie, die nicht in der Liste steht, bleibt draußen."
        }
        RuleId::Cat21 => {
            "Verfolgen mit Kategorie ist aus: Die Kategorie zu setzen oder zu entfernen ändert im CRM nichts."
        }
        RuleId::Frq01 => "Ein Postfach wird normalerweise alle 5 Minuten durchgesehen.",
        RuleId::Frq02 => {
            "Bei viel Mail ({changes} Änderungen je Stunde) wird ein Postfach alle 2 Minuten durchgesehen."
        }
        RuleId::Frq03 => "Ein ruhiges Postfach wird mindestens alle 12 Minuten durchgesehen.",
        RuleId::Cfg01 => "Ein Postfach wird nur synchronisiert, wenn seine Adresse genehmigt ist.",
        RuleId::Cfg02 => "Ein Postfach wird nur synchronisiert, nachdem es getestet und aktiviert wurde.",
        RuleId::Fld01 => "Mail in einem zugeordneten Ordner wird mit dessen Bezug verfolgt.",
        RuleId::Fld02 => "In einen anderen zugeordneten Ordner verschoben, übernimmt die Mail dessen Bezug.",
        RuleId::Inc01 => {
            "Die Filtermethode des Postfachs entscheidet, welche eingehende Mail von selbst verfolgt wird."
        }
        RuleId::Inc02 => "Was von Hand verfolgt wird, wird unabhängig von der Filtermethode verfolgt.",
        RuleId::Inc03 => {
            "Die Mail antwortet auf eine verfolgte Mail (Zuordnung {method}) und übernimmt deren Bezug."
        }
        RuleId::Inc04 => "Eine weitergeleitete Mail gilt in dieser Organisation nicht als Antwort.",
        RuleId::Inc05 => {
            "Sie verfolgen diese Unterhaltung nicht mehr: Ihre Mail wird nicht mehr von selbst verfolgt."
        }
        RuleId::Inc07 => "Gesendete Mail wird nur von selbst verfolgt, wo die Organisation es so will.",
        RuleId::Mbx02 => "Nur Mail, die nach dem Startdatum des Postfachs kam, wird von selbst verfolgt.",
        RuleId::Mbx03 => {
            "Ein dauerhafter Fehler hält ein Postfach sofort an; ein vorübergehender wird 10-mal im Abstand von 5 Minuten versucht ({code})."
        }
        RuleId::Mbx04 => {
            "Jeder sieht, wie das eigene Postfach synchronisiert wird; die anderer sehen nur Administratoren."
        }
        RuleId::Ret01 => "Misslungenes Verfolgen wird nach 15 Minuten wieder versucht ({code}).",
        RuleId::Ret02 => "Misslungenes Verfolgen wird bis zu 5-mal wieder versucht ({code}).",
        RuleId::Ret03 => {
            "Nach dem fünften misslungenen Versuch wird die Mail als unzustellbar markiert und in Ruhe gelassen ({code})."
        }
        RuleId::Ret04 => {
            "Ein misslungenes Plug-in, eine Zeitüberschreitung, ein abgelehnter Absender oder eine fehlende Rolle wird wieder versucht ({code})."
        }
        RuleId::Ret05 => {
            "Die Kategorie erneut zu setzen ist ein neuer Versuch; gelingt er, verschwindet die Unzustellbar-Markierung."
        }
        RuleId::Now01 => "Eine Kategorie, die irgendwo gesetzt oder entfernt wird, wirkt in Sekunden.",
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
        RuleId::Ppl03 => {
            "{address} steht in {matches} Datensatz/-sätzen, von denen Sie diesen gewählt haben; Ihre Wahl bleibt gemerkt."
        }
        RuleId::Ppl04 => "{address} als Kontakt hinzuzufügen verfolgt die E-Mail, mit dem Kontakt als Bezug.",
        RuleId::Ret06 => {
            "Was kein neuer Versuch beheben kann, wird gleich abgelehnt; um Warten gebeten zu werden ist kein Fehler ({code})."
        }
        RuleId::Why01 => "Jede Entscheidung nennt ihre Regel und ihre Gründe: hier {reasons}.",
        RuleId::Why02 => "Aus {others} weiteren Postfächern verfolgt.",
        RuleId::Why03 => "Der letzte Wunsch konnte nicht erfüllt werden ({code}).",
    }
}
