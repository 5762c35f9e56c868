-- Additive, as every migration is while nodes of two versions may work side by side: a program that knows only
-- what came before goes on reading and writing beside one that knows this.

-- The order in which a tenant's wishes were accepted; clocks of several nodes differ.
alter table wishes add column seq bigint not null default 0;
update wishes set seq = counted.seq
    from (select id, row_number() over (partition by tenant order by accepted, id) as seq from wishes) as counted
    where wishes.id = counted.id;
create index wishes_by_seq on wishes (seq);
drop index wishes_open;
create index wishes_open_by_seq on wishes (tenant, mailbox, seq) where state in ('running', 'waiting');
alter table wishes add column origin text;      -- JSON: by which door it came in; null: the pane
alter table wishes add column folder text;      -- in which the item lay when it was wished
alter table wishes add column attempted bigint; -- when it was last tried
create index wishes_settled on wishes (settled) where settled is not null;
create index wishes_settled_by_tenant on wishes (tenant, settled) where settled is not null;

alter table links add column folder text;       -- where the message lay when it was linked
-- 1: tracked while category tracking was off. `category` says `refused` then, which to a program that knows no
-- better means the same: that there is none on the message says nothing.
alter table links add column category_off bigint not null default 0;

-- 1: we took the category out of the master list when category tracking was turned off.
alter table mailboxes add column not_kept bigint not null default 0;

create index audit_by_wish on audit (tenant, wish, seq);

-- Mailboxes to be synchronized: who approved them, how their tests ended, how it goes.
create table synchronized_mailboxes (
    tenant text not null,
    mailbox_id text not null,            -- Entra object id
    address text not null,
    name text not null,
    kind text not null,                  -- user, queue
    queue text,
    acts_as text,
    approval text not null,              -- empty, pending, approved, rejected
    incoming text not null,              -- JSON
    outgoing text not null,              -- JSON
    operation text not null,             -- off, on, stopped
    problem text,                        -- JSON: what stopped it
    start_date bigint not null,
    transient_failures bigint not null default 0,
    retry_at bigint,
    pinned text,                         -- name of a node
    folders_link text,
    subscription text,
    client_state text,
    subscription_expires bigint,
    enrolled bigint not null,
    primary key (tenant, mailbox_id)
);
create index synchronized_mailboxes_by_address on synchronized_mailboxes (tenant, address);
create index synchronized_mailboxes_on on synchronized_mailboxes (tenant) where operation = 'on';
create unique index synchronized_mailboxes_by_subscription on synchronized_mailboxes (subscription)
    where subscription is not null;

create table folders (
    tenant text not null,
    mailbox_id text not null,
    folder text not null,
    name text not null,
    kind text not null,                  -- inbox, sent, unwanted, other
    link text,                           -- where the next page is read from
    round text not null,                 -- incremental, full
    watermark bigint not null default 0,
    round_high bigint not null default 0,
    mapping text,                        -- JSON; null: not mapped
    generation bigint not null default 0, -- grows when what its pages mean changes
    primary key (tenant, mailbox_id, folder)
);

-- Items that a person took out of tracking.
create table untracked (
    tenant text not null,
    mailbox_id text not null,
    item text not null,
    folder text,                         -- where it lay then; null: unknown
    since bigint not null,
    primary key (tenant, mailbox_id, item)
);

-- Copies of tracked mail that other recipients' mailboxes have still to show.
create table expected_copies (
    tenant text not null,
    mailbox_id text not null,
    message_id text not null,
    email text not null,
    direction text not null,             -- JSON
    since bigint not null,
    primary key (tenant, mailbox_id, message_id)
);

create table stopped_conversations (
    tenant text not null,
    mailbox_id text not null,
    conversation text not null,
    since bigint not null,
    primary key (tenant, mailbox_id, conversation)
);

-- Whom a user took several records with one address for.
create table person_choices (
    tenant text not null,
    user_id text not null,
    address text not null,
    table_name text not null,
    record text not null,
    at bigint not null,
    primary key (tenant, user_id, address)
);

create table nodes (
    name text not null primary key,
    started bigint not null,
    version text not null,
    seen bigint not null
);

-- Programs of an older generation than this must not work on the database. Raised by the first migration that
-- is not additive.
create table compatibility (
    generation bigint not null
);
insert into compatibility (generation) values (1);
