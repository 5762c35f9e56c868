//! People: users and what each of them chose, teams, units, roles.

use super::*;

const MODE: &[(i64, &str)] = &[
    (0, "Read-Write"),
    (1, "Administrative"),
    (2, "Read"),
    (3, "Support User"),
    (4, "Non-interactive"),
    (5, "Delegated Admin"),
];

fn organization(logical: &'static str, set: &'static str, display: &'static str, type_code: i64) -> Table {
    let mut table = base(logical, set, display, type_code);
    table.ownership = Ownership::Organization;
    table
}

pub fn tables() -> Vec<Table> {
    vec![
        user(),
        settings(),
        with(
            organization("team", "teams", "Team", 9),
            "teamid",
            vec![vec![text("name", 160), text("emailaddress", 100), link("businessunitid", "businessunit")]],
        ),
        with(
            organization("businessunit", "businessunits", "Business Unit", 10),
            "businessunitid",
            vec![vec![
                text("name", 160),
                text("emailaddress", 100),
                link("parentbusinessunitid", "businessunit"),
            ]],
        ),
        with(
            organization("role", "roles", "Role", 1036),
            "roleid",
            vec![vec![text("name", 100), link("businessunitid", "businessunit")]],
        ),
    ]
}

fn user() -> Table {
    let mut user = organization("systemuser", "systemusers", "User", 8);
    user.name = "fullname";
    user.keys = &["azureactivedirectoryobjectid"];
    user.searched = &["fullname", "internalemailaddress"];
    user.collections = vec![collection("systemuserroles_association", "role", "")];
    with(
        user,
        "systemuserid",
        vec![vec![
            text("firstname", 256),
            text("lastname", 256),
            text("fullname", 200),
            text("domainname", 1024),
            text("internalemailaddress", 100),
            text("title", 128),
            on_create(guid("azureactivedirectoryobjectid")),
            on_create(guid("applicationid")),
            flag("isdisabled"),
            choice("accessmode", MODE),
            choice("emailrouteraccessapproval", APPROVAL),
            link("businessunitid", "businessunit"),
            link("defaultmailbox", "mailbox"),
            link("queueid", "queue"),
        ]],
    )
}

/// What a user chose in the personal options; the key is the user's own.
fn settings() -> Table {
    let mut settings = organization("usersettings", "usersettingscollection", "User Settings", 150);
    settings.noun = "UserSettings";
    settings.name = "businessunitid";
    with(
        settings,
        "systemuserid",
        vec![vec![
            choice("incomingemailfilteringmethod", FILTERING),
            int("autocreatecontactonpromote"),
            read_only(int("trackingtokenid")),
            int("timezonecode"),
            int("uilanguageid"),
            read_only(guid("businessunitid")),
        ]],
    )
}
