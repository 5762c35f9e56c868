//! Queues, what stands in them, and the mailboxes of queues and users.

use super::*;

const DELIVERY: &[(i64, &str)] = &[
    (0, "None"),
    (1, "Microsoft Dynamics 365 for Outlook"),
    (2, "Server-Side Synchronization"),
    (3, "Forward Mailbox"),
];
const ACT: &[(i64, &str)] =
    &[(0, "Microsoft Dynamics 365 for Outlook"), (1, "Server-Side Synchronization"), (2, "None")];
const RUN: &[(i64, &str)] = &[(0, "Not Run"), (1, "Success"), (2, "Failure")];
const VISIBILITY: &[(i64, &str)] = &[(0, "Public"), (1, "Private")];

pub fn tables() -> Vec<Table> {
    vec![queue(), queue_item(), mailbox()]
}

fn active() -> Vec<Column> {
    states(ACTIVE, &[(1, "Active"), (2, "Inactive")])
}

fn queue() -> Table {
    let mut table = base("queue", "queues", "Queue", 2020);
    (table.state_name, table.states, table.statuses) = ("QueueState", ACTIVE, ACTIVE_STATUSES);
    table.collections = vec![collection("queue_entries", "queueitem", "queueid")];
    let own = vec![
        text("name", 200),
        text("description", 2000),
        text("emailaddress", 100),
        choice("incomingemailfilteringmethod", FILTERING),
        choice("incomingemaildeliverymethod", DELIVERY),
        choice("outgoingemaildeliverymethod", DELIVERY),
        choice("emailrouteraccessapproval", APPROVAL),
        choice("queueviewtype", VISIBILITY),
        read_only(link("defaultmailbox", "mailbox")),
    ];
    with(table, "queueid", vec![own, active()])
}

/// A record in a queue. Who may change the queue's content may change the item.
fn queue_item() -> Table {
    let mut table = base("queueitem", "queueitems", "Queue Item", 2029);
    table.noun = "Queue";
    table.secured_as = ("queue", 2020);
    (table.ownership, table.parent) = (Ownership::Parent, "queueid");
    (table.state_name, table.states, table.statuses) = ("QueueItemState", ACTIVE, ACTIVE_STATUSES);
    table.name = "title";
    let own = vec![
        on_create(lookup("objectid", &["email", "appointment", "task", "incident"], OnDelete::Cascade)),
        on_create(cascading(link("queueid", "queue"))),
        lookup("workerid", &["systemuser", "team"], OnDelete::RemoveLink),
        text("sender", 250),
        text("torecipients", 500),
        number("priority", 0, 1_000_000_000),
        read_only(text("title", 300)),
        read_only(int("objecttypecode")),
        read_only(time("enteredon")),
    ];
    with(table, "queueitemid", vec![own, active()])
}

fn cascading(mut column: Column) -> Column {
    if let Kind::Lookup { on_delete, .. } = &mut column.kind {
        *on_delete = OnDelete::Cascade;
    }
    column
}

fn mailbox() -> Table {
    let mut table = base("mailbox", "mailboxes", "Mailbox", 9606);
    (table.state_name, table.states, table.statuses) = ("MailboxState", ACTIVE, ACTIVE_STATUSES);
    let own = vec![
        text("name", 160),
        text("emailaddress", 100),
        text("username", 320),
        lookup("regardingobjectid", &["systemuser", "queue"], OnDelete::Cascade),
        choice("actdeliverymethod", ACT),
        choice("incomingemaildeliverymethod", DELIVERY),
        choice("outgoingemaildeliverymethod", DELIVERY),
        choice("actstatus", RUN),
        choice("incomingemailstatus", RUN),
        choice("outgoingemailstatus", RUN),
        choice("mailboxstatus", RUN),
        choice("emailrouteraccessapproval", APPROVAL),
        flag("isemailaddressapprovedbyo365admin"),
        flag("enabledforact"),
        flag("enabledforincomingemail"),
        flag("enabledforoutgoingemail"),
        flag("testemailconfigurationscheduled"),
        time("processemailreceivedafter"),
        time("receivingpostponeduntil"),
        time("lastsuccessfulsynccompletedon"),
        int("itemsprocessedforlastsync"),
        int("itemsfailedforlastsync"),
        int("transientfailurecount"),
        text("lastsyncerror", 2000),
        int("lastsyncerrorcode"),
        time("lastsyncerroroccurredon"),
    ];
    with(table, "mailboxid", vec![own, active()])
}
