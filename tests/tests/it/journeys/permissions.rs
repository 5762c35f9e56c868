//! The user's own rights decide, in the mailbox and in the CRM.

use super::{before_the_creation, code, contact, failed};
use http::StatusCode;
use sandbox::company::{ADA, BEN, CHIARA, DAN, INGRID, QUEUE_ADDRESS};
use sandbox::entra::Mint;
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use shared::RuleId;
use shared::api::{ItemState, WishRequest};
use shared::category::TRACKED;
use shared::problem::Code;
use shared::status::Status;
use shared::wish::{RecordFate, RegardingWish, Wish};
use tests::{Pane, Stack, id_of};
use uuid::Uuid;

#[tokio::test]
async fn frq_06_a_role_that_may_not_create_emails_is_refused_and_the_category_comes_off_again() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    stack.categorize(&mail, &["Training"], &[]).await;
    let chiara = stack.pane(&CHIARA);
    let mark = stack.mark();
    let state = chiara.track(&mail).await;
    assert!(failed(&state.status), "{:#?}", state.status);
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert!(state.problem.is_some_and(|words| words.title.contains("prvCreateActivity")));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec!["Training".to_owned()]), "as it was before");
    let changed = stack.changed_since(mark);
    assert_eq!(changed, ["message.categories", "message.categories"], "put on, and taken off again");
}

#[tokio::test]
async fn frq_06_a_category_that_stood_there_before_a_refusal_stays() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    stack.categorize(&mail, &["tracked to dynamics 365"], &[]).await;
    let state = stack.pane(&CHIARA).track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert_eq!(stack.categories(&mail), Some(vec!["tracked to dynamics 365".to_owned()]));
}

#[tokio::test]
async fn frq_06_a_role_given_later_lets_the_same_wish_through() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    let chiara = stack.pane(&CHIARA);
    assert!(failed(&chiara.track(&mail).await.status));
    assert!(failed(&chiara.open(&mail).await.status), "the refusal still shows");
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    assert_eq!(chiara.track(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn frq_06_a_record_that_may_be_read_but_not_appended_to_cannot_be_regarding() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&CHIARA).await;
    let state = stack.pane(&CHIARA).set_regarding(&mail, contact(&INGRID)).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn frq_06_a_reader_of_a_mailbox_may_look_but_not_write_and_is_told_whom_to_ask() {
    let stack = Stack::start().await;
    stack.set_roles(&CHIARA, &["Salesperson"]).await;
    let mail = stack.mail_to(&ADA).await;
    let chiara = stack.pane(&CHIARA);
    assert_eq!(chiara.open(&mail).await.status, Status::NotTracked);
    let state = chiara.track(&mail).await;
    assert!(failed(&state.status), "{:#?}", state.status);
    assert_eq!(code(&state.status), Some(Code::MailboxDenied));
    let words = state.problem.expect("a refusal says why");
    assert!(words.title.contains(ADA.upn) && words.remedy.contains("Editor"), "{words:#?}");
    assert_eq!(stack.categories(&mail), Some(vec![]), "Ada's message is untouched");
    // Nothing in Graph tells beforehand, and what stands in the CRM is only deleted on the user's word.
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert!(failed(&chiara.track(&mail).await.status));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "trying again makes no second one");
}

#[tokio::test]
async fn frq_06_an_editor_of_a_mailbox_tracks_in_it() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let state = stack.pane(&ADA).track(&mail).await;
    assert_eq!(state.status, Status::Tracked, "{:#?}", state.problem);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["ownerid"]["id"], ADA.systemuser.unwrap());
    assert_eq!(email["directioncode"], false);
}

#[tokio::test]
async fn frq_06_a_mailbox_that_is_not_shared_is_closed() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ben = stack.pane(&BEN);
    let problem = ben.look(&mail).await.problem();
    assert_eq!((problem.code, problem.status), (Code::MailboxDenied, 403));
    assert!(problem.title.contains(ADA.upn));
    let state = ben.track(&mail).await;
    assert_eq!(code(&state.status), Some(Code::MailboxDenied));
    assert_eq!(stack.categories(&mail), Some(vec![]));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
}

