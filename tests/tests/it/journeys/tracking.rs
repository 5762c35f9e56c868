//! Track, from the pane.

use sandbox::company::ADA;
use shared::category::TRACKED;
use shared::status::Status;
use tests::Stack;

#[tokio::test]
async fn cat_22_tracking_in_the_pane_puts_the_category_on_and_the_email_into_the_crm() {
    let stack = Stack::start().await;
    let mail = stack.mail_to(&ADA).await;
    let ada = stack.pane(&ADA);
    assert_eq!(ada.open(&mail).await.status, Status::NotTracked);
    let state = ada.track(&mail).await;
    assert_eq!(state.status, Status::Tracked, "{state:#?}");
    assert_eq!(stack.categories(&mail), Some(vec![TRACKED.to_owned()]));
    assert_eq!(stack.emails(&mail.internet_message_id).await.len(), 1);
}
