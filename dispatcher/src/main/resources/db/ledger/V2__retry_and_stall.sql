alter table execution add column not_before bigint not null default 0; -- of a queued one: when it may be launched
alter table execution add column stalled boolean not null default false; -- of a running one: it has printed nothing for long
