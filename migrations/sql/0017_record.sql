-- The data protection officer's: breaches, retention schedules, holds, subject access, chain checks.
select 1;
