//! Activities: email, appointment, task, the view over all of them, their parties and attachments.

use super::super::metadata::{Access, Kind, OnDelete, Ownership, Table, Target};
use super::*;

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
/// What a party may point to: whoever takes part, and as *regarding* also a deal or a case.
const PARTY_TARGETS: [&str; 8] =
    ["account", "contact", "lead", "systemuser", "queue", "team", "opportunity", "incident"];

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
            navigation: vec![
                format!("regardingobjectid_{target}_{logical}"),
                format!("regardingobjectid_{target}"),
            ],
        })
        .collect();
    let common = vec![
        read_only(text("activitytypecode", 64)),
        column(
            "regardingobjectid",
            Kind::Lookup { targets: regarding, on_delete: OnDelete::Cascade },
            Access::Write,
        ),
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

pub fn email() -> Table {
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
    table.statuses = const {
        &[
            status(0, 1, "Draft"),
            status(0, 8, "Failed"),
            status(1, 2, "Completed"),
            status(1, 3, "Sent"),
            status(1, 4, "Received"),
            status(1, 6, "Pending Send"),
            status(1, 7, "Sending"),
            status(2, 5, "Canceled"),
        ]
    };
    table.collections = vec![
        collection("email_activity_parties", "activityparty", "activityid"),
        collection("email_activity_mime_attachment", "activitymimeattachment", "objectid"),
    ];
    table.searched = &["subject", "sender", "torecipients"];
    let senders =
        lookup("emailsender", &["account", "contact", "lead", "systemuser", "queue"], OnDelete::RemoveLink);
    let columns = vec![
        text("subject", 800),
        text("description", 1_073_741_823),
        text("sender", 250),
        text("torecipients", 500),
        text("messageid", 320),
        text("submittedby", 250),
        text("trackingtoken", 50),
        guid("conversationtrackingid"),
        guid("emailtrackingid"),
        guid("messageiddupcheck"),
        int("baseconversationindexhash"),
        text("internetmessageheaders", 1_073_741_823),
        text("mimetype", 256),
        time("sortdate"),
        column("directioncode", Kind::Bool { no: "Incoming", yes: "Outgoing" }, Access::Write),
        flag("readreceiptrequested"),
        flag("deliveryreceiptrequested"),
        text("category", 250),
        text("subcategory", 250),
        flag("isduplicatesenderunresolved"),
        flag("correlatedsubjectchanged"),
        accepting_entity(),
        link_by("receivingmailboxid", "mailbox", "ReceivingMailboxId_Email"),
        link_by("correlatedactivityid", "email", "CorrelatedActivityId_Email"),
        on_create(link("parentactivityid", "email")),
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

/// The user or the queue whose filter accepted the mail; empty where a person tracked it.
fn accepting_entity() -> Column {
    let target = |table: &'static str| Target {
        table,
        navigation: vec!["acceptingentityid".to_owned(), format!("acceptingentityid_{table}")],
    };
    let targets = vec![target("queue"), target("systemuser")];
    column("acceptingentityid", Kind::Lookup { targets, on_delete: OnDelete::RemoveLink }, Access::Write)
}

pub fn appointment() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Completed"), (2, "Canceled"), (3, "Scheduled")];
    const STATUSES: &[(i64, &str)] = &[
        (1, "Free"),
        (2, "Tentative"),
        (3, "Completed"),
        (4, "Canceled"),
        (5, "Busy"),
        (6, "Out of Office"),
    ];
    let mut table = base("appointment", "appointments", "Appointment", 4201);
    table.state_name = "AppointmentState";
    table.states = STATES;
    table.statuses = const {
        &[
            status(0, 1, "Free"),
            status(0, 2, "Tentative"),
            status(1, 3, "Completed"),
            status(2, 4, "Canceled"),
            status(3, 5, "Busy"),
            status(3, 6, "Out of Office"),
        ]
    };
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

pub fn task() -> Table {
    const STATES: &[(i64, &str)] = &[(0, "Open"), (1, "Completed"), (2, "Canceled")];
    const STATUSES: &[(i64, &str)] = &[
        (2, "Not Started"),
        (3, "In Progress"),
        (4, "Waiting"),
        (5, "Completed"),
        (6, "Canceled"),
        (7, "Deferred"),
    ];
    let mut table = base("task", "tasks", "Task", 4212);
    table.state_name = "TaskState";
    table.states = STATES;
    table.statuses = const {
        &[
            status(0, 2, "Not Started"),
            status(0, 3, "In Progress"),
            status(0, 4, "Waiting"),
            status(0, 7, "Deferred"),
            status(1, 5, "Completed"),
            status(2, 6, "Canceled"),
        ]
    };
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
pub fn activitypointer() -> Table {
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

pub fn activityparty() -> Table {
    let mut table = base("activityparty", "activityparties", "Activity Party", 135);
    table.noun = "Activity";
    table.secured_as = ("activitypointer", 4200);
    (table.ownership, table.parent) = (Ownership::Parent, "activityid");
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

pub fn activitymimeattachment() -> Table {
    let mut table = base("activitymimeattachment", "activitymimeattachments", "Attachment", 1001);
    table.noun = "Activity";
    table.secured_as = ("activitypointer", 4200);
    (table.ownership, table.parent) = (Ownership::Parent, "objectid");
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
            text("attachmentcontentid", 250),
            number("attachmentnumber", 0, 1_000_000_000),
            read_only(int("filesize")),
            read_only(text("activitysubject", 2000)),
        ]],
    )
}
