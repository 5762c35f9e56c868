//! Mailboxes to be synchronized.

use super::audit_trail::{Act, append_act};
use super::knowledge::known_category;
use super::leases::hold;
use super::session::{Dialects, Row, Session, args, json};
use crate::caller::{TenantId, UserId};
use crate::exchange::{DeltaLink, MailboxId};
use crate::store::{
    Actor, EnabledMailbox, Enrolled, Lease, MailboxChange, MailboxRecord, NewMailbox, StoreError,
    StoreResult, StoredSubscription,
};
use serde_json::{Map, Value, json};
use shared::UtcMs;
use shared::item::SmtpAddress;
use shared::mailbox::{Approval, MailboxKind, Operation, TestResult};
use uuid::Uuid;

macro_rules! records {
    ($condition:literal) => {
        concat!(
            "select m.tenant, m.mailbox_id, address, name, kind, queue, acts_as, approval, incoming, outgoing,
               operation, problem, start_date, transient_failures, retry_at, pinned, folders_link, subscription,
               client_state, subscription_expires, category_id, category_name, not_kept
             from synchronized_mailboxes m
             left join mailboxes c on c.tenant = m.tenant and c.mailbox_id = m.mailbox_id
             where m.tenant = $1 ",
            $condition
        )
    };
}

pub async fn enroll(tx: &mut Session, new: &NewMailbox) -> StoreResult<Enrolled> {
    tx.take_turn(new.tenant).await?;
    let known = "select address from synchronized_mailboxes where tenant = $1 and mailbox_id = $2";
    if tx.locked_row(known, args![new.tenant, new.mailbox]).await?.is_some() {
        tx.run(
            "update synchronized_mailboxes set address = $3, name = $4, kind = $5, queue = $6,
               acts_as = coalesce($7, acts_as)
             where tenant = $1 and mailbox_id = $2",
            args![new.tenant, new.mailbox, &new.address, &new.name, kind(new.kind), new.queue, new.acts_as],
        )
        .await?;
        return Ok(Enrolled::Known);
    }
    let not_run = json(&TestResult::NotRun)?;
    tx.run(
        "insert into synchronized_mailboxes (tenant, mailbox_id, address, name, kind, queue, acts_as, approval,
           incoming, outgoing, operation, start_date, enrolled)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 'off', $10, $10)",
        args![
            new.tenant,
            new.mailbox,
            &new.address,
            &new.name,
            kind(new.kind),
            new.queue,
            new.acts_as,
            approval(new.approval),
            not_run,
            new.now
        ],
    )
    .await?;
    let facts = facts_of(new.mailbox, [("approval", approval(new.approval).into())]);
    record(tx, new.tenant, "mailbox.enrolled", &new.by, facts, new.now).await?;
    Ok(Enrolled::New)
}

pub async fn all(session: &mut Session, tenant: TenantId) -> StoreResult<Vec<MailboxRecord>> {
    let rows = session.rows(records!("order by address, m.mailbox_id"), args![tenant]).await?;
    rows.iter().map(mailbox_record).collect()
}

pub async fn by_id(
    session: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
) -> StoreResult<Option<MailboxRecord>> {
    let row = session.row(records!("and m.mailbox_id = $2"), args![tenant, mailbox]).await?;
    row.map(|row| mailbox_record(&row)).transpose()
}

/// An address may have moved to another mailbox: whoever was enrolled with it last has it.
pub async fn by_address(
    session: &mut Session,
    tenant: TenantId,
    address: &SmtpAddress,
) -> StoreResult<Option<MailboxRecord>> {
    let sql = records!("and address = $2 order by enrolled desc, m.mailbox_id limit 1");
    let row = session.row(sql, args![tenant, address]).await?;
    row.map(|row| mailbox_record(&row)).transpose()
}

pub async fn enabled(session: &mut Session) -> StoreResult<Vec<EnabledMailbox>> {
    let rows = session
        .rows(
            "select tenant, mailbox_id, address, pinned, retry_at from synchronized_mailboxes
             where operation = 'on' order by tenant, mailbox_id",
            args![],
        )
        .await?;
    rows.iter().map(enabled_mailbox).collect()
}

