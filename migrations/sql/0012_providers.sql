-- Councils' identity providers, domains and what they may sign in.
select 1;
