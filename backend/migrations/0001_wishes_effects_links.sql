-- Times are milliseconds since 1970-01-01 UTC. Ids of tenants, users, mailboxes and records are UUIDs as text.

-- What people asked for, and how it ended. Never deleted while open.
create table wishes (
    id text not null primary key,
    tenant text not null,
    user_id text not null,
    mailbox text not null,               -- address as asked
    asked_item text not null,            -- item id as asked
    mailbox_id text,                     -- Entra object id, once seen
    item text not null,                  -- immutable item id, once seen; as asked before
    wish text not null,                  -- JSON
    state text not null check (state in ('running', 'waiting', 'fulfilled', 'superseded', 'refused')),
    problem text,                        -- JSON
    next_attempt bigint,
    failed_attempts bigint not null default 0,
    accepted bigint not null,
    settled bigint
);
create index wishes_by_item on wishes (tenant, mailbox_id, item);
create index wishes_by_asked_item on wishes (tenant, mailbox, asked_item);
create index wishes_open on wishes (tenant, mailbox) where state in ('running', 'waiting');

-- Effects on the other side, written before they are sent.
create table effects (
    id text not null primary key,
    tenant text not null,
    key text not null,
    wish text not null references wishes (id),
    kind text not null,
    state text not null check (state in ('started', 'confirmed', 'refused', 'unknown')),
    attempts bigint not null default 1,
    epoch bigint not null,
    began bigint not null,
    ended bigint
);
-- One unfinished effect a key: whoever comes second probes instead of sending.
create unique index effects_unfinished on effects (tenant, key) where state in ('started', 'unknown');
create index effects_by_wish on effects (wish);

-- The durable pairing of one message with one CRM email.
create table links (
    tenant text not null,
    mailbox_id text not null,
    item text not null,
    email text not null,
    category text not null check (category in ('agreed', 'refused')),
    since bigint not null,
    primary key (tenant, mailbox_id, item)
);
create index links_by_email on links (tenant, email);

-- What is known of a mailbox: its tracking category, by id, and the name under which it was last seen.
create table mailboxes (
    tenant text not null,
    mailbox_id text not null,
    category_id text not null,
    category_name text not null,
    primary key (tenant, mailbox_id)
);

-- One hand per mailbox. An epoch is never used twice.
create table leases (
    tenant text not null,
    mailbox text not null,
    holder text not null,
    epoch bigint not null,
    expires bigint not null,
    primary key (tenant, mailbox)
);

-- Records that a user lately set as regarding.
create table recent_records (
    tenant text not null,
    user_id text not null,
    table_name text not null,
    record text not null,
    name text not null,
    at bigint not null,
    primary key (tenant, user_id, table_name, record)
);

-- Who wished what, and what came of it. Each row's hash covers the row before it in the tenant.
create table audit (
    tenant text not null,
    seq bigint not null,
    at bigint not null,
    user_id text not null,
    wish text not null,
    event text not null,
    detail text not null,                -- JSON: codes, ids, rule, facts; never mail text
    hash text not null,
    primary key (tenant, seq)
);