pub async fn enabled_at(
    session: &mut Session,
    tenant: TenantId,
    addresses: &[SmtpAddress],
) -> StoreResult<Vec<EnabledMailbox>> {
    const AT: Dialects = Dialects {
        sqlite: "select tenant, mailbox_id, address, pinned, retry_at from synchronized_mailboxes
             where tenant = $1 and operation = 'on' and address in (select value from json_each($2))
             order by mailbox_id",
        postgres: "select tenant, mailbox_id, address, pinned, retry_at from synchronized_mailboxes
             where tenant = $1 and operation = 'on'
               and address in (select json_array_elements_text($2::json))
             order by mailbox_id",
    };
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let rows = session.rows_by(AT, args![tenant, json(&addresses)?]).await?;
    rows.iter().map(enabled_mailbox).collect()
}

pub async fn amend(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    change: &MailboxChange,
    by: &Actor,
    now: UtcMs,
) -> StoreResult<Option<MailboxRecord>> {
    tx.take_turn(tenant).await?;
    if apply(tx, tenant, mailbox, change).await? == 0 {
        return Ok(None);
    }
    let (event, facts) = told(change);
    record(tx, tenant, event, by, facts_of(mailbox, facts), now).await?;
    by_id(tx, tenant, mailbox).await
}

async fn apply(
    tx: &mut Session,
    tenant: TenantId,
    mailbox: MailboxId,
    change: &MailboxChange,
) -> StoreResult<u64> {
    macro_rules! set {
        ($columns:literal, $($value:expr),*) => {
            tx.run(
                concat!(
                    "update synchronized_mailboxes set ",
                    $columns,
                    " where tenant = $1 and mailbox_id = $2"
                ),
                args![tenant, mailbox, $($value),*],
            )
            .await
        };
    }
    match change {
        MailboxChange::Approval(given) => set!("approval = $3", approval(*given)),
        MailboxChange::Tested { incoming, outgoing, acts_as } => set!(
            "incoming = $3, outgoing = $4, acts_as = coalesce($5, acts_as)",
            json(incoming)?,
            json(outgoing)?,
            *acts_as
        ),
        MailboxChange::Start => {
            set!("operation = 'on', problem = null, transient_failures = 0, retry_at = null",)
        }
        MailboxChange::TurnOff => {
            set!("operation = 'off', problem = null, transient_failures = 0, retry_at = null",)
        }
        MailboxChange::Stop(problem) => {
            set!("operation = 'stopped', problem = $3, retry_at = null", json(problem)?)
        }
        MailboxChange::StartDate(date) => set!("start_date = $3", *date),
        MailboxChange::Pin(node) => set!("pinned = $3", node.as_ref()),
        MailboxChange::Failed { problem: _, failures, retry_at } => {
            set!("transient_failures = $3, retry_at = $4", *failures, *retry_at)
        }
        MailboxChange::Recovered => set!("transient_failures = 0, retry_at = null",),
    }
}

/// What the audit trail tells of a change.
fn told(change: &MailboxChange) -> (&'static str, Vec<(&'static str, Value)>) {
    match change {
        MailboxChange::Approval(given) => ("mailbox.approval", vec![("approval", approval(*given).into())]),
        MailboxChange::Tested { incoming, outgoing, .. } => {
            ("mailbox.tested", vec![("incoming", json!(incoming)), ("outgoing", json!(outgoing))])
        }
        MailboxChange::Start => ("mailbox.started", vec![]),
        MailboxChange::TurnOff => ("mailbox.turned_off", vec![]),
        MailboxChange::Stop(problem) => ("mailbox.stopped", vec![("problem", json!(problem))]),
        MailboxChange::StartDate(date) => ("mailbox.start_date", vec![("start", date.0.into())]),
        MailboxChange::Pin(node) => ("mailbox.pinned", vec![("node", json!(node))]),
        MailboxChange::Failed { problem, failures, retry_at } => (
            "mailbox.failed",
            vec![
                ("problem", json!(problem)),
                ("failures", (*failures).into()),
                ("retry_at", retry_at.0.into()),
            ],
        ),
        MailboxChange::Recovered => ("mailbox.recovered", vec![]),
    }
}

async fn record(
    tx: &mut Session,
    tenant: TenantId,
    event: &str,
    by: &Actor,
    facts: Map<String, Value>,
    now: UtcMs,
) -> StoreResult<()> {
    append_act(tx, tenant, Act { event, by, wish: Uuid::nil(), facts, now }).await
}

