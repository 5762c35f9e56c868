//! The tables of the sandbox's organization: what the public table reference says of the tables that tracking
//! needs, and one custom table (`nl_site`) that takes no activities.

use super::metadata::{Access, Collection, Column, Kind, OnDelete, Ownership, Status, Table, Target};

const ACTIVE: &[(i64, &str)] = &[(0, "Active"), (1, "Inactive")];
const ACTIVE_STATUSES: &[Status] = &[status(0, 1, "Active"), status(1, 2, "Inactive")];
const PRIORITY: &[(i64, &str)] = &[(0, "Low"), (1, "Normal"), (2, "High")];
const PARTICIPATION: &[(i64, &str)] = &[
    (1, "Sender"),
    (2, "To Recipient"),
    (3, "CC Recipient"),
    (4, "BCC Recipient"),
    (5, "Required attendee"),
    (6, "Optional attendee"),
    (7, "Organizer"),
    (8, "Regarding"),
    (9, "Owner"),
    (10, "Resource"),
    (11, "Customer"),
];
const CORRELATION: &[(i64, &str)] = &[
    (0, "None"),
    (1, "Skipped"),
    (2, "XHeader"),
    (3, "InReplyTo"),
    (4, "TrackingToken"),
    (5, "ConversationIndex"),
    (6, "SmartMatching"),
    (7, "CustomCorrelation"),
];
/// Tables whose rows an activity may be about.
const REGARDING: [&str; 5] = ["account", "contact", "lead", "opportunity", "incident"];
const PARTIES: [&str; 6] = ["account", "contact", "lead", "systemuser", "queue", "team"];
/// What a party may point to: whoever takes part, and as *regarding* also a deal or a case.
const PARTY_TARGETS: [&str; 8] =
    ["account", "contact", "lead", "systemuser", "queue", "team", "opportunity", "incident"];

const fn status(state: i64, status: i64, label: &'static str) -> Status {
    Status { state, status, label }
}

fn column(name: &'static str, kind: Kind, access: Access) -> Column {
    Column { name, kind, access }
}
fn text(name: &'static str, max: usize) -> Column {
    column(name, Kind::Text { max }, Access::Write)
}
fn int(name: &'static str) -> Column {
    column(name, Kind::Int { min: i64::from(i32::MIN), max: i64::from(i32::MAX) }, Access::Write)
}
fn time(name: &'static str) -> Column {
    column(name, Kind::Time, Access::Write)
}
fn flag(name: &'static str) -> Column {
    column(name, Kind::Bool { no: "No", yes: "Yes" }, Access::Write)
}
fn choice(name: &'static str, options: &'static [(i64, &'static str)]) -> Column {
    column(name, Kind::Choice(options), Access::Write)
}
fn read_only(mut column: Column) -> Column {
    column.access = Access::Read;
    column
}

/// A lookup to several tables whose navigation properties end in the table's name.
fn lookup(name: &'static str, tables: &[&'static str], on_delete: OnDelete) -> Column {
    let targets =
        tables.iter().map(|table| Target { table, navigation: vec![format!("{name}_{table}")] }).collect();
    column(name, Kind::Lookup { targets, on_delete }, Access::Write)
}

/// A lookup to one table, whose navigation property has the column's own name.
fn link(name: &'static str, table: &'static str) -> Column {
    let targets = vec![Target { table, navigation: vec![name.to_owned()] }];
    column(name, Kind::Lookup { targets, on_delete: OnDelete::RemoveLink }, Access::Write)
}

fn owner(table: &str) -> Vec<Column> {
    let target = |owner: &'static str| Target {
        table: owner,
        navigation: vec!["ownerid".to_owned(), format!("ownerid_{table}")],
    };
    let targets = vec![target("systemuser"), target("team")];
    vec![
        column("ownerid", Kind::Lookup { targets, on_delete: OnDelete::RemoveLink }, Access::Write),
        read_only(link("owninguser", "systemuser")),
        read_only(link("owningteam", "team")),
        read_only(link("owningbusinessunit", "businessunit")),
    ]
}

