//! The description of the API, made from the handlers and the types of `shared`.

use super::handlers::admin::{failing, mailboxes, myself, nodes, settings};
use super::handlers::{
    conversations, folders, health, items, many, notifications, own_mailbox, pane, people, records,
};
use shared::api::admin::{MailboxState, Order};
use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Regarding",
        description = "Tracks emails of Exchange in Dynamics 365. Every error is application/problem+json; send Accept-Language for its words.",
        license(name = "MIT", identifier = "MIT")
    ),
    paths(
        pane::config,
        pane::description,
        people::me,
        items::state,
        items::wish,
        items::events,
        items::suggestions,
        items::choose_person,
        records::search,
        conversations::surroundings,
        conversations::track_conversation,
        conversations::follow_conversation,
        many::states,
        many::events,
        many::wishes,
        folders::list,
        folders::map,
        folders::unmap,
        own_mailbox::standing,
        myself::administrator,
        mailboxes::mailboxes,
        mailboxes::enroll,
        mailboxes::discover,
        mailboxes::mailbox,
        mailboxes::order,
        mailboxes::pin,
        mailboxes::set_start,
        settings::settings,
        settings::set_setting,
        failing::failing,
        failing::history,
        failing::retry,
        nodes::nodes,
        notifications::changed,
        notifications::lifecycle,
        health::health,
        health::ready,
        pane::policy_report,
    ),
    // These stand in paths and queries alone.
    components(schemas(MailboxState, Order)),
    modifiers(&Bearer)
)]
struct Api;

/// How callers prove who they are.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut Description) {
        let components = api.components.get_or_insert_default();
        for (name, description) in [(USER, USERS_TOKEN), (ADMINISTRATOR, ADMINISTRATORS_TOKEN)] {
            let scheme = HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .description(Some(description))
                .build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

const USER: &str = "entra";
const USERS_TOKEN: &str = "Access token of Entra ID for this API, with the permission access_as_user";
const ADMINISTRATOR: &str = "administrator";
const ADMINISTRATORS_TOKEN: &str = "Access token of Entra ID for this API with the app role Regarding.Administer: a person's, with the permission access_as_user, or a program's own (client credentials), if the service's configuration lists the program";

/// The whole description.
pub fn describe() -> Description {
    Api::openapi()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::routes::{ROUTES, Who};
    use std::collections::BTreeSet;

    #[test]
    fn what_is_described_is_what_is_served() {
        let described = serde_json::to_value(describe()).unwrap();
        let mut found = BTreeSet::new();
        for (path, methods) in described["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let who = match operation["security"].as_array().map(Vec::as_slice) {
                    None => Who::Public,
                    Some([scheme]) if scheme.get(USER).is_some() => Who::User,
                    Some([scheme]) if scheme.get(ADMINISTRATOR).is_some() => Who::Administrator,
                    other => panic!("{method} {path} asks for {other:?}"),
                };
                found.insert((method.to_uppercase(), path.clone(), who));
            }
        }
        let served = ROUTES.iter().map(|route| (route.method.to_string(), route.path.to_owned(), route.who));
        assert_eq!(found, served.collect());
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let described = serde_json::to_value(describe()).unwrap();
        let methods = described["paths"].as_object().unwrap().values().filter_map(|one| one.as_object());
        let names: Vec<_> =
            methods.flat_map(|methods| methods.values().map(|one| one["operationId"].to_string())).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn every_type_that_is_named_is_described() {
        let text = serde_json::to_string(&describe()).unwrap();
        let described = serde_json::to_value(describe()).unwrap();
        let schemas = described["components"]["schemas"].as_object().unwrap();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(schemas.contains_key(name), "{name}");
        }
        assert!(schemas.contains_key("ItemState") && schemas.contains_key("ProblemDetails"));
    }
}
