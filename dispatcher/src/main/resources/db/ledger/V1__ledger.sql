create table ledger (id text not null);
