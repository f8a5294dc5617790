-- Of a claim: the incarnation of the connector that submitted the execution, while no other may write it; 0: any may.
alter table outbox add column claimant bigint not null default 0;
