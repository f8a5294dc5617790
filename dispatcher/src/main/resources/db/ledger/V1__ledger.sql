-- Everything the dispatcher must not forget. The statements on it are the same for SQLite and PostgreSQL.
-- Times are milliseconds since the epoch, 0 where they have not come yet; numbers (seq, id) are never given twice.

create table ledger (
    id       text   not null, -- a UUID: the mark of everything that belongs to this ledger
    last_seq bigint not null  -- the highest number given so far
);

create table execution (
    id             text    not null primary key,
    task_id        text    not null,
    seq            bigint  not null unique,
    source         text    not null,
    named          boolean not null,
    priority       integer not null,
    needs_image    boolean not null,
    accepted_at    bigint  not null,
    timeout_millis bigint,
    claimed        boolean not null,
    attempt        integer not null,
    state          text    not null,
    executor       text,
    stop_cause     text,
    launched_at    bigint  not null,
    started_at     bigint  not null,
    ended_at       bigint  not null,
    reason         text,
    exit_code      integer,
    message        text,
    title          text,
    traceparent    text
);

create index execution_of_task on execution (task_id, seq);

create table label (
    execution text not null references execution (id),
    name      text not null,
    value     text not null,
    primary key (execution, name)
);

create index label_by_value on label (name, value);

-- What is to run, with its secrets: apart, so that nothing that lists or counts executions ever reads it.
create table payload (
    execution text  not null primary key references execution (id),
    spec      bytea not null
);

-- Append-only.
create table task_event (
    seq        bigint  not null primary key,
    execution  text    not null references execution (id),
    from_state text,
    to_state   text    not null,
    cause      text    not null,
    actor      text    not null,
    attempt    integer not null,
    at         bigint  not null
);

create index task_event_of_execution on task_event (execution, seq);

-- What the control plane has not confirmed.
create table outbox (
    id        bigint not null primary key,
    execution text   not null references execution (id),
    task_id   text   not null,
    kind      text   not null
);

create table executor (
    id          text    not null primary key,
    incarnation bigint  not null,
    backend     text    not null,
    drained     boolean not null
);