fn stamps() -> Vec<Column> {
    vec![
        read_only(time("createdon")),
        read_only(time("modifiedon")),
        read_only(link("createdby", "systemuser")),
        read_only(link("modifiedby", "systemuser")),
        read_only(link("createdonbehalfby", "systemuser")),
        read_only(link("modifiedonbehalfby", "systemuser")),
        read_only(column("versionnumber", Kind::Int { min: 0, max: i64::MAX }, Access::Read)),
    ]
}

fn states(states: &'static [(i64, &'static str)], status_options: &'static [(i64, &'static str)]) -> Vec<Column> {
    vec![choice("statecode", states), choice("statuscode", status_options)]
}

/// Starting point of every table.
fn base(logical: &'static str, set: &'static str, display: &'static str, type_code: i64) -> Table {
    Table {
        logical,
        set,
        display,
        noun: display,
        secured_as: (logical, type_code),
        type_code,
        id: "",
        name: "name",
        ownership: Ownership::User,
        is_activity: false,
        has_activities: false,
        is_party: PARTIES.contains(&logical),
        tracks_changes: false,
        state_name: "",
        states: &[],
        statuses: &[],
        columns: Vec::new(),
        collections: Vec::new(),
        keys: &[],
        searched: &[],
    }
}

fn with(mut table: Table, id: &'static str, columns: Vec<Vec<Column>>) -> Table {
    table.id = id;
    table.columns = vec![column(id, Kind::Id, Access::Create)];
    table.columns.extend(columns.into_iter().flatten());
    table.columns.extend(stamps());
    if table.ownership == Ownership::User {
        table.columns.extend(owner(table.logical));
    }
    table
}

fn collection(name: &'static str, table: &'static str, column: &'static str) -> Collection {
    Collection { name, table, column }
}

/// Columns that every activity has, and the table built on them.
fn activity(mut table: Table, columns: Vec<Column>) -> Table {
    let logical = table.logical;
    table.name = "subject";
    table.noun = "Activity";
    table.secured_as = ("activitypointer", 4200);
    table.is_activity = true;
    table.tracks_changes = true;
    let regarding = REGARDING
        .iter()
        .map(|target| Target {
            table: target,
            navigation: vec![format!("regardingobjectid_{target}_{logical}"), format!("regardingobjectid_{target}")],
        })
        .collect();
    let common = vec![
        read_only(text("activitytypecode", 64)),
        column("regardingobjectid", Kind::Lookup { targets: regarding, on_delete: OnDelete::Cascade }, Access::Write),
        time("scheduledstart"),
        time("scheduledend"),
        time("actualstart"),
        time("actualend"),
        int("actualdurationminutes"),
        int("scheduleddurationminutes"),
        choice("prioritycode", PRIORITY),
        read_only(flag("isregularactivity")),
        read_only(int("attachmentcount")),
    ];
    with(table, "activityid", vec![columns, common])
}

