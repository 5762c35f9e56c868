//! Problems in plain words: what happened and why, and what to do.

use super::Language;
use super::reasons::fill;
use crate::api::Words;
use crate::problem::{Code, Problem};

/// The words of a problem. Facts are put in as they are: the reader must show them as text.
pub fn words(problem: &Problem, language: Language) -> Words {
    let (title, remedy) = match language {
        Language::English => english(problem.code),
        Language::German => german(problem.code),
    };
    Words { title: fill(title, &problem.facts), remedy: fill(remedy, &problem.facts) }
}

fn english(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::BadRequest => ("The request cannot be understood: {reason}.", "Correct it and send it again."),
        Code::SignedOut => ("You are signed out: {reason}.", "Sign in again."),
        Code::InteractionRequired => (
            "Your organization wants you to confirm who you are.",
            "Sign in again and follow the instructions.",
        ),
        Code::ConsentRequired => (
            "Your organization has not given Regarding the permissions that it needs.",
            "Ask your administrator to grant consent to the Regarding app in Entra ID.",
        ),
        Code::TenantNotEnrolled => (
            "Your organization does not use this service.",
            "Ask your administrator to add your tenant to the service's configuration.",
        ),
        Code::NotAdministrator => (
            "You may not administer this service: {reason}.",
            "Ask whoever manages the Regarding app in Entra ID for the app role Regarding.Administer, then sign in anew.",
        ),
        Code::NotLicensed => (
            "You have no user in Dynamics 365.",
            "Ask your CRM administrator for a licence and a security role.",
        ),
        Code::MailboxDenied => (
            "Exchange does not let you change this mailbox ({mailbox}).",
            "Ask the mailbox's owner for Editor permission.",
        ),
        Code::MailboxGone => (
            "There is no mailbox {mailbox} in Exchange Online.",
            "Check the address with your administrator.",
        ),
        Code::MessageGone => (
            "The message is no longer in the mailbox. Nothing was changed in the CRM.",
            "Open the message where it is now, or look for it in Deleted Items.",
        ),
        Code::MessageIsDraft => {
            ("This message has not been sent yet.", "Send it first, then track it in Sent Items.")
        }
        Code::CategoryRefused => (
            "Exchange refused to change the message's categories: {reason}.",
            "Make room in the mailbox or take another category off the message, then try again.",
        ),
        Code::RegardingGone => {
            ("“{record}” is no longer in the CRM, or you may not see it.", "Choose another record.")
        }
        Code::WithoutActivities => (
            "Emails cannot be regarding a record of the table “{table}”: it has no activities.",
            "Choose another record, or ask your CRM administrator to turn on activities for the table.",
        ),
        Code::RecordGone => (
            "The email was deleted in the CRM. The message in Outlook stays.",
            "Track the message again, or untrack it to take the category off.",
        ),
        Code::RecordHidden => (
            "The email is already in the CRM, as a record that you may not see.",
            "Ask whoever tracked it, or your CRM administrator, to share the record with you.",
        ),
        Code::PrivilegeMissing => (
            "Your security role does not allow this in the CRM: {privilege} is missing.",
            "Ask your CRM administrator for a role with this privilege.",
        ),
        Code::CrmRefused => ("The CRM refused: {reason}.", "Mend what it names, then try again."),
        Code::ExchangeRefused => {
            ("Exchange refused: {reason}.", "Try again; if it stays so, tell your administrator.")
        }
        Code::CrmDown => ("The CRM does not answer.", "Nothing is lost: it is tried again by itself."),
        Code::CrmThrottled => ("The CRM has asked us to wait.", "Nothing is lost: it goes on by itself."),
        Code::ExchangeDown => ("Exchange does not answer.", "Nothing is lost: it is tried again by itself."),
        Code::ExchangeThrottled => {
            ("Exchange has asked us to wait.", "Nothing is lost: it goes on by itself.")
        }
        Code::EntraDown => {
            ("The sign-in service does not answer.", "Nothing is lost: it is tried again by itself.")
        }
        Code::StoreFull => (
            "The service's disk is full.",
            "Tell your administrator to make room. What was accepted goes on by itself; what was not, try again then.",
        ),
        Code::StoreDown => (
            "The service's database does not answer.",
            "What was accepted goes on by itself; what was not, try again in a moment. If it stays so, tell your administrator.",
        ),
        Code::TooManyRequests => {
            ("These were too many requests in a short time.", "Wait a moment, then try again.")
        }
        Code::NotFound => ("There is nothing at this address.", "Check the address."),
        Code::MethodNotAllowed => {
            ("This address does not take that method.", "See the description at /api/openapi.json.")
        }
        Code::PayloadTooLarge => ("The request is too large.", "Send at most 64 KiB."),
        Code::Internal => (
            "Something went wrong in the service.",
            "Try again; if it stays so, give the request id to your administrator.",
        ),
    }
}

