-- The openings of confidential records are those of contacts' addresses too.
set role careshare_owner;
drop index audit.entry_opened;
create index entry_opened on audit.entry (authority_id, id) where action in ('household.opened', 'safe_contact.opened');
reset role;
