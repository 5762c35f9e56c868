//! Finding the record that a mail is about: by typing, and before anything is typed.

use super::{account, opportunity};
use sandbox::company::{
    ADA, BEN, CASES, FJORDLINE, HELIOTECH, INGRID, JUERGEN, MAEVE, MERIDIAN, OHARA, OPPORTUNITIES,
};
use shared::api::{SEARCH_MAX_CHARS, SuggestedBecause, Suggestions};
use shared::problem::Code;
use tests::Stack;

fn names(suggestions: &Suggestions, because: SuggestedBecause) -> Vec<&str> {
    let all = suggestions.suggestions.iter().filter(|s| s.because == because);
    all.map(|s| s.record.name.as_str()).collect()
}

#[tokio::test]
async fn app_04_search_finds_accounts_contacts_leads_opportunities_and_cases_by_a_piece_of_their_name() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for (term, table, name) in [
        ("fjord", "account", FJORDLINE.name),
        ("solheim", "contact", "Ingrid Solheim"),
        ("tanabe", "lead", "Yuki Tanabe"),
        ("12 ferries", "opportunity", OPPORTUNITIES[0].name),
        ("shallow water", "incident", CASES[0].title),
    ] {
        let found = ada.search(term).await.records;
        let hit = found.iter().find(|f| f.record.key.table.as_str() == table && f.record.name == name);
        assert!(hit.is_some(), "{term}: {found:#?}");
    }
}

#[tokio::test]
async fn app_04_search_finds_a_name_with_an_apostrophe() {
    let stack = Stack::start().await;
    let ben = stack.pane(&BEN);
    for term in ["O'Hara", "o'hara &", "'Hara"] {
        let found = ben.search(term).await.records;
        assert!(found.iter().any(|f| f.record.name == OHARA.name), "{term}: {found:#?}");
    }
}

#[tokio::test]
async fn app_04_search_finds_cases_by_their_number() {
    let stack = Stack::start().await;
    let found = stack.pane(&ADA).search("CAS-01041").await.records;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].record.name, CASES[0].title);
    assert!(found[0].detail.contains(CASES[0].number), "{}", found[0].detail);
}

#[tokio::test]
async fn frq_06_search_hides_what_the_user_may_not_read() {
    let stack = Stack::start().await;
    for term in ["Meridian", "van Dijk"] {
        assert!(!stack.pane(&ADA).search(term).await.records.is_empty(), "{term}");
        assert!(stack.pane(&BEN).search(term).await.records.is_empty(), "{term}");
    }
    assert!(stack.pane(&BEN).search(MERIDIAN.name).await.records.is_empty());
}

#[tokio::test]
async fn app_04_more_letters_are_asked_for_where_there_is_more_to_find() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    for n in 0..60 {
        let account = serde_json::json!({ "name": format!("Harbour office {n:02}") });
        stack.act(http::Method::POST, "dataverse/accounts", &account).await;
    }
    let found = ada.search("harbour").await;
    assert!(found.more && found.records.len() < 60, "{}", found.records.len());
    let found = ada.search("harbour office 17").await;
    assert_eq!((found.more, found.records.len()), (false, 1));
}

#[tokio::test]
async fn app_04_a_term_is_neither_too_short_nor_too_long() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    ada.search("warm").await;
    let mark = stack.mark();
    for term in ["", "a", " a ", &"x".repeat(SEARCH_MAX_CHARS + 1)] {
        assert_eq!(ada.look_for(term).await.problem().code, Code::BadRequest, "{term}");
    }
    assert!(stack.since(mark).is_empty(), "nothing is asked of the CRM");
}

#[tokio::test]
async fn app_04_the_correspondents_own_records_and_their_open_work_are_suggested() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let offered = stack.pane(&ADA).suggestions(&mail).await;
    let own = names(&offered, SuggestedBecause::Correspondent);
    assert!(own.contains(&"Ingrid Solheim") && own.contains(&FJORDLINE.name), "{own:?}");
    assert!(!own.contains(&ADA.name), "colleagues are nobody's customer");
    let deals = names(&offered, SuggestedBecause::OpenOpportunity);
    assert!(deals.contains(&OPPORTUNITIES[0].name) && deals.contains(&OPPORTUNITIES[1].name), "{deals:?}");
    assert_eq!(names(&offered, SuggestedBecause::OpenCase), [CASES[0].title]);
}

#[tokio::test]
async fn app_04_what_is_won_or_resolved_is_not_suggested() {
    let stack = Stack::start().await;
    let ben = stack.pane(&BEN);
    let of_juergen = stack.deliver(JUERGEN.email, &[BEN.upn], "Phase 2").await;
    let offered = ben.suggestions(&of_juergen).await;
    assert_eq!(names(&offered, SuggestedBecause::OpenOpportunity), [OPPORTUNITIES[2].name]);
    assert!(names(&offered, SuggestedBecause::Correspondent).contains(&HELIOTECH.name));
    let of_maeve = stack.deliver(MAEVE.email, &[BEN.upn], "The case").await;
    let offered = ben.suggestions(&of_maeve).await;
    assert!(names(&offered, SuggestedBecause::OpenCase).is_empty());
}

#[tokio::test]
async fn app_04_what_was_lately_set_as_regarding_is_suggested_first_of_all_next_time() {
    let stack = Stack::start().await;
    let ada = stack.pane(&ADA);
    let mail = stack.mail_to(&ADA).await;
    for chosen in [account(&HELIOTECH), account(&MERIDIAN)] {
        ada.set_regarding(&mail, chosen).await;
        stack.clock.advance_ms(1_000);
    }
    let other = stack.deliver("stranger@nowhere.example", &[ADA.upn], "Hello").await;
    let offered = ada.suggestions(&other).await;
    assert_eq!(
        names(&offered, SuggestedBecause::Recent),
        [MERIDIAN.name, HELIOTECH.name],
        "the latest first"
    );
    let bens = stack.deliver(INGRID.email, &[BEN.upn], "Hello").await;
    let offered = stack.pane(&BEN).suggestions(&bens).await;
    assert!(names(&offered, SuggestedBecause::Recent).is_empty(), "what Ada uses is hers");
}

#[tokio::test]
async fn app_04_a_refused_record_is_not_remembered_as_recent() {
    let stack = Stack::start().await;
    let ben = stack.pane(&BEN);
    let mail = stack.deliver("stranger@nowhere.example", &[BEN.upn], "Hello").await;
    ben.set_regarding(&mail, account(&MERIDIAN)).await;
    assert!(ben.suggestions(&mail).await.suggestions.is_empty());
    ben.set_regarding(&mail, opportunity(&OPPORTUNITIES[2])).await;
    let offered = ben.suggestions(&mail).await;
    assert_eq!(names(&offered, SuggestedBecause::Recent), [OPPORTUNITIES[2].name]);
}
