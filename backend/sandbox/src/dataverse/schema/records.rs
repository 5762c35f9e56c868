//! What activities are about: accounts, contacts, leads, opportunities, cases; and a table that takes none.

use super::*;

/// Collections by which a record finds its activities.
fn activities_of(names: [&'static str; 4]) -> Vec<Collection> {
    ["email", "appointment", "task", "activitypointer"]
        .into_iter()
        .zip(names)
        .map(|(table, name)| collection(name, table, "regardingobjectid"))
        .collect()
}

fn people_columns() -> Vec<Column> {
    vec![
        text("emailaddress1", 100),
        text("emailaddress2", 100),
        text("emailaddress3", 100),
        text("telephone1", 50),
        text("telephone2", 50),
        text("websiteurl", 200),
        text("description", 2000),
        text("address1_line1", 250),
        text("address1_city", 80),
        text("address1_postalcode", 20),
        text("address1_country", 80),
        flag("donotemail"),
    ]
}

pub fn account() -> Table {
    let mut table = base("account", "accounts", "Account", 1);
    (table.state_name, table.states, table.statuses) = ("AccountState", ACTIVE, ACTIVE_STATUSES);
    (table.has_activities, table.tracks_changes) = (true, true);
    table.searched = &["name", "accountnumber", "emailaddress1", "address1_city"];
    table.collections = activities_of([
        "Account_Emails",
        "Account_Appointments",
        "Account_Tasks",
        "Account_ActivityPointers",
    ]);
    table.collections.extend([
        collection("contact_customer_accounts", "contact", "parentcustomerid"),
        collection("account_parent_account", "account", "parentaccountid"),
        collection("opportunity_customer_accounts", "opportunity", "customerid"),
        collection("incident_customer_accounts", "incident", "customerid"),
        collection("account_activity_parties", "activityparty", "partyid"),
    ]);
    let own = vec![
        text("name", 160),
        text("accountnumber", 20),
        link("primarycontactid", "contact"),
        link("parentaccountid", "account"),
    ];
    with(table, "accountid", vec![own, people_columns(), states(ACTIVE, &[(1, "Active"), (2, "Inactive")])])
}

pub fn contact() -> Table {
    let mut table = base("contact", "contacts", "Contact", 2);
    (table.state_name, table.states, table.statuses) = ("ContactState", ACTIVE, ACTIVE_STATUSES);
    (table.has_activities, table.tracks_changes) = (true, true);
    table.name = "fullname";
    table.searched = &["fullname", "emailaddress1"];
    table.collections = activities_of([
        "Contact_Emails",
        "Contact_Appointments",
        "Contact_Tasks",
        "Contact_ActivityPointers",
    ]);
    table.collections.extend([
        collection("opportunity_customer_contacts", "opportunity", "customerid"),
        collection("incident_customer_contacts", "incident", "customerid"),
        collection("contact_activity_parties", "activityparty", "partyid"),
    ]);
    let own = vec![
        text("firstname", 50),
        text("middlename", 50),
        text("lastname", 50),
        read_only(text("fullname", 160)),
        text("jobtitle", 100),
        text("department", 100),
        text("salutation", 100),
        text("nickname", 100),
        text("suffix", 10),
        text("mobilephone", 50),
        text("company", 50),
        column("birthdate", Kind::Date, Access::Write),
        lookup("parentcustomerid", &["account", "contact"], OnDelete::Cascade),
    ];
    with(table, "contactid", vec![own, people_columns(), states(ACTIVE, &[(1, "Active"), (2, "Inactive")])])
}

pub fn lead() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Qualified"), (2, "Disqualified")];
    const STATUSES: &[(i64, &str)] = &[
        (1, "New"),
        (2, "Contacted"),
        (3, "Qualified"),
        (4, "Lost"),
        (5, "Cannot Contact"),
        (6, "No Longer Interested"),
        (7, "Canceled"),
    ];
    let mut table = base("lead", "leads", "Lead", 4);
    (table.state_name, table.states) = ("LeadState", STATES);
    table.statuses = const {
        &[
            status(0, 1, "New"),
            status(0, 2, "Contacted"),
            status(1, 3, "Qualified"),
            status(2, 4, "Lost"),
            status(2, 5, "Cannot Contact"),
            status(2, 6, "No Longer Interested"),
            status(2, 7, "Canceled"),
        ]
    };
    (table.has_activities, table.tracks_changes) = (true, true);
    table.name = "fullname";
    table.searched = &["fullname", "subject", "companyname", "emailaddress1"];
    table.collections =
        activities_of(["Lead_Emails", "Lead_Appointments", "Lead_Tasks", "lead_ActivityPointers"]);
    let own = vec![
        text("firstname", 50),
        text("lastname", 50),
        read_only(text("fullname", 160)),
        text("companyname", 100),
        text("subject", 300),
        text("jobtitle", 100),
        lookup("customerid", &["account", "contact"], OnDelete::RemoveLink),
    ];
    with(table, "leadid", vec![own, people_columns(), states(STATES, STATUSES)])
}

