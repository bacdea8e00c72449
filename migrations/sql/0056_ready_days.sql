-- Days agreed may change after everything is ready, too: a child came before the day that was planned, and the authority
-- whose child it is says so before the home records it (a home may not begin, nor charge, before the days agreed).
insert into placements.step_rule (machine, stage, side, step, next_stage, level) values ('placement', 'ready', 'placing', 'vary', 'ready', 0);
