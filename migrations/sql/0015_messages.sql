-- Messages to people: templates, delivery, safe contact, one-time links.
select 1;