pub fn opportunity() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Won"), (2, "Lost")];
    const STATUSES: &[(i64, &str)] =
        &[(1, "In Progress"), (2, "On Hold"), (3, "Won"), (4, "Canceled"), (5, "Out-Sold")];
    let mut table = base("opportunity", "opportunities", "Opportunity", 3);
    (table.state_name, table.states) = ("OpportunityState", STATES);
    table.statuses = const {
        &[
            status(0, 1, "In Progress"),
            status(0, 2, "On Hold"),
            status(1, 3, "Won"),
            status(2, 4, "Canceled"),
            status(2, 5, "Out-Sold"),
        ]
    };
    (table.has_activities, table.tracks_changes) = (true, true);
    table.searched = &["name"];
    table.collections = activities_of([
        "Opportunity_Emails",
        "Opportunity_Appointments",
        "Opportunity_Tasks",
        "Opportunity_ActivityPointers",
    ]);
    let own = vec![
        text("name", 300),
        text("description", 2000),
        column("estimatedvalue", Kind::Decimal, Access::Write),
        column("estimatedclosedate", Kind::Date, Access::Write),
        lookup("customerid", &["account", "contact"], OnDelete::Cascade),
        link("parentaccountid", "account"),
        link("parentcontactid", "contact"),
    ];
    with(table, "opportunityid", vec![own, states(STATES, STATUSES)])
}

pub fn incident() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Active"), (1, "Resolved"), (2, "Canceled")];
    const STATUSES: &[(i64, &str)] = &[
        (1, "In Progress"),
        (2, "On Hold"),
        (3, "Waiting for Details"),
        (4, "Researching"),
        (5, "Problem Solved"),
        (1000, "Information Provided"),
        (6, "Canceled"),
        (2000, "Merged"),
    ];
    let mut table = base("incident", "incidents", "Case", 112);
    table.noun = "Incident";
    (table.state_name, table.states) = ("IncidentState", STATES);
    table.statuses = const {
        &[
            status(0, 1, "In Progress"),
            status(0, 2, "On Hold"),
            status(0, 3, "Waiting for Details"),
            status(0, 4, "Researching"),
            status(1, 5, "Problem Solved"),
            status(1, 1000, "Information Provided"),
            status(2, 6, "Canceled"),
            status(2, 2000, "Merged"),
        ]
    };
    (table.has_activities, table.tracks_changes) = (true, true);
    table.name = "title";
    table.searched = &["title", "ticketnumber"];
    table.collections = activities_of([
        "Incident_Emails",
        "Incident_Appointments",
        "Incident_Tasks",
        "Incident_ActivityPointers",
    ]);
    let own = vec![
        text("title", 200),
        text("ticketnumber", 100),
        text("description", 2000),
        lookup("customerid", &["account", "contact"], OnDelete::Cascade),
        lookup("primarycontactid", &["contact"], OnDelete::RemoveLink),
    ];
    with(table, "incidentid", vec![own, states(STATES, STATUSES)])
}

pub fn nl_site() -> Table {
    let mut table = base("nl_site", "nl_sites", "Site", 10_241);
    table.noun = "nl_Site";
    (table.state_name, table.states, table.statuses) = ("nl_siteState", ACTIVE, ACTIVE_STATUSES);
    table.name = "nl_name";
    table.searched = &["nl_name"];
    let own = vec![text("nl_name", 100), link("nl_account", "account")];
    with(table, "nl_siteid", vec![own, states(ACTIVE, &[(1, "Active"), (2, "Inactive")])])
}
