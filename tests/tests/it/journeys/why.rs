//! Every decision can be asked why, before and after.

use super::{code, opportunity, pause_ms, waiting};
use sandbox::company::{ADA, BEN, CHIARA, INGRID, OPPORTUNITIES};
use shared::RuleId;
use shared::api::{ItemState, UntrackChoice};
use shared::problem::Code;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::Stack;

fn said(choice: &UntrackChoice) -> Vec<&str> {
    choice.consequences.iter().map(|c| c.text.as_str()).collect()
}

fn choice(state: &ItemState, fate: RecordFate) -> &UntrackChoice {
    state.untrack.iter().find(|choice| choice.record == fate).expect("the choice is offered")
}

#[tokio::test]
async fn why_01_every_state_names_its_rule_and_the_facts_in_plain_words() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    for state in [ada.open(&mail).await, ada.track(&mail).await, ada.untrack(&mail, RecordFate::Keep).await] {
        let first = state.why.first().expect("a reason");
        assert_eq!(first.rule, RuleId::Cat24);
        assert!(first.text.contains("Tracked to Dynamics 365"), "{}", first.text);
        assert!(state.people.iter().all(|person| person.why.text.contains(person.address.as_str())));
        let all = state.why.iter().chain(state.people.iter().map(|person| &person.why));
        for why in all {
            assert!(!why.text.contains(['{', '}', '…']), "no fact is missing: {}", why.text);
        }
    }
}

#[tokio::test]
async fn why_01_the_same_is_told_in_german() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA).in_german();
    let state = ada.track(&mail).await;
    assert!(state.why[0].text.starts_with("Der Status ist"), "{}", state.why[0].text);
    assert!(state.people[0].why.text.contains("Absender"), "{}", state.people[0].why.text);
    assert_eq!(said(choice(&state, RecordFate::Delete))[1], "CRM: Die E-Mail wird gelöscht, für alle.");
    let mail = stack.mail_to(&CHIARA).await;
    let state = stack.pane(&CHIARA).in_german().track(&mail).await;
    assert!(state.problem.is_some_and(|words| words.title.starts_with("Ihre Sicherheitsrolle erlaubt das")));
    let answer = stack.pane(&ADA).in_german().look_for("x").await.problem();
    assert_eq!(answer.remedy, "Korrigieren und erneut senden.");
}

#[tokio::test]
async fn why_01_a_refusal_shows_its_reason_and_what_to_do() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    let chiara = stack.pane(&CHIARA);
    let state = chiara.track(&mail).await;
    let words = state.problem.expect("words");
    assert!(words.title.contains("prvCreateActivity") && words.remedy.contains("administrator"));
    assert_eq!(state.why[0].rule, RuleId::Why03);
    assert!(state.why[0].text.contains("privilege-missing"), "{}", state.why[0].text);
    assert!(state.wish.is_some(), "the wish can be repeated");
}

#[tokio::test]
async fn why_02_before_untracking_the_pane_says_what_will_happen_on_each_side() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let state = stack.pane(&ADA).track(&mail).await;
    let outlook = "Outlook: the message stays; the tracking category comes off.";
    assert_eq!(said(choice(&state, RecordFate::Keep)), [outlook, "CRM: the email stays as it is."]);
    let delete = choice(&state, RecordFate::Delete);
    assert_eq!(said(delete), [outlook, "CRM: the email is deleted, for everybody."]);
    assert_eq!(delete.refused, None);
}

#[tokio::test]
async fn why_02_what_was_said_beforehand_is_what_is_done() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for fate in [RecordFate::Keep, RecordFate::Delete] {
        let mail = stack.mail_to(&ADA).await;
        let state = ada.track(&mail).await;
        let said = said(choice(&state, fate)).join("\n");
        let mark = stack.mark();
        ada.untrack(&mail, fate).await;
        let changed = stack.changed_since(mark);
        assert_eq!(said.contains("category comes off"), changed.iter().any(|k| k == "message.categories"));
        assert_eq!(said.contains("email is deleted"), changed.iter().any(|k| k == "email.delete"));
        assert!(stack.categories(&mail).is_some(), "the message stays");
        assert_eq!(said.contains("email stays"), stack.emails(&mail.internet_message_id).await.len() == 1);
    }
}

#[tokio::test]
async fn why_02_a_deletion_of_a_colleagues_record_is_foretold_as_refused_as_soon_as_it_is_tracked_here() {
    let stack = Stack::start().await;
    let first = stack.deliver(INGRID.email, &[ADA.upn, BEN.upn], "To both of you").await;
    let second = stack.copy_in(BEN.upn, &first.internet_message_id);
    stack.pane(&ADA).track(&first).await;
    let ben = stack.pane(&BEN);
    ben.open(&second).await;
    let state = ben.track(&second).await;
    assert!(choice(&state, RecordFate::Delete).refused.is_some(), "{:#?}", state.untrack);
    assert_eq!(choice(&state, RecordFate::Keep).refused, None);
}

#[tokio::test]
async fn why_02_a_message_that_is_gone_is_foretold_as_such() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.track(&mail).await;
    stack.delete_message(&mail).await;
    let state = ada.open(&mail).await;
    let said = said(choice(&state, RecordFate::Delete));
    assert!(said[0].contains("not there any more") && said[1].contains("is deleted"), "{said:?}");
}

#[tokio::test]
async fn why_03_a_pending_state_shows_its_reason_and_the_time_of_the_next_attempt() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    stack.maintain_crm(true).await;
    let state = ada.set_regarding(&mail, opportunity(&OPPORTUNITIES[0])).await;
    assert!(waiting(&state.status), "{:#?}", state.status);
    assert_eq!(code(&state.status), Some(Code::CrmDown));
    assert!(pause_ms(&state) > 0);
    assert_eq!(state.why[0].rule, RuleId::Why03);
    assert!(state.problem.is_some_and(|words| words.remedy.contains("tried again by itself")));
    let again = ada.open(&mail).await;
    assert_eq!(again.status, state.status, "whoever opens the pane later is told the same");
}

#[tokio::test]
async fn why_03_a_failed_state_stays_until_something_else_is_wished() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    let chiara = stack.pane(&CHIARA);
    let state = chiara.track(&mail).await;
    assert_eq!(chiara.open(&mail).await.status, state.status);
    let state = chiara.untrack(&mail, RecordFate::Keep).await;
    assert_eq!(state.status, Status::NotTracked, "dismissed");
    assert_eq!(chiara.open(&mail).await.status, Status::NotTracked);
}
