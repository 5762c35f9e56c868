//! What a category does that somebody puts on or takes off, in whatever client.

use http::Method;
use sandbox::company::{ADA, BEN, FJORDLINE, INGRID, LARS, MAEVE_TWIN, YUKI};
use serde_json::json;
use shared::category::TRACKED;
use shared::status::Status;
use shared::wish::RecordFate;
use tests::{Mail, Stack, letter};

const ADAS: &str = ADA.upn;

/// Ada's mailbox, synchronized, with a mail in it that the service has seen.
async fn ready() -> (Stack, Mail) {
    let stack = Stack::synchronizing(&[ADAS]).await;
    let mail = stack.mail_to(&ADA).await;
    stack.cycle(ADAS).await;
    (stack, mail)
}

#[tokio::test]
async fn cat_02_a_category_on_a_message_marks_it_for_tracking_and_the_next_cycle_promotes_it() {
    let (stack, mail) = ready().await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 0);
    stack.cycle(ADAS).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["subject"], "Offer for twelve ferries");
    assert_eq!(email["directioncode"], false);
    assert_eq!(stack.categories(&mail).unwrap(), [TRACKED]);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_02_without_the_category_mail_that_nobody_asked_for_stays_in_outlook() {
    let (stack, mail) = ready().await;
    stack.categorize(&mail, &["Red category", "Tracked to Dynamics 366"], &[]).await;
    let mark = stack.mark();
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
}

#[tokio::test]
async fn cat_05_a_category_on_a_contact_is_ignored() {
    let (stack, mail) = ready().await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    let mark = stack.mark();
    stack.cycle(ADAS).await;
    let of_contacts = |entry: &sandbox::world::journal::Entry| {
        let path = entry.path.to_lowercase();
        entry.service == sandbox::world::journal::Service::Graph && path.contains("contact")
    };
    assert!(!stack.since(mark).iter().any(of_contacts), "nobody looks at Outlook's contacts");
    let created = stack.changed_since(mark).into_iter().filter(|kind| kind.starts_with("contact."));
    assert_eq!(created.count(), 0);
}

#[tokio::test]
async fn cat_06_a_category_taken_off_untracks_and_the_record_stays() {
    let (stack, mail) = ready().await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    let before = stack.email(&mail.internet_message_id).await;
    stack.categorize(&mail, &[], &[TRACKED]).await;
    let mark = stack.mark();
    assert_eq!(stack.cycle(ADAS).await.noticed, 1);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new(), "untracking changes neither side");
    assert_eq!(stack.email(&mail.internet_message_id).await, before);
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked);
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
}

#[tokio::test]
async fn cat_06_taken_off_and_put_on_again_it_is_the_same_email() {
    let (stack, mail) = ready().await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    let before = stack.email(&mail.internet_message_id).await;
    for _ in 0..2 {
        stack.categorize(&mail, &[], &[TRACKED]).await;
        stack.cycle(ADAS).await;
        assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked);
        stack.categorize(&mail, &[TRACKED], &[]).await;
        stack.cycle(ADAS).await;
        assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::Tracked);
    }
    assert_eq!(stack.email(&mail.internet_message_id).await, before);
}

#[tokio::test]
async fn cat_09_assigned_to_several_items_at_once_it_tracks_each_of_them() {
    let (stack, first) = ready().await;
    let mut mails = vec![first];
    for n in 2..=30 {
        mails.push(stack.deliver(INGRID.email, &[ADAS], &format!("Part {n} of 30")).await);
    }
    for mail in &mails {
        stack.categorize(mail, &[TRACKED], &[]).await;
    }
    stack.cycle(ADAS).await;
    for mail in &mails {
        assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    }
}

