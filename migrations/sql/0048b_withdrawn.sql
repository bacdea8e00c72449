-- An exemption from the usual fostering limit may be withdrawn by whoever gave it (Children Act 1989 Schedule 7 paragraph 4).
set role careshare_owner;
alter table fostering.exemption add column withdrawn_on date;   -- the day of the notice that ends it before its time
reset role;
