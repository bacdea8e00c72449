-- Sessions and their limits, step-up, temporary roles (deputies, delegations, support, break-glass), locked records.
select 1;
