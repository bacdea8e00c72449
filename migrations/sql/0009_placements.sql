-- Placements: searches, what was said on the telephone about their results, and need that found nothing.
create schema placements authorization careshare_owner;
grant usage on schema placements to careshare_app, careshare_backup;