fn email() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Completed"), (2, "Canceled")];
    const STATUSES: &[(i64, &str)] = &[
        (1, "Draft"),
        (2, "Completed"),
        (3, "Sent"),
        (4, "Received"),
        (5, "Canceled"),
        (6, "Pending Send"),
        (7, "Sending"),
        (8, "Failed"),
    ];
    let mut table = base("email", "emails", "Email", 4202);
    table.state_name = "EmailState";
    table.states = STATES;
    table.statuses = const { &[
        status(0, 1, "Draft"),
        status(0, 8, "Failed"),
        status(1, 2, "Completed"),
        status(1, 3, "Sent"),
        status(1, 4, "Received"),
        status(1, 6, "Pending Send"),
        status(1, 7, "Sending"),
        status(2, 5, "Canceled"),
    ] };
    table.collections = vec![
        collection("email_activity_parties", "activityparty", "activityid"),
        collection("email_activity_mime_attachment", "activitymimeattachment", "objectid"),
    ];
    table.searched = &["subject", "sender", "torecipients"];
    let senders = lookup("emailsender", &["account", "contact", "lead", "systemuser", "queue"], OnDelete::RemoveLink);
    let columns = vec![
        text("subject", 800),
        text("description", 1_073_741_823),
        text("sender", 250),
        text("torecipients", 500),
        text("messageid", 320),
        text("submittedby", 250),
        text("trackingtoken", 50),
        text("conversationtrackingid", 100),
        text("emailtrackingid", 100),
        text("baseconversationindexhash", 50),
        text("internetmessageheaders", 1_073_741_823),
        column("directioncode", Kind::Bool { no: "Incoming", yes: "Outgoing" }, Access::Write),
        flag("readreceiptrequested"),
        flag("deliveryreceiptrequested"),
        text("category", 250),
        text("subcategory", 250),
        text("acceptingentityid", 100),
        link("receivingmailboxid", "mailbox"),
        read_only(text("conversationindex", 2048)),
        read_only(text("inreplyto", 320)),
        read_only(time("senton")),
        read_only(choice("correlationmethod", CORRELATION)),
        read_only(senders),
    ];
    let mut columns = columns;
    columns.extend(states(STATES, STATUSES));
    activity(table, columns)
}

fn appointment() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Completed"), (2, "Canceled"), (3, "Scheduled")];
    const STATUSES: &[(i64, &str)] =
        &[(1, "Free"), (2, "Tentative"), (3, "Completed"), (4, "Canceled"), (5, "Busy"), (6, "Out of Office")];
    let mut table = base("appointment", "appointments", "Appointment", 4201);
    table.state_name = "AppointmentState";
    table.states = STATES;
    table.statuses = const { &[
        status(0, 1, "Free"),
        status(0, 2, "Tentative"),
        status(1, 3, "Completed"),
        status(2, 4, "Canceled"),
        status(3, 5, "Busy"),
        status(3, 6, "Out of Office"),
    ] };
    table.collections = vec![collection("appointment_activity_parties", "activityparty", "activityid")];
    table.searched = &["subject", "location"];
    let mut columns = vec![
        text("subject", 200),
        text("description", 1_048_576),
        text("location", 200),
        text("globalobjectid", 300),
        flag("isalldayevent"),
        flag("isdraft"),
        flag("ismapiprivate"),
        int("outlookownerapptid"),
    ];
    columns.extend(states(STATES, STATUSES));
    activity(table, columns)
}

fn task() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Completed"), (2, "Canceled")];
    const STATUSES: &[(i64, &str)] =
        &[(2, "Not Started"), (3, "In Progress"), (4, "Waiting"), (5, "Completed"), (6, "Canceled"), (7, "Deferred")];
    let mut table = base("task", "tasks", "Task", 4212);
    table.state_name = "TaskState";
    table.states = STATES;
    table.statuses = const { &[
        status(0, 2, "Not Started"),
        status(0, 3, "In Progress"),
        status(0, 4, "Waiting"),
        status(0, 7, "Deferred"),
        status(1, 5, "Completed"),
        status(2, 6, "Canceled"),
    ] };
    table.collections = vec![collection("task_activity_parties", "activityparty", "activityid")];
    table.searched = &["subject"];
    let mut columns = vec![
        text("subject", 200),
        text("description", 2000),
        text("category", 250),
        text("subcategory", 250),
        text("crmtaskassigneduniqueid", 100),
        column("percentcomplete", Kind::Int { min: 0, max: 100 }, Access::Write),
    ];
    columns.extend(states(STATES, STATUSES));
    activity(table, columns)
}

