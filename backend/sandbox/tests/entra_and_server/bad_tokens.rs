use crate::client::*;
use http::Method;
use sandbox::company::{ADA, CHIARA};
use sandbox::entra::{BearerError, Caller, Flaw, Mint, Resource};
use serde_json::json;

/// What the tenant's own services say to each flaw; `None`: nothing, since the flaw is one of the app's own
/// rules (which permission, which client, no application).
fn expected(flaw: Flaw) -> Option<BearerError> {
    match flaw {
        Flaw::Expired => Some(BearerError::Expired),
        Flaw::NotYetValid => Some(BearerError::NotYetValid),
        Flaw::WrongAudience => Some(BearerError::Audience),
        Flaw::WrongTenant | Flaw::WrongIssuer => Some(BearerError::Issuer),
        Flaw::AlgorithmNone | Flaw::PublicKeyAsSecret => Some(BearerError::Algorithm),
        Flaw::UnknownKey => Some(BearerError::UnknownKey),
        Flaw::ForgedSignature | Flaw::Tampered => Some(BearerError::Signature),
        Flaw::IdToken | Flaw::AppWithScope => Some(BearerError::NotAccess),
        Flaw::WrongScope | Flaw::WrongClient | Flaw::AppOnly | Flaw::WithoutRoles => None,
    }
}

#[tokio::test]
async fn every_flaw_that_a_service_can_see_is_seen_and_named() {
    let tenant = Tenant::new();
    for resource in [Resource::App, Resource::Graph, Resource::Dataverse] {
        for flaw in Flaw::ALL {
            let order = match resource {
                Resource::App => Mint::good(&ADA),
                Resource::Graph => Mint::graph(&ADA, "Mail.ReadWrite"),
                Resource::Dataverse => Mint::dataverse(&tenant.world, &ADA),
            };
            assert!(tenant.check(&tenant.mint(&order), resource).is_ok());
            let spoilt = tenant.mint(&Mint { flaw: Some(flaw), ..order });
            assert_eq!(tenant.check(&spoilt, resource).err(), expected(flaw), "{flaw:?} for {resource:?}");
        }
    }
}

#[tokio::test]
async fn every_flaw_can_be_ordered_from_the_control_plane() {
    let tenant = Tenant::new();
    for flaw in Flaw::ALL {
        let order = json!({"person": CHIARA.upn, "flaw": flaw});
        let answer = tenant.control(Method::POST, "/sandbox/token", &order).await;
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        assert_eq!(tenant.check(&token, Resource::App).err(), expected(flaw), "{flaw:?}");
    }
}

#[tokio::test]
async fn single_claims_can_be_set_and_taken_away() {
    let tenant = Tenant::new();
    let order = json!({"claims": {"scp": null, "roles": ["Everything"], "idtyp": "app"}});
    let answer = tenant.control(Method::POST, "/sandbox/token", &order).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let Ok(Caller::App { roles, .. }) = tenant.check(&token, Resource::App) else { panic!() };
    assert_eq!(roles, ["Everything"]);
}

#[tokio::test]
async fn a_token_for_nobody_is_refused_with_the_list_of_people() {
    let tenant = Tenant::new();
    let answer = tenant.control(Method::POST, "/sandbox/token", &json!({"person": "eve"})).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains(ADA.upn), "{}", answer.text);
}

#[tokio::test]
async fn headers_without_a_usable_token_are_told_apart() {
    let tenant = Tenant::new();
    let none = http::HeaderMap::new();
    let checked = sandbox::entra::check_bearer(&tenant.world, &none, Resource::Graph);
    assert_eq!(checked, Err(BearerError::Missing));
    for text in ["a.b.c", "abc", "..", "e30.e30."] {
        assert!(tenant.check(text, Resource::Graph).is_err(), "{text}");
    }
}
