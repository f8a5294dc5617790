-- What is stored of each execution's output.
create table output (
    execution text   not null primary key,
    attempt   integer not null, -- the newest that wrote
    length    bigint not null,  -- of all that was taken, in bytes; what was dropped counts
    cursor    text   not null   -- the backend's mark of how far that goes, in this attempt
);

-- The bytes themselves; between two pieces that do not touch, output was dropped.
create table piece (
    execution text   not null references output (execution),
    start     bigint not null,
    bytes     bytea  not null,
    primary key (execution, start)
);
