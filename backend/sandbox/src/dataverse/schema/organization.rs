//! People and settings: users, teams, units, queues, mailboxes, roles, the organization itself.

use super::*;

pub fn people_and_settings() -> Vec<Table> {
    const MODE: &[(i64, &str)] = &[
        (0, "Read-Write"),
        (1, "Administrative"),
        (2, "Read"),
        (3, "Support User"),
        (4, "Non-interactive"),
        (5, "Delegated Admin"),
    ];
    const DELIVERY: &[(i64, &str)] = &[
        (0, "None"),
        (1, "Microsoft Dynamics 365 for Outlook"),
        (2, "Server-Side Synchronization"),
        (3, "Forward Mailbox"),
    ];
    const ACT: &[(i64, &str)] =
        &[(0, "Microsoft Dynamics 365 for Outlook"), (1, "Server-Side Synchronization"), (2, "None")];
    const RUN: &[(i64, &str)] = &[(0, "Not Run"), (1, "Success"), (2, "Failure")];
    const APPROVAL: &[(i64, &str)] =
        &[(0, "Empty"), (1, "Approved"), (2, "Pending Approval"), (3, "Rejected")];
    let organization = |mut table: Table| {
        table.ownership = Ownership::Organization;
        table
    };
    let mut user = organization(base("systemuser", "systemusers", "User", 8));
    user.name = "fullname";
    user.keys = &["azureactivedirectoryobjectid"];
    user.searched = &["fullname", "internalemailaddress"];
    user.collections = vec![collection("systemuserroles_association", "role", "")];
    let guid = |name| column(name, Kind::Id, Access::Create);
    let user = with(
        user,
        "systemuserid",
        vec![vec![
            text("firstname", 256),
            text("lastname", 256),
            text("fullname", 200),
            text("domainname", 1024),
            text("internalemailaddress", 100),
            text("title", 128),
            guid("azureactivedirectoryobjectid"),
            guid("applicationid"),
            flag("isdisabled"),
            choice("accessmode", MODE),
            link("businessunitid", "businessunit"),
            link("defaultmailbox", "mailbox"),
            link("queueid", "queue"),
        ]],
    );
    let mut mailbox = base("mailbox", "mailboxes", "Mailbox", 9606);
    mailbox.keys = &[];
    let mailbox = with(
        mailbox,
        "mailboxid",
        vec![vec![
            text("name", 160),
            text("emailaddress", 100),
            lookup("regardingobjectid", &["systemuser", "queue"], OnDelete::Cascade),
            choice("actdeliverymethod", ACT),
            choice("incomingemaildeliverymethod", DELIVERY),
            choice("outgoingemaildeliverymethod", DELIVERY),
            choice("actstatus", RUN),
            choice("incomingemailstatus", RUN),
            choice("outgoingemailstatus", RUN),
            choice("emailrouteraccessapproval", APPROVAL),
            flag("enabledforact"),
            flag("enabledforincomingemail"),
            flag("enabledforoutgoingemail"),
            flag("testemailconfigurationscheduled"),
            time("lastsuccessfulsynccompletedon"),
            int("itemsprocessedforlastsync"),
            int("itemsfailedforlastsync"),
        ]],
    );
    vec![
        user,
        with(
            organization(base("team", "teams", "Team", 9)),
            "teamid",
            vec![vec![text("name", 160), text("emailaddress", 100), link("businessunitid", "businessunit")]],
        ),
        with(
            organization(base("businessunit", "businessunits", "Business Unit", 10)),
            "businessunitid",
            vec![vec![
                text("name", 160),
                text("emailaddress", 100),
                link("parentbusinessunitid", "businessunit"),
            ]],
        ),
        with(
            base("queue", "queues", "Queue", 2020),
            "queueid",
            vec![vec![text("name", 200), text("emailaddress", 100), link("defaultmailbox", "mailbox")]],
        ),
        mailbox,
        with(
            organization(base("role", "roles", "Role", 1036)),
            "roleid",
            vec![vec![text("name", 100), link("businessunitid", "businessunit")]],
        ),
        with(
            organization(base("organization", "organizations", "Organization", 1019)),
            "organizationid",
            vec![vec![
                text("name", 160),
                text("orgdborgsettings", 1_073_741_823),
                int("languagecode"),
                text("maxuploadfilesize", 20),
            ]],
        ),
    ]
}
