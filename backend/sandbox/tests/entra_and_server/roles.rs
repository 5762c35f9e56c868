use crate::client::*;
use http::Method;
use sandbox::company::{ADA, APP_CLIENT_ID, DAN, PUBLIC_CLIENT_ID, PUBLIC_CLIENT_SECRET};
use sandbox::entra::{ADMINISTER, Assignment, Caller, Mint, Resource};
use serde_json::json;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
const VISITOR: [(&str, &str); 2] = [("client_id", PUBLIC_CLIENT_ID), ("client_secret", PUBLIC_CLIENT_SECRET)];

#[tokio::test]
async fn a_client_has_the_roles_that_its_service_principal_holds_under_every_name_of_the_api() {
    let tenant = Tenant::new();
    for scope in [format!("api://{APP_CLIENT_ID}/.default"), format!("{APP_CLIENT_ID}/.default")] {
        let own = tenant.token(&[GRANT, APP[0], APP[1], ("scope", &scope)]).await;
        let claims = own.claims("access_token");
        assert_eq!(
            (&claims["aud"], &claims["roles"]),
            (&json!(APP_CLIENT_ID), &json!([ADMINISTER])),
            "{scope}"
        );
        assert_eq!((&claims["idtyp"], &claims["scp"]), (&json!("app"), &json!(null)));
        let token = own.json()["access_token"].as_str().unwrap().to_owned();
        let Ok(Caller::App { roles, .. }) = tenant.check(&token, Resource::App) else { panic!() };
        assert_eq!(roles, [ADMINISTER]);
        let visitor = tenant.token(&[GRANT, VISITOR[0], VISITOR[1], ("scope", &scope)]).await;
        assert_eq!(visitor.claims("access_token")["roles"], json!(null));
    }
    let graph = tenant.token(&[GRANT, APP[0], APP[1], ("scope", GRAPH_DEFAULT)]).await;
    assert!(
        !graph.text.is_empty() && !graph.claims("access_token")["roles"].to_string().contains(ADMINISTER)
    );
}

#[tokio::test]
async fn a_person_has_their_roles_in_tokens_for_the_api_and_nowhere_else() {
    let tenant = Tenant::new();
    let roles = async |person: &str, scope: &str| {
        let order = json!({"person": person, "clientId": APP_CLIENT_ID, "scope": scope});
        let answer = tenant.control(Method::POST, "/sandbox/naa/token", &order).await;
        answer.claims("access_token")["roles"].clone()
    };
    assert_eq!(roles(DAN.upn, API_SCOPE).await, json!([ADMINISTER]));
    assert_eq!(roles(DAN.upn, "https://graph.microsoft.com/User.Read").await, json!(null));
    assert_eq!(roles(ADA.upn, API_SCOPE).await, json!(null));
    assert_eq!(claims(&tenant.mint(&Mint::good(&DAN)))["roles"], json!([ADMINISTER]));
    assert_eq!(claims(&tenant.mint(&Mint::program(APP_CLIENT_ID)))["roles"], json!([ADMINISTER]));
}

#[tokio::test]
async fn a_role_can_be_given_and_taken_away_and_counts_from_the_next_token_on() {
    let tenant = Tenant::new();
    let roles = |person| claims(&tenant.mint(&Mint::good(person)))["roles"].clone();
    tenant.world.entra().assign_role(ADMINISTER, ADA.oid, Assignment::Given).unwrap();
    tenant.world.entra().assign_role(ADMINISTER, DAN.oid, Assignment::Withdrawn).unwrap();
    assert_eq!((roles(&ADA), roles(&DAN)), (json!([ADMINISTER]), json!(null)));
    let unknown = tenant.world.entra().assign_role("Regarding.Own", ADA.oid, Assignment::Given).unwrap_err();
    assert!(unknown.contains(ADMINISTER), "{unknown}");
}
