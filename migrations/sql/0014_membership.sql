-- Invitations, SCIM, leavers and what they hand over, onboarding.
select 1;
