-- Every clock that an authority may set for itself (services/placements/clocks.csv) has its column. As in 0026 an interval
-- is a count: days of telephone answers and approvals, planned consents and whole referrals are working days.
set role careshare_owner;
alter table placements.setting
  add column morning smallint not null default 9 check (morning between 5 and 12),   -- the hour by which what was asked in the night is answered
  add column telephone_answer interval not null default '1 day' check (telephone_answer > '0'),
  add column telephone_approval interval not null default '1 day' check (telephone_approval > '0'),
  add column consent_emergency interval not null default '1 hour' check (consent_emergency > '0'),
  add column consent_planned interval not null default '3 days' check (consent_planned > '0'),
  add column referral_whole interval not null default '5 days' check (referral_whole > '0');
reset role;
