-- What an agreement states, its versions, invitations and leaving.
select 1;
