-- API clients: their secrets, scopes and limits.
select 1;