/// All activities in one: a view, read-only.
fn activitypointer() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Completed"), (2, "Canceled"), (3, "Scheduled")];
    let mut table = base("activitypointer", "activitypointers", "Activity", 4200);
    table.state_name = "ActivityPointerState";
    table.states = STATES;
    table.collections = vec![
        collection("activitypointer_activity_parties", "activityparty", "activityid"),
        collection("activity_mime_attachment", "activitymimeattachment", "objectid"),
    ];
    let mut columns = vec![text("subject", 800), text("description", 1_073_741_823)];
    columns.extend(states(STATES, &[]));
    let mut table = activity(table, columns);
    for column in &mut table.columns {
        column.access = Access::Read;
    }
    table
}

fn activityparty() -> Table {
    let mut table = base("activityparty", "activityparties", "Activity Party", 135);
    table.noun = "Activity";
    table.secured_as = ("activitypointer", 4200);
    table.ownership = Ownership::Parent;
    table.name = "addressused";
    let activities = vec![
        Target { table: "email", navigation: vec!["activityid_email".to_owned()] },
        Target { table: "appointment", navigation: vec!["activityid_appointment".to_owned()] },
        Target { table: "task", navigation: vec!["activityid_task".to_owned()] },
    ];
    let on_delete = OnDelete::Cascade;
    with(
        table,
        "activitypartyid",
        vec![vec![
            column("activityid", Kind::Lookup { targets: activities, on_delete }, Access::Create),
            lookup("partyid", &PARTY_TARGETS, OnDelete::RemoveLink),
            choice("participationtypemask", PARTICIPATION),
            text("addressused", 320),
            text("unresolvedpartyname", 4000),
            text("exchangeentryid", 1024),
            column("effort", Kind::Decimal, Access::Write),
            flag("donotemail"),
        ]],
    )
}

fn activitymimeattachment() -> Table {
    let mut table = base("activitymimeattachment", "activitymimeattachments", "Attachment", 1001);
    table.noun = "Activity";
    table.secured_as = ("activitypointer", 4200);
    table.ownership = Ownership::Parent;
    table.name = "filename";
    let target = |table: &'static str, navigation: &[&str]| Target {
        table,
        navigation: navigation.iter().map(|&n| n.to_owned()).collect(),
    };
    let targets = vec![
        target("email", &["objectid_email", "objectid_activitypointer"]),
        target("appointment", &["objectid_appointment", "objectid_activitypointer"]),
    ];
    with(
        table,
        "activitymimeattachmentid",
        vec![vec![
            column("objectid", Kind::Lookup { targets, on_delete: OnDelete::Cascade }, Access::Create),
            text("objecttypecode", 64),
            text("filename", 255),
            text("mimetype", 256),
            text("subject", 2000),
            text("body", 1_073_741_823),
            read_only(int("filesize")),
        ]],
    )
}

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

