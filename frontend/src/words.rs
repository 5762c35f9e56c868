//! All texts of the pane, in one place. What the service says (problems, explanations) it says in the user's
//! language itself; everything else stands here.

mod english;
mod german;

use shared::api::SuggestedBecause;
use shared::party::Role;
use shared::regarding::Table;
use shared::rules::Language;

/// The pane's words in one language. `{}` stands for what the code puts in.
#[derive(Debug)]
pub struct Words {
    /// BCP 47 tag.
    pub tag: &'static str,

    pub not_tracked: &'static str,
    pub tracking: &'static str,
    pub untracking: &'static str,
    pub setting_regarding: &'static str,
    pub tracked: &'static str,
    pub tracked_regarding: &'static str,
    pub tracking_pending: &'static str,
    pub untracking_pending: &'static str,
    pub waiting: &'static str,
    pub next_attempt: &'static str,
    pub failed_to_track: &'static str,
    pub failed_to_untrack: &'static str,
    pub record_gone: &'static str,
    pub loading: &'static str,
    pub unknown: &'static str,
    pub not_sent: &'static str,
    pub tracked_elsewhere: &'static str,

    pub not_tracked_hint: &'static str,
    pub tracking_pending_hint: &'static str,
    pub untracking_pending_hint: &'static str,
    pub record_gone_hint: &'static str,

    pub track: &'static str,
    pub track_now: &'static str,
    pub track_again: &'static str,
    pub untrack: &'static str,
    pub retry: &'static str,
    pub try_now: &'static str,
    pub refresh: &'static str,
    pub sign_in: &'static str,
    pub signing_in: &'static str,
    pub open_in_crm: &'static str,
    pub cancel: &'static str,

    pub regarding: &'static str,
    pub set_regarding: &'static str,
    pub change_regarding: &'static str,
    pub change: &'static str,
    pub clear: &'static str,
    pub clear_regarding: &'static str,
    pub search_hint: &'static str,
    pub suggestions: &'static str,
    pub correspondents: &'static str,
    pub open_opportunities: &'static str,
    pub open_cases: &'static str,
    pub recent: &'static str,
    pub results: &'static str,
    pub searching: &'static str,
    pub nothing_found: &'static str,
    pub no_suggestions: &'static str,
    pub more_results: &'static str,
    pub options_count: &'static str,

    pub people: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub cc: &'static str,
    pub bcc: &'static str,
    pub not_in_crm: &'static str,
    pub matches: &'static str,
    pub choose: &'static str,
    pub choose_named: &'static str,
    pub add_contact: &'static str,
    pub add_contact_named: &'static str,
    pub contact_name: &'static str,
    pub add_hint: &'static str,
    pub add_and_track: &'static str,
    pub why: &'static str,

    pub account: &'static str,
    pub contact: &'static str,
    pub lead: &'static str,
    pub opportunity: &'static str,
    pub case: &'static str,
    pub user: &'static str,
    pub queue: &'static str,
    pub team: &'static str,
    pub business_unit: &'static str,
    pub equipment: &'static str,

    pub untrack_question: &'static str,
    pub keep_record: &'static str,
    pub delete_record: &'static str,
    pub delete_question: &'static str,
    pub delete: &'static str,
    pub answer_in_window: &'static str,

    pub selected: &'static str,
    pub too_many_selected: &'static str,
    pub too_many_selected_hint: &'static str,
    pub others_selected: &'static str,
    pub count_tracked: &'static str,
    pub count_untracked: &'static str,
    pub count_pending: &'static str,
    pub count_failed: &'static str,
    pub more_problems: &'static str,
    pub track_all: &'static str,
    pub untrack_all: &'static str,
    pub set_regarding_all: &'static str,
    pub untrack_all_question: &'static str,
    pub untrack_all_outlook: &'static str,
    pub untrack_all_crm: &'static str,
    pub untrack_all_keep: &'static str,

    pub thread: &'static str,
    pub thread_track: &'static str,
    pub thread_stop: &'static str,
    pub thread_follow: &'static str,
    pub thread_stopped: &'static str,
    pub thread_working: &'static str,
    pub thread_more: &'static str,

    pub own_mailbox: &'static str,
    pub folders: &'static str,
    pub folders_hint: &'static str,
    pub folders_used: &'static str,
    pub no_folders: &'static str,
    pub map_folder: &'static str,
    pub map_folder_named: &'static str,
    pub unmap_folder: &'static str,
    pub unmap_folder_named: &'static str,
    pub pick_folder_named: &'static str,
    pub clear_folder_named: &'static str,
    pub back: &'static str,

    pub offline: &'static str,
    pub offline_hint: &'static str,
    pub unreadable: &'static str,
    pub unreadable_hint: &'static str,
    pub request_id: &'static str,
    pub signed_out: &'static str,
    pub signed_out_hint: &'static str,
    pub challenged: &'static str,
    pub challenged_hint: &'static str,
    pub cancelled: &'static str,
    pub sign_in_failed: &'static str,

    pub sandbox: &'static str,
    pub sandbox_hint: &'static str,
    pub outside: &'static str,
    pub outside_hint: &'static str,
    pub outside_steps: [&'static str; 3],
    pub no_office_js: &'static str,
    pub no_office_js_hint: &'static str,
    pub no_item: &'static str,
    pub no_item_hint: &'static str,
    pub draft: &'static str,
    pub draft_hint: &'static str,
    pub appointment: &'static str,
    pub appointment_hint: &'static str,
}

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &english::WORDS,
            Language::German => &german::WORDS,
        }
    }

    /// What people call a record of this table.
    pub fn table<'a>(&self, table: &'a Table) -> &'a str
    where
        Self: 'static,
    {
        match table.as_str() {
            "account" => self.account,
            "contact" => self.contact,
            "lead" => self.lead,
            "opportunity" => self.opportunity,
            "incident" => self.case,
            "systemuser" => self.user,
            "queue" => self.queue,
            "team" => self.team,
            "businessunit" => self.business_unit,
            "equipment" => self.equipment,
            other => other,
        }
    }

    pub fn role(&self, role: Role) -> &'static str {
        match role {
            Role::From => self.from,
            Role::To => self.to,
            Role::Cc => self.cc,
            Role::Bcc => self.bcc,
        }
    }

    /// Heading of a group of options; `None` for what was searched for.
    pub fn group(&self, because: Option<SuggestedBecause>) -> &'static str {
        match because {
            Some(SuggestedBecause::Correspondent) => self.correspondents,
            Some(SuggestedBecause::OpenOpportunity) => self.open_opportunities,
            Some(SuggestedBecause::OpenCase) => self.open_cases,
            Some(SuggestedBecause::Recent) => self.recent,
            None => self.results,
        }
    }
}

/// Puts `value` where the sentence has its `{}`; what the value says is never looked at again.
pub fn fill(sentence: &str, value: &str) -> String {
    match sentence.split_once("{}") {
        Some((before, after)) => [before, value, after].concat(),
        None => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_into_a_sentence_stays_as_it_is() {
        assert_eq!(fill("Tracked regarding {}", "{} <b>"), "Tracked regarding {} <b>");
        assert_eq!(fill("Tracked", "x"), "Tracked");
    }

    #[test]
    fn both_languages_have_the_same_places_to_fill() {
        let count = |words: &Words| format!("{words:?}").matches("{}").count();
        assert_eq!(count(Words::of(Language::English)), count(Words::of(Language::German)));
    }
}
