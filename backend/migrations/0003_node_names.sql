-- Names that processes had, also those that are down: a mailbox may be given to them by name.
create table node_names (
    name text not null primary key,
    started bigint not null              -- when a process began under it last
);