fn account() -> Table {
    let mut table = base("account", "accounts", "Account", 1);
    (table.state_name, table.states, table.statuses) = ("AccountState", ACTIVE, ACTIVE_STATUSES);
    (table.has_activities, table.tracks_changes) = (true, true);
    table.searched = &["name", "accountnumber", "emailaddress1", "address1_city"];
    table.collections =
        activities_of(["Account_Emails", "Account_Appointments", "Account_Tasks", "Account_ActivityPointers"]);
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

fn contact() -> Table {
    let mut table = base("contact", "contacts", "Contact", 2);
    (table.state_name, table.states, table.statuses) = ("ContactState", ACTIVE, ACTIVE_STATUSES);
    (table.has_activities, table.tracks_changes) = (true, true);
    table.name = "fullname";
    table.searched = &["fullname", "emailaddress1"];
    table.collections =
        activities_of(["Contact_Emails", "Contact_Appointments", "Contact_Tasks", "Contact_ActivityPointers"]);
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

fn lead() -> Table {
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
    table.statuses = const { &[
        status(0, 1, "New"),
        status(0, 2, "Contacted"),
        status(1, 3, "Qualified"),
        status(2, 4, "Lost"),
        status(2, 5, "Cannot Contact"),
        status(2, 6, "No Longer Interested"),
        status(2, 7, "Canceled"),
    ] };
    (table.has_activities, table.tracks_changes) = (true, true);
    table.name = "fullname";
    table.searched = &["fullname", "subject", "companyname", "emailaddress1"];
    table.collections = activities_of(["Lead_Emails", "Lead_Appointments", "Lead_Tasks", "lead_ActivityPointers"]);
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

fn opportunity() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Won"), (2, "Lost")];
    const STATUSES: &[(i64, &str)] =
        &[(1, "In Progress"), (2, "On Hold"), (3, "Won"), (4, "Canceled"), (5, "Out-Sold")];
    let mut table = base("opportunity", "opportunities", "Opportunity", 3);
    (table.state_name, table.states) = ("OpportunityState", STATES);
    table.statuses = const { &[
        status(0, 1, "In Progress"),
        status(0, 2, "On Hold"),
        status(1, 3, "Won"),
        status(2, 4, "Canceled"),
        status(2, 5, "Out-Sold"),
    ] };
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

fn incident() -> Table {
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
    table.statuses = const { &[
        status(0, 1, "In Progress"),
        status(0, 2, "On Hold"),
        status(0, 3, "Waiting for Details"),
        status(0, 4, "Researching"),
        status(1, 5, "Problem Solved"),
        status(1, 1000, "Information Provided"),
        status(2, 6, "Canceled"),
        status(2, 2000, "Merged"),
    ] };
    (table.has_activities, table.tracks_changes) = (true, true);
    table.name = "title";
    table.searched = &["title", "ticketnumber"];
    table.collections =
        activities_of(["Incident_Emails", "Incident_Appointments", "Incident_Tasks", "Incident_ActivityPointers"]);
    let own = vec![
        text("title", 200),
        text("ticketnumber", 100),
        text("description", 2000),
        lookup("customerid", &["account", "contact"], OnDelete::Cascade),
        lookup("primarycontactid", &["contact"], OnDelete::RemoveLink),
    ];
    with(table, "incidentid", vec![own, states(STATES, STATUSES)])
}

fn nl_site() -> Table {
    let mut table = base("nl_site", "nl_sites", "Site", 10_241);
    table.noun = "nl_Site";
    (table.state_name, table.states, table.statuses) = ("nl_siteState", ACTIVE, ACTIVE_STATUSES);
    table.name = "nl_name";
    table.searched = &["nl_name"];
    let own = vec![text("nl_name", 100), link("nl_account", "account")];
    with(table, "nl_siteid", vec![own, states(ACTIVE, &[(1, "Active"), (2, "Inactive")])])
}

fn people_and_settings() -> Vec<Table> {
    const MODE: &[(i64, &str)] = &[
        (0, "Read-Write"),
        (1, "Administrative"),
        (2, "Read"),
        (3, "Support User"),
        (4, "Non-interactive"),
        (5, "Delegated Admin"),
    ];
    const DELIVERY: &[(i64, &str)] =
        &[(0, "None"), (1, "Microsoft Dynamics 365 for Outlook"), (2, "Server-Side Synchronization"), (3, "Forward Mailbox")];
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
            vec![vec![text("name", 160), text("emailaddress", 100), link("parentbusinessunitid", "businessunit")]],
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

/// Every table of the organization.
pub fn tables() -> Vec<Table> {
    let mut tables = vec![
        account(),
        contact(),
        lead(),
        opportunity(),
        incident(),
        appointment(),
        email(),
        task(),
        activitypointer(),
        activityparty(),
        activitymimeattachment(),
        nl_site(),
    ];
    tables.extend(people_and_settings());
    for table in &mut tables {
        if table.noun.contains(' ') {
            table.noun = match table.logical {
                "businessunit" => "BusinessUnit",
                _ => table.logical,
            };
        }
    }
    tables
}
