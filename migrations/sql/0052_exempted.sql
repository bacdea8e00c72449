-- An exemption that the area authority gave in a match is entered in the register, and ends with what it was given for.
set role careshare_owner;
alter table fostering.exemption add column case_id uuid;   -- opaque: what it was given for; null where somebody entered it by hand
create unique index exemption_case on fostering.exemption (authority_id, case_id);
reset role;