fn german(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::BadRequest => {
            ("Die Anfrage ist nicht zu verstehen: {reason}.", "Korrigieren und erneut senden.")
        }
        Code::SignedOut => ("Sie sind abgemeldet: {reason}.", "Melden Sie sich erneut an."),
        Code::InteractionRequired => (
            "Ihre Organisation möchte, dass Sie Ihre Identität bestätigen.",
            "Melden Sie sich erneut an und folgen Sie den Anweisungen.",
        ),
        Code::ConsentRequired => (
            "Ihre Organisation hat Regarding die nötigen Berechtigungen nicht erteilt.",
            "Bitten Sie Ihren Administrator, der App Regarding in Entra ID zuzustimmen.",
        ),
        Code::TenantNotEnrolled => (
            "Ihre Organisation nutzt diesen Dienst nicht.",
            "Bitten Sie Ihren Administrator, den Mandanten in die Konfiguration aufzunehmen.",
        ),
        Code::NotAdministrator => (
            "Sie dürfen diesen Dienst nicht verwalten: {reason}.",
            "Bitten Sie, wer die App Regarding in Entra ID verwaltet, um die App-Rolle Regarding.Administer, und melden Sie sich dann neu an.",
        ),
        Code::NotLicensed => (
            "Sie haben keinen Benutzer in Dynamics 365.",
            "Bitten Sie Ihren CRM-Administrator um eine Lizenz und eine Sicherheitsrolle.",
        ),
        Code::MailboxDenied => (
            "Exchange lässt Sie dieses Postfach ({mailbox}) nicht ändern.",
            "Bitten Sie den Besitzer um die Berechtigung „Bearbeiter“.",
        ),
        Code::MailboxGone => (
            "In Exchange Online gibt es kein Postfach {mailbox}.",
            "Prüfen Sie die Adresse mit Ihrem Administrator.",
        ),
        Code::MessageGone => (
            "Die Nachricht ist nicht mehr im Postfach. Im CRM wurde nichts geändert.",
            "Öffnen Sie die Nachricht an ihrem neuen Ort, oder suchen Sie sie in „Gelöschte Elemente“.",
        ),
        Code::MessageIsDraft => (
            "Diese Nachricht wurde noch nicht gesendet.",
            "Senden Sie sie erst und verfolgen Sie sie dann unter „Gesendete Elemente“.",
        ),
        Code::CategoryRefused => (
            "Exchange hat die Änderung der Kategorien abgelehnt: {reason}.",
            "Schaffen Sie Platz im Postfach oder nehmen Sie eine andere Kategorie weg, dann versuchen Sie es erneut.",
        ),
        Code::RegardingGone => (
            "„{record}“ ist nicht mehr im CRM, oder Sie dürfen es nicht sehen.",
            "Wählen Sie einen anderen Datensatz.",
        ),
        Code::WithoutActivities => (
            "E-Mails können sich nicht auf einen Datensatz der Tabelle „{table}“ beziehen: Sie hat keine Aktivitäten.",
            "Wählen Sie einen anderen Datensatz, oder bitten Sie Ihren CRM-Administrator, Aktivitäten für die Tabelle einzuschalten.",
        ),
        Code::RecordGone => (
            "Die E-Mail wurde im CRM gelöscht. Die Nachricht in Outlook bleibt.",
            "Verfolgen Sie die Nachricht erneut, oder beenden Sie die Nachverfolgung, um die Kategorie zu entfernen.",
        ),
        Code::RecordHidden => (
            "Die E-Mail ist schon im CRM, als ein Datensatz, den Sie nicht sehen dürfen.",
            "Bitten Sie, wer sie verfolgt hat, oder Ihren CRM-Administrator, den Datensatz für Sie freizugeben.",
        ),
        Code::PrivilegeMissing => (
            "Ihre Sicherheitsrolle erlaubt das im CRM nicht: {privilege} fehlt.",
            "Bitten Sie Ihren CRM-Administrator um eine Rolle mit diesem Recht.",
        ),
        Code::CrmRefused => {
            ("Das CRM hat abgelehnt: {reason}.", "Beheben Sie, was es nennt, dann versuchen Sie es erneut.")
        }
        Code::ExchangeRefused => (
            "Exchange hat abgelehnt: {reason}.",
            "Versuchen Sie es erneut; bleibt es so, sagen Sie es Ihrem Administrator.",
        ),
        Code::CrmDown => {
            ("Das CRM antwortet nicht.", "Nichts geht verloren: Es wird von selbst erneut versucht.")
        }
        Code::CrmThrottled => {
            ("Das CRM hat uns gebeten zu warten.", "Nichts geht verloren: Es geht von selbst weiter.")
        }
        Code::ExchangeDown => {
            ("Exchange antwortet nicht.", "Nichts geht verloren: Es wird von selbst erneut versucht.")
        }
        Code::ExchangeThrottled => {
            ("Exchange hat uns gebeten zu warten.", "Nichts geht verloren: Es geht von selbst weiter.")
        }
        Code::EntraDown => (
            "Der Anmeldedienst antwortet nicht.",
            "Nichts geht verloren: Es wird von selbst erneut versucht.",
        ),
        Code::StoreFull => (
            "Die Festplatte des Dienstes ist voll.",
            "Sagen Sie Ihrem Administrator, dass Platz fehlt. Was angenommen wurde, geht von selbst weiter; was nicht, versuchen Sie dann erneut.",
        ),
        Code::StoreDown => (
            "Die Datenbank des Dienstes antwortet nicht.",
            "Was angenommen wurde, geht von selbst weiter; was nicht, versuchen Sie gleich noch einmal. Bleibt es so, sagen Sie es Ihrem Administrator.",
        ),
        Code::TooManyRequests => (
            "Das waren zu viele Anfragen in kurzer Zeit.",
            "Warten Sie einen Moment, dann versuchen Sie es erneut.",
        ),
        Code::NotFound => ("Unter dieser Adresse gibt es nichts.", "Prüfen Sie die Adresse."),
        Code::MethodNotAllowed => {
            ("Diese Adresse nimmt die Methode nicht an.", "Siehe die Beschreibung unter /api/openapi.json.")
        }
        Code::PayloadTooLarge => ("Die Anfrage ist zu groß.", "Senden Sie höchstens 64 KiB."),
        Code::Internal => (
            "Im Dienst ist etwas schiefgegangen.",
            "Versuchen Sie es erneut; bleibt es so, geben Sie Ihrem Administrator die Anfragenummer.",
        ),
    }
}