/// The facts of an act on a mailbox.
pub fn facts_of<'a>(
    mailbox: MailboxId,
    more: impl IntoIterator<Item = (&'a str, Value)>,
) -> Map<String, Value> {
    let mut facts = Map::from_iter([("mailbox".to_owned(), json!(mailbox))]);
    facts.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    facts
}

pub async fn subscription(
    session: &mut Session,
    id: &str,
) -> StoreResult<Option<(TenantId, MailboxId, SmtpAddress, String)>> {
    let row = session
        .row(
            "select tenant, mailbox_id, address, client_state from synchronized_mailboxes where subscription = $1",
            args![id],
        )
        .await?;
    row.map(|row| {
        let tenant = TenantId(row.uuid("tenant")?);
        let address = SmtpAddress::new(&row.text("address")?);
        Ok((tenant, MailboxId(row.uuid("mailbox_id")?), address, row.text("client_state")?))
    })
    .transpose()
}

pub async fn save_subscription(
    tx: &mut Session,
    lease: &Lease,
    mailbox: MailboxId,
    subscription: Option<&StoredSubscription>,
) -> StoreResult<()> {
    hold(tx, lease).await?;
    tx.run(
        "update synchronized_mailboxes set subscription = $3, client_state = $4, subscription_expires = $5
         where tenant = $1 and mailbox_id = $2",
        args![
            lease.tenant,
            mailbox,
            subscription.map(|s| &s.id),
            subscription.map(|s| &s.client_state),
            subscription.map(|s| s.expires)
        ],
    )
    .await?;
    Ok(())
}

fn enabled_mailbox(row: &Row) -> StoreResult<EnabledMailbox> {
    Ok(EnabledMailbox {
        tenant: TenantId(row.uuid("tenant")?),
        mailbox: MailboxId(row.uuid("mailbox_id")?),
        address: SmtpAddress::new(&row.text("address")?),
        pinned: row.opt_text("pinned")?,
        retry_at: row.opt_ms("retry_at")?,
    })
}

fn mailbox_record(row: &Row) -> StoreResult<MailboxRecord> {
    let subscription = match (row.opt_text("subscription")?, row.opt_text("client_state")?) {
        (Some(id), Some(client_state)) => {
            let expires = row.opt_ms("subscription_expires")?.unwrap_or(UtcMs(0));
            Some(StoredSubscription { id, client_state, expires })
        }
        _ => None,
    };
    Ok(MailboxRecord {
        tenant: TenantId(row.uuid("tenant")?),
        mailbox: MailboxId(row.uuid("mailbox_id")?),
        address: SmtpAddress::new(&row.text("address")?),
        name: row.text("name")?,
        kind: match row.text("kind")?.as_str() {
            "user" => MailboxKind::User,
            "queue" => MailboxKind::Queue,
            other => return unknown("kind", other),
        },
        queue: row.opt_uuid("queue")?,
        acts_as: row.opt_uuid("acts_as")?.map(UserId),
        approval: match row.text("approval")?.as_str() {
            "empty" => Approval::Empty,
            "pending" => Approval::Pending,
            "approved" => Approval::Approved,
            "rejected" => Approval::Rejected,
            other => return unknown("approval", other),
        },
        incoming: row.json("incoming")?,
        outgoing: row.json("outgoing")?,
        operation: match row.text("operation")?.as_str() {
            "off" => Operation::Off,
            "on" => Operation::On,
            "stopped" => Operation::Stopped(row.json("problem")?),
            other => return unknown("operation", other),
        },
        start: row.ms("start_date")?,
        transient_failures: row.count("transient_failures")?,
        retry_at: row.opt_ms("retry_at")?,
        pinned: row.opt_text("pinned")?,
        category: match row.opt_text("category_id")? {
            Some(_) => known_category(row)?,
            None => None,
        },
        folders_link: row.opt_text("folders_link")?.map(DeltaLink),
        subscription,
    })
}

fn unknown<T>(what: &str, value: &str) -> StoreResult<T> {
    Err(StoreError::Damaged(format!("unknown {what} of a mailbox: {value}")))
}

fn kind(kind: MailboxKind) -> &'static str {
    match kind {
        MailboxKind::User => "user",
        MailboxKind::Queue => "queue",
    }
}

fn approval(approval: Approval) -> &'static str {
    match approval {
        Approval::Empty => "empty",
        Approval::Pending => "pending",
        Approval::Approved => "approved",
        Approval::Rejected => "rejected",
    }
}
