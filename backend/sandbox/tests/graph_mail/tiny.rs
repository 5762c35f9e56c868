use crate::client::*;
use sandbox::company::{ADA, PEOPLE};
use sandbox::exchange::{Delivery, MailboxKind, delivery::Address};
use sandbox::world::{Mail, SetClock};
use sandbox::{Options, World};

fn tiny() -> std::sync::Arc<World> {
    let clock = SetClock::new(NOW.parse().expect("the test sets this up"));
    let options = Options { seed_mail: Mail::None, ..Options::in_memory(clock) };
    World::new(options).expect("the test sets this up")
}

#[test]
fn a_tenant_without_mail_has_its_people_and_their_categories() {
    let world = tiny();
    let exchange = world.exchange();
    assert!(exchange.mailboxes().all(|mailbox| mailbox.messages().next().is_none()));
    for person in PEOPLE {
        assert!(!exchange.mailbox(person.oid).unwrap().categories().is_empty(), "{}", person.name);
    }
}

#[test]
fn tenants_of_one_seed_are_alike_and_share_their_signing_keys() {
    let (one, two) = (tiny(), tiny());
    let letter = Delivery {
        from: Address::new("eve@x.example"),
        to: vec![Address::new(ADA.upn)],
        subject: Some("Hello".to_owned()),
        ..Delivery::default()
    };
    let deliver =
        |world: &World| world.act("post", |exchange, now| exchange.deliver_letter(&letter, now)).unwrap();
    assert_eq!(deliver(&one), deliver(&two));
    assert_eq!(one.entra().keys.signing().kid(), two.entra().keys.signing().kid());
    one.reset();
    assert!(
        one.exchange().mailbox(ADA.oid).unwrap().messages().next().is_none(),
        "a reset seeds as at the start"
    );
}

#[tokio::test]
async fn further_mailboxes_can_be_given_out() {
    let tenant = Tenant::new();
    let oid = "5a9db0c5-0000-4000-8000-00000000f001";
    let new = serde_json::json!({ "oid": oid, "upn": "new@northlight.example", "name": "New" });
    tenant.people().post("/sandbox/exchange/mailboxes", new.clone()).await.expect(201);
    tenant.people().post("/sandbox/exchange/mailboxes", new).await.expect(409);
    let app = tenant.app(&["Mail.Read"]);
    assert!(app.get(&format!("/users/{oid}/messages")).await.expect(200).items().is_empty());
    let mut exchange = tenant.world.exchange();
    let now = tenant.world.now();
    exchange.add_mailbox("second", "second@northlight.example", "Second", MailboxKind::User, now);
    assert_eq!(exchange.mailbox("SECOND@northlight.example").unwrap().oid, "second");
}
