//! What comes between a click and its end: another item, a closed pane.

use super::{SUBJECT, Stage, TRACKED};
use sandbox::company::ADA;
use sandbox::world::faults::{Fault, Kind};
use sandbox::world::journal::Service;
use tests::View;

/// Holds the emails that are to be created in the CRM.
const CRM: &str = "crm";

fn hold_crm(stage: &Stage) {
    let hold = Fault::new(Kind::HangBefore).on(Service::Dataverse, "POST", "/emails").named(CRM);
    stage.online.world.faults.add(hold);
}

fn release_crm(stage: &Stage) {
    assert!(stage.online.world.faults.release(CRM).is_some(), "the fault is armed");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_item_opened_mid_flight_shows_its_own_state_and_the_first_is_tracked_all_the_same() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let other = stage.online.deliver(sandbox::company::LARS.email, &[ADA.upn], "Sea trial on Monday").await;
    let mail = stage.mail_to(&ADA).await;
    stage.show(&View::of(&ADA).message(&mail).pinned_pane()).await;
    pane.until_status("Not tracked").await;

    hold_crm(&stage);
    pane.click("Track").await;
    stage.online.until_held(CRM).await;
    pane.until_status("Tracking…").await;
    stage.browser.picture("tracking").await;
    outlook.open_message("Sea trial on Monday").await;
    pane.until_text("Sea trial on Monday").await;
    pane.until_status("Not tracked").await;
    release_crm(&stage);

    outlook.open_message(SUBJECT).await;
    pane.until_status("Tracked").await;
    assert_eq!(stage.count_emails(&mail).await, 1);
    outlook.open_message("Sea trial on Monday").await;
    pane.until_status("Not tracked").await;
    assert_eq!((stage.count_emails(&other).await, stage.categories(&other)), (0, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pane_closed_mid_flight_does_not_end_the_wish() {
    let stage = Stage::set().await;
    let (outlook, pane) = (stage.browser.outlook(), stage.browser.pane());
    let mail = stage.open_mail_of(&ADA).await;
    pane.until_status("Not tracked").await;
    hold_crm(&stage);
    pane.click("Track").await;
    stage.online.until_held(CRM).await;
    outlook.close_pane().await;
    release_crm(&stage);
    outlook.until_categories(&[TRACKED]).await;
    outlook.click_command("pane").await;
    pane.until_status("Tracked").await;
    assert_eq!(stage.count_emails(&mail).await, 1);
}
