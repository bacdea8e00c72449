-- The stays that begin or end now, for the desk.
set role careshare_owner;
create index short_break_due on placements.short_break (providing_id, starts) where stage in ('planned', 'started');
reset role;