#[tokio::test]
async fn frq_06_without_a_licence_nothing_is_shown_searched_or_tracked() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&DAN).await;
    let dan = stack.pane(&DAN);
    for answer in [
        dan.look(&mail).await,
        dan.look_for("Fjord").await,
        dan.call(http::Method::GET, "/api/me", None).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let problem = answer.problem();
        assert_eq!(problem.code, Code::NotLicensed);
        assert!(problem.remedy.contains("licence"), "{}", problem.remedy);
    }
    let state = dan.track(&mail).await;
    assert!(failed(&state.status));
    assert_eq!(code(&state.status), Some(Code::NotLicensed));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn frq_06_a_disabled_user_is_not_licensed_either() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let ben = stack.pane(&BEN);
    ben.track(&mail).await;
    let path = format!("dataverse/users/{}/disabled", BEN.systemuser.unwrap());
    stack.act(http::Method::PUT, &path, &serde_json::json!({ "on": true })).await;
    assert_eq!(code(&ben.untrack(&mail, RecordFate::Delete).await.status), Some(Code::NotLicensed));
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn frq_06_a_role_taken_away_stops_the_deletion_and_is_told_beforehand() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&BEN).await;
    let ben = stack.pane(&BEN);
    ben.track(&mail).await;
    stack.set_roles(&BEN, &["Sales Trainee"]).await;
    let told = ben.open(&mail).await;
    let delete = told.untrack.iter().find(|choice| choice.record == RecordFate::Delete).unwrap();
    assert!(delete.refused.as_ref().is_some_and(|words| words.title.contains("prvDeleteActivity")));
    let state = ben.untrack(&mail, RecordFate::Delete).await;
    assert_eq!(code(&state.status), Some(Code::PrivilegeMissing));
    assert!(state.why.iter().any(|why| why.rule == RuleId::Why03), "{:?}", state.why);
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
}

#[tokio::test]
async fn frq_06_a_record_that_was_handed_to_another_unit_is_still_there_for_who_may_not_read_it() {
    let stack = Stack::start().await;
    let mail = stack.deliver(INGRID.email, &[QUEUE_ADDRESS], "A question to sales").await;
    let ben = stack.pane(&BEN);
    assert_eq!(ben.track(&mail).await.status, Status::Tracked);
    let record = id_of(&stack.email(&mail.internet_message_id).await);
    // Chiara is of another business unit, whose emails Ben's role does not read.
    let owner =
        serde_json::json!({ "ownerid@odata.bind": format!("systemusers({})", CHIARA.systemuser.unwrap()) });
    stack.act(http::Method::PATCH, &format!("dataverse/emails/{record}"), &owner).await;
    for _ in 0..2 {
        let state = ben.open(&mail).await;
        assert_eq!(state.status, Status::Tracked, "{state:#?}");
        assert!(!format!("{state:?}").contains("deleted in the CRM"), "{state:#?}");
        assert_eq!(ben.track(&mail).await.status, Status::Tracked);
        assert_eq!(id_of(&stack.email(&mail.internet_message_id).await), record, "no second record");
    }
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked, "for who may read it as well");
    let refused = ben.untrack(&mail, RecordFate::Delete).await;
    assert_eq!(code(&refused.status), Some(Code::PrivilegeMissing));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    assert_eq!(ben.untrack(&mail, RecordFate::Keep).await.status, Status::NotTracked);
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn what_entra_wants_of_the_user_first_is_handed_to_the_pane_and_nothing_is_changed() {
    let claims = r#"{"access_token":{"polids":{"essential":true,"values":["x"]}}}"#;
    let refused = |error: &str, code, claims: Option<&str>| {
        Fault::new(Kind::TokenRefused {
            error: error.into(),
            code,
            description: "for ada.brandt".into(),
            suberror: None,
            claims: claims.map(str::to_owned),
        })
    };
    for (fault, expected, status) in [
        (refused("interaction_required", 50_079, Some(claims)), Code::InteractionRequired, 401),
        (refused("invalid_grant", 65_001, None), Code::ConsentRequired, 403),
        (refused("invalid_grant", 50_173, None), Code::SignedOut, 401),
    ] {
        let stack = Stack::start().await;
        let mail = stack.mail_to(&ADA).await;
        let ada = stack.pane(&ADA);
        stack.arm(fault.on(Service::Entra, "POST", "/token"));
        for answer in [ada.look(&mail).await, ada.send(&mail, &track()).await] {
            let problem = answer.problem();
            assert_eq!((problem.code, problem.status), (expected, status), "{problem:#?}");
            let has_claims = expected == Code::InteractionRequired;
            assert_eq!(problem.claims.as_deref(), has_claims.then_some(claims));
            assert!(!problem.title.contains("ada.brandt"));
        }
        stack.world.faults.clear();
        assert_eq!(stack.categories(&mail), Some(vec![]));
        assert_eq!(ada.track(&mail).await.status, Status::Tracked, "once it is done");
    }
}

