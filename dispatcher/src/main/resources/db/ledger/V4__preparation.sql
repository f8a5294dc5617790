-- Of an execution that has not ended: how often something was recorded of its preparation, and the latest of that.
alter table execution add column prepared integer not null default 0;
alter table execution add column prepared_words text not null default '';
alter table execution add column prepared_at bigint not null default 0;