#[tokio::test]
async fn cat_10_an_inbox_rule_that_puts_it_on_at_delivery_tracks_the_mail() {
    let (stack, _) = ready().await;
    let mut sent = letter(INGRID.email, &[ADAS], "Sorted by a rule");
    sent["categories"] = json!([TRACKED]);
    let mail = stack.post(sent).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_10_it_does_not_matter_how_a_client_spells_it() {
    let (stack, mail) = ready().await;
    stack.categorize(&mail, &["TRACKED TO dynamics 365"], &[]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
    stack.categorize(&mail, &[], &["TRACKED TO dynamics 365"]).await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.pane(&ADA).open(&mail).await.status, Status::NotTracked);
}

#[tokio::test]
async fn cat_10_another_client_that_writes_to_graph_tracks_and_untracks_like_a_person() {
    let (stack, mail) = ready().await;
    let token = sandbox::entra::Mint::graph(&ADA, "Mail.ReadWrite").token(&stack.world).unwrap();
    for (categories, status) in [(vec![TRACKED], Status::Tracked), (vec![], Status::NotTracked)] {
        let request =
            http::Request::patch(format!("{}/v1.0/me/messages/{}", stack.world.options.origin, mail.item))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .header("prefer", "IdType=\"ImmutableId\"")
                .body(axum::body::Body::from(json!({ "categories": categories }).to_string()))
                .unwrap();
        let answer = sandbox::server::call(&stack.upstream, request).await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        stack.cycle(ADAS).await;
        assert_eq!(stack.pane(&ADA).open(&mail).await.status, status);
    }
}

#[tokio::test]
async fn cat_11_assigned_to_a_conversation_every_email_of_the_thread_is_tracked() {
    let (stack, first) = ready().await;
    let mut answer = letter(ADAS, &[INGRID.email], "RE: Offer for twelve ferries");
    answer["inReplyTo"] = json!(first.internet_message_id);
    answer["internetMessageId"] = json!("<answer@tests.example>");
    answer["sentCopy"] = json!("keep");
    stack.act(Method::POST, "exchange/deliver", &answer).await;
    let answer = stack.copy_in(ADAS, "<answer@tests.example>");
    let mut again = letter(INGRID.email, &[ADAS], "RE: Offer for twelve ferries");
    again["inReplyTo"] = json!("<answer@tests.example>");
    let again = stack.post(again).await;
    // Outlook puts a category that is assigned to a conversation on each of its messages.
    for mail in [&first, &answer, &again] {
        stack.categorize(mail, &[TRACKED], &[]).await;
    }
    stack.cycle(ADAS).await;
    for (mail, outgoing) in [(&first, false), (&answer, true), (&again, false)] {
        assert_eq!(stack.email(&mail.internet_message_id).await["directioncode"], outgoing);
    }
}

#[tokio::test]
async fn cat_21_turned_off_assigning_or_removing_it_changes_nothing_in_the_crm() {
    let (stack, mail) = ready().await;
    let tracked = stack.mail_to(&ADA).await;
    stack.categorize(&tracked, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    stack.set_and_wait("TrackCategorizedItems", "false").await;
    stack.cycle(ADAS).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.categorize(&tracked, &[], &[TRACKED]).await;
    let mark = stack.mark();
    assert_eq!(stack.cycle(ADAS).await.noticed, 0);
    assert_eq!(stack.changed_since(mark), Vec::<String>::new());
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&mail).await.status, Status::NotTracked);
    assert_eq!(ada.open(&tracked).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_21_turned_off_while_a_wish_of_the_category_waits_nothing_comes_of_it() {
    let (stack, mail) = ready().await;
    stack.maintain_crm(true).await;
    stack.categorize(&mail, &[TRACKED], &[]).await;
    assert_eq!(stack.cycle(ADAS).await.noticed, 1);
    stack.maintain_crm(false).await;
    stack.set_and_wait("TrackCategorizedItems", "false").await;
    stack.clock.advance_ms(900_000);
    stack.work(ADAS).await;
    assert!(stack.emails(&mail.internet_message_id).await.is_empty());
    // CAT-18: on again, the category that still stands there counts.
    stack.cycle(ADAS).await;
    stack.set_and_wait("TrackCategorizedItems", "true").await;
    stack.cycle(ADAS).await;
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}

#[tokio::test]
async fn cat_24_the_pane_shows_what_another_client_did_before_any_cycle_ran() {
    let (stack, mail) = ready().await;
    let ada = stack.pane(&ADA);
    stack.categorize(&mail, &[TRACKED], &[]).await;
    assert_eq!(ada.open(&mail).await.status, Status::TrackingPending);
    stack.cycle(ADAS).await;
    assert_eq!(ada.open(&mail).await.status, Status::Tracked);
    stack.categorize(&mail, &[], &[TRACKED]).await;
    assert_eq!(ada.open(&mail).await.status, Status::UntrackingPending);
    stack.cycle(ADAS).await;
    assert_eq!(ada.open(&mail).await.status, Status::NotTracked);
}

#[tokio::test]
async fn cat_22_what_the_pane_tracks_and_untracks_is_no_news_to_the_next_cycle() {
    let (stack, mail) = ready().await;
    let ada = stack.pane(&ADA);
    for _ in 0..2 {
        ada.track(&mail).await;
        stack.work(ADAS).await;
        assert_eq!(ada.open(&mail).await.status, Status::Tracked);
        let mark = stack.mark();
        assert_eq!(stack.cycle(ADAS).await.noticed, 0);
        ada.untrack(&mail, RecordFate::Keep).await;
        stack.work(ADAS).await;
        assert_eq!(stack.cycle(ADAS).await.noticed, 0);
        assert_eq!(stack.changed_since(mark), ["message.categories"], "the untracking, and nothing else");
    }
}

#[tokio::test]
async fn cat_25_a_delegate_with_editor_permission_tracks_in_the_owners_mailbox_by_the_category() {
    let (stack, mail) = ready().await;
    let access = json!([{ "who": BEN.upn, "right": "editor" }]);
    stack.act(Method::PUT, &format!("exchange/mailboxes/{ADAS}/access"), &access).await;
    // The category stands in Ada's list, and the delegate puts it on in Ada's mailbox.
    assert!(stack.master_categories(ADAS).await.contains(&TRACKED.to_owned()));
    stack.categorize(&mail, &[TRACKED], &[]).await;
    stack.cycle(ADAS).await;
    let email = stack.email(&mail.internet_message_id).await;
    assert_eq!(email["ownerid"]["id"], ADA.systemuser.unwrap(), "tracked with the owner's rights");
    assert_eq!(stack.pane(&BEN).open(&mail).await.status, Status::Tracked);
}

#[tokio::test]
async fn cat_25_below_editor_the_app_refuses_with_the_reason() {
    let (stack, mail) = ready().await;
    let access = json!([{ "who": BEN.upn, "right": "reviewer" }]);
    stack.act(Method::PUT, &format!("exchange/mailboxes/{ADAS}/access"), &access).await;
    let ben = stack.pane(&BEN);
    ben.track(&mail).await;
    stack.work(ADAS).await;
    let state = ben.open(&mail).await;
    assert_eq!(super::code(&state.status), Some(shared::problem::Code::MailboxDenied), "{state:#?}");
    assert!(state.problem.is_some_and(|words| words.remedy.contains("Editor permission")));
    assert_eq!(stack.categories(&mail), Some(vec![]));
}

#[tokio::test]
async fn ppl_01_and_ppl_02_what_a_category_tracks_has_its_people_resolved_like_what_the_pane_tracks() {
    let stack = Stack::synchronizing(&[ADAS]).await;
    for sender in [INGRID.email, MAEVE_TWIN.email, YUKI.email, FJORDLINE.email, "stranger@nowhere.example"] {
        let to = [ADAS, BEN.upn, LARS.email];
        let (by_category, in_pane) =
            (stack.deliver(sender, &to, "One").await, stack.deliver(sender, &to, "Two").await);
        stack.categorize(&by_category, &[TRACKED], &[]).await;
        stack.pane(&ADA).track(&in_pane).await;
        stack.cycle(ADAS).await;
        let ones = stack.email(&by_category.internet_message_id).await;
        let others = stack.email(&in_pane.internet_message_id).await;
        for mask in [1, 2] {
            assert_eq!(tests::parties(&ones, mask), tests::parties(&others, mask), "{sender}");
        }
    }
}