#[tokio::test]
async fn the_engine_does_not_take_over_for_a_revoked_session_or_a_disabled_account() {
    for code in [50_173, 50_057] {
        let stack = Stack::start().await;
        let mail = stack.mail_to(&ADA).await;
        let mut fault = Fault::new(Kind::TokenRefused {
            error: "invalid_grant".into(),
            code,
            description: "for ada.brandt".into(),
            suberror: None,
            claims: None,
        })
        .on(Service::Entra, "POST", "/token");
        // The application's own tokens would still be given out.
        fault.matching.body_contains = Some("on_behalf_of".into());
        stack.arm(fault);
        let mark = stack.mark();
        let problem = stack.pane(&ADA).send(&mail, &track()).await.problem();
        assert_eq!((problem.code, problem.status), (Code::SignedOut, 401), "{code}");
        assert_eq!(stack.changed_since(mark), Vec::<String>::new(), "{code}");
        let asked = stack.since(mark);
        assert!(asked.iter().all(|entry| entry.service == Service::Entra), "{code}: {asked:#?}");
    }
}

#[tokio::test]
async fn the_engine_takes_over_from_the_tokens_own_end_on_not_from_ours() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let now_secs = backend::clock::Clock::now(&*stack.clock).0 / 1000;
    let mut mint = Mint::good(&ADA);
    mint.claims.insert("exp".into(), (now_secs - 60).into());
    let pane = Pane::with_token(stack.api(), mint.token(&stack.world).unwrap());
    let mark = stack.mark();
    // We still know her, for clocks may differ; that Entra ID still exchanges her token is not counted on.
    assert_eq!(pane.send(&mail, &track()).await.json::<ItemState>().status, Status::Tracked);
    let writers: Vec<_> = stack.since(mark).into_iter().filter(|e| !e.effects.is_empty()).collect();
    assert!(writers.iter().all(|e| e.caller.starts_with("app ")), "{writers:#?}");
}

#[tokio::test]
async fn the_same_wish_sent_again_after_signing_in_is_carried_out() {
    let claims = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;
    for (error, code, claims) in [
        ("interaction_required", 50_079, Some(claims)),
        ("invalid_grant", 65_001, None),
        ("invalid_grant", 50_173, None),
    ] {
        let stack = Stack::start().await;
        let mail = stack.mail_to(&ADA).await;
        let ada = stack.pane(&ADA);
        let refused = Kind::TokenRefused {
            error: error.into(),
            code,
            description: "for ada.brandt".into(),
            suberror: None,
            claims: claims.map(str::to_owned),
        };
        stack.arm(Fault::new(refused).on(Service::Entra, "POST", "/token"));
        let request = track();
        for _ in 0..2 {
            let problem = ada.send(&mail, &request).await.problem();
            assert_eq!(problem.claims.as_deref(), claims, "asked for as long as it is wanted: {problem:#?}");
        }
        stack.world.faults.clear();
        let state: ItemState = ada.send(&mail, &request).await.json();
        assert_eq!(state.status, Status::Tracked, "{code}");
        assert_eq!(ada.send(&mail, &request).await.json::<ItemState>().status, Status::Tracked, "{code}");
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1, "{code}");
        assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]), "{code}");
    }
}

#[tokio::test]
async fn a_challenge_of_the_crm_in_the_middle_is_handed_to_the_pane() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    ada.open(&mail).await;
    let challenge = r#"Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#;
    let refused = Kind::Status {
        status: 401,
        code: "InvalidAuthenticationToken".into(),
        message: String::new(),
        retry_after: None,
        headers: [("WWW-Authenticate".to_owned(), challenge.to_owned())].into(),
    };
    stack.arm(before_the_creation(refused));
    let problem = ada.send(&mail, &track()).await.problem();
    assert_eq!(problem.code, Code::InteractionRequired);
    assert_eq!(problem.claims.as_deref(), Some(r#"{"access_token":{}}"#));
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    assert_eq!(stack.categories(&mail), Some(vec![]), "nothing is half done");
    stack.world.faults.clear();
    assert_eq!(ada.track(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn a_token_that_is_refused_once_is_renewed_without_a_word() {
    for service in [Service::Graph, Service::Dataverse] {
        let stack = Stack::start().await;
        let mail = stack.mail_to(&ADA).await;
        let ada = stack.pane(&ADA);
        ada.open(&mail).await;
        stack.arm(super::refused(service, "POST", "$batch", 401, None).times(1));
        assert_eq!(ada.track(&mail).await.status, Status::Tracked);
    }
}

fn track() -> WishRequest {
    WishRequest { id: Uuid::new_v4(), wish: Wish::Track { regarding: RegardingWish::Keep } }
}
