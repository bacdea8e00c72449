-- The search: one statement that judges every offer the bound authority may see, counts, and ranks. `rules.judge` is
-- the same judgement as a pure function. A criterion is 2 (met), 1 (unknown), 0 (not met) or null (not asked).
-- What is used again is materialised, and every parameter is read once, in `need`, so that the plan is the same
-- whatever is asked and a prepared one is kept.
with need as materialized (
  select cast(:today as date) as today, cast(:search as uuid) as search_id, cast(:only as uuid) as only_id,
    cast(:limit as int) as results, cast(:near_misses as int) as near_misses, cast(:parts as int) as parts,
    cast(:plans as int) as plans, cast(:apart as boolean) as apart,
    cast(:after_score as float8) as after_score, cast(:after_id as uuid) as after_id,
    cast(:ages as int[]) as ages, cast(:sexes as text[]) as sexes, cast(:children as int) as children,
    cast(:youngest as int) as youngest, cast(:oldest as int) as oldest, cast(:over_three as int) as over_three,
    'M' = any(cast(:sexes as text[])) as boys, 'F' = any(cast(:sexes as text[])) as girls,
      'U' = any(cast(:sexes as text[])) as unstated,
    cast(:siblings as boolean) as siblings, cast(:together as boolean) as together,
    cast(:starts as date) as starts, cast(:ends as date) as ends, cast(:care_type as text) as care_type,
    h.easting as home_e, h.northing as home_n, cast(:home_miles as float8) as home_most,
    s.easting as school_e, s.northing as school_n, cast(:school_miles as float8) as school_most,
    cast(:skills as text[]) as skills, cardinality(cast(:skills as text[])) as skills_n,
    cast(:communication as text[]) as communication, cardinality(cast(:communication as text[])) as communication_n,
    cast(:adaptations as text[]) as adaptations, cast(:languages as text[]) as languages,
    cast(:religion as text) as religion, cast(:culture as text) as culture,
    cast(:alongside as text) as alongside, cast(:pets as text) as pets,
    c.e as circle_e, c.n as circle_n, c.m as circle_m,
    c.unknown || array(select p from unnest(array[cast(:home as text), cast(:school as text)], array[h.postcode,
      s.postcode]) as g (p, known)
      where p is not null and known is null) as unknown_postcodes,
    cast(:need_key as text) as need_key, cast(:kind as text) as kind, cast(:need as jsonb) as need,
    cast(:reference as text) as reference,
    cast(:kinds as text[]) as kinds, cast(:by_kind as boolean) as by_kind, cast(:need_level as text) as need_level,
    cast(:w_kind_foster_home as float8) as w_kind_foster_home,
      cast(:w_kind_supported_accommodation as float8) as w_kind_supported_accommodation,
      cast(:w_kind_residential_home as float8) as w_kind_residential_home,
    cast(:w_own as float8) as w_own, cast(:w_home_distance as float8) as w_home_distance,
      cast(:w_home_half as float8) as w_home_half,
    cast(:w_school_distance as float8) as w_school_distance, cast(:w_school_half as float8) as w_school_half,
    cast(:w_near_home as float8) as w_near_home, cast(:w_near_school as float8) as w_near_school,
    cast(:w_skills as float8) as w_skills, cast(:w_communication as float8) as w_communication,
    cast(:w_language as float8) as w_language, cast(:w_religion as float8) as w_religion,
      cast(:w_culture as float8) as w_culture,
    cast(:w_pets_wanted as float8) as w_pets_wanted, cast(:w_company as float8) as w_company,
    cast(:w_together as float8) as w_together, cast(:w_fresh as float8) as w_fresh,
    cast(:w_route_none as float8) as w_route_none,
      cast(:w_route_nominated_officer as float8) as w_route_nominated_officer,
    cast(:w_route_unknown as float8) as w_route_unknown, cast(:w_route_director as float8) as w_route_director,
    cast(:w_unknown_hard as float8) as w_unknown_hard, cast(:w_unknown_share as float8) as w_unknown_share,
    cast(:w_spare_place as float8) as w_spare_place,
    cast(:w_call_will_take as float8) as w_call_will_take, cast(:w_call_ring_back as float8) as w_call_ring_back,
    cast(:w_call_no_answer as float8) as w_call_no_answer, cast(:w_call_said_no as float8) as w_call_said_no,
    cast(:w_near_failures as float8) as w_near_failures, cast(:w_near_age_years as float8) as w_near_age_years,
    cast(:w_near_places as float8) as w_near_places, cast(:w_near_days as float8) as w_near_days
  from (select coalesce(array_agg(p.easting order by a.i), '{}') as e, coalesce(array_agg(p.northing order by a.i),
    '{}') as n,
      coalesce(array_agg(a.miles * 1609.344 order by a.i), '{}') as m,
      coalesce(array_agg(a.postcode order by a.i) filter (where p.postcode is null), '{}') as unknown
    from unnest(cast(:circle_postcodes as text[]), cast(:circle_miles as float8[])) with ordinality as a (postcode,
      miles, i)
    left join gazetteer.postcode p on p.postcode = a.postcode) c
  left join gazetteer.postcode h on h.postcode = cast(:home as text)
  left join gazetteer.postcode s on s.postcode = cast(:school as text)),
me as materialized (
  select a.id, r.stale_after_days as stale, gazetteer.codes_of(a.gss_code) as codes,
    gazetteer.adjoins(a.gss_code, n.today) as adjoining, gazetteer.adjacency_known(a.gss_code, n.today) as known,
    array(select k.gss_code from gazetteer.neighbours_known k where k.valid @> n.today) as known_codes,
    (select u.id from placements.unmet_need u
      where u.authority_id = a.id and u.need_key = n.need_key and u.closed_at is null) as unmet_id
  from need n cross join tenants.authority a join tenants.region r on r.id = a.region_id
  where a.id = (select careshare.authority())),
-- A new search is kept by the statement that runs it.
kept as (
  insert into placements.search (authority_id, kind, need, need_key, reference)
  select me.id, n.kind, n.need, n.need_key, n.reference from need n cross join me where n.kind is not null
  returning id),
shelf as materialized (
  select s.id, null::uuid as agreement_id from careshare.shelf s where s.owner_id = (select careshare.authority())
  union all (
  select distinct on (g.shelf_id) g.shelf_id, g.agreement_id from careshare.sharing_grant g
  where g.viewer_id = (select careshare.authority()) and g.in_force @> now() order by g.shelf_id, g.agreement_id)),
said as materialized (
  select distinct on (c.offer_id) c.offer_id,
    c.outcome from need n join placements.call c on c.search_id = n.search_id
  where c.authority_id = (select careshare.authority()) order by c.offer_id, c.at desc, c.id desc),
ranked as materialized (
  -- What is read again and again stands first: a row is taken apart only as far as it is needed.
  select case when f.failed = 0 then 1 when f.failed <= n.w_near_failures and f.fixable then 2 else 0 end as section,
    case when j.own then n.w_own else 0 end
    -- Least institutional first, unless the finder said why not.
    + case when not n.by_kind then 0 when j.kind = 'foster_home' then n.w_kind_foster_home
        when j.kind = 'supported_accommodation' then n.w_kind_supported_accommodation else n.w_kind_residential_home end
    + coalesce(n.w_home_distance * n.w_home_half / (n.w_home_half + j.home_miles), 0)
    + coalesce(n.w_school_distance * n.w_school_half / (n.w_school_half + j.school_miles), 0)
    + case when j.home_miles <= n.home_most then n.w_near_home else 0 end
    + case when j.school_miles <= n.school_most then n.w_near_school else 0 end
    + case when j.skills_met > 0 then n.w_skills * j.skills_met / n.skills_n else 0 end
    + case when j.communication_met > 0 then n.w_communication * j.communication_met / n.communication_n else 0 end
    + case j.c_language when 2 then n.w_language when 1 then n.w_language * n.w_unknown_share else 0 end
    + case j.c_religion when 2 then n.w_religion when 1 then n.w_religion * n.w_unknown_share else 0 end
    + case j.c_culture when 2 then n.w_culture when 1 then n.w_culture * n.w_unknown_share else 0 end
    + case j.c_pets_wanted when 2 then n.w_pets_wanted when 1 then n.w_pets_wanted * n.w_unknown_share else 0 end
    + case j.c_company when 2 then n.w_company when 1 then n.w_company * n.w_unknown_share else 0 end
    + case j.c_together when 2 then n.w_together else 0 end
    + n.w_fresh * case when j.days <= me.stale then 1 else coalesce(me.stale::float8 / j.days, 0) end
    + case j.route when 'none' then n.w_route_none when 'nominated_officer' then n.w_route_nominated_officer
        when 'unknown' then n.w_route_unknown else n.w_route_director end
    + n.w_unknown_hard * f.unknown
    + n.w_spare_place * greatest(0, j.places - n.children)
    + case j.outcome when 'will_take' then n.w_call_will_take when 'ring_back' then n.w_call_ring_back
        when 'no_answer' then n.w_call_no_answer when 'said_no' then n.w_call_said_no else 0 end as score,
    f.failed, f.unknown,
    case when f.part then least(j.places, n.children) else 0 end as part, j.*,
    case when j.home_miles <= n.home_most then 2 when j.home_miles > n.home_most then 0 end as c_near_home,
    case when j.school_miles <= n.school_most then 2 when j.school_miles > n.school_most then 0 end as c_near_school,
    case when n.skills_n = 0 then null when j.skills_met = n.skills_n then 2 else 0 end as c_skills,
    case when n.communication_n = 0 then null when j.communication_met = n.communication_n then 2 else 0 end
      as c_communication,
    case when j.days <= me.stale then 2 else 0 end as c_fresh
  -- Each home is judged once: the offset keeps the planner from working a verdict out anew for each use.
  from need n cross join me cross join lateral (
    select o.id, o.owner_id, o.owner_id = me.id as own, o.kind, o.places, o.age_min, o.age_max, o.sex, f.agreement_id,
      w.easting is not null as exact,
      gazetteer.miles(coalesce(w.easting, o.easting), coalesce(w.northing, o.northing), n.home_e, n.home_n)
        as home_miles,
      gazetteer.miles(coalesce(w.easting, o.easting), coalesce(w.northing, o.northing), n.school_e, n.school_n)
        as school_miles,
      case when not o.skills && n.skills then 0 when o.skills @> n.skills then n.skills_n
        else (select count(*) from unnest(n.skills) as x where x = any(o.skills)) end as skills_met,
      case when not o.communication && n.communication then 0
        when o.communication @> n.communication then n.communication_n
        else (select count(*) from unnest(n.communication) as x where x = any(o.communication)) end
        as communication_met,
      n.today - o.confirmed_on as days, s.outcome,
      case when o.owner_id = me.id or o.area_gss = any(me.codes) then 'none'
        when o.area_gss = any(me.adjoining) then 'nominated_officer'
        when me.known or o.area_gss = any(me.known_codes) then 'director' else 'unknown' end as route,
      case when o.age_min <= n.youngest and n.oldest <= o.age_max then 2 else 0 end as c_age,
      case when o.sex = 'any' then 2 when o.sex = 'M' and n.girls or o.sex = 'F' and n.boys then 0
        when n.unstated then 1 else 2 end as c_sex,
      case when o.places >= n.children then 2 else 0 end as c_places,
      case when n.care_type is null then null when n.care_type = any(o.care_types) then 2 else 0 end as c_care_type,
      case when o.starts <= n.starts then 2 else 0 end as c_free_from,
      case when o.ends is null then 2 when o.ends <= n.starts then 0 when n.ends is null then 1
        when o.ends >= n.ends then 2 else 0 end as c_free_until,
      case when o.kind <> 'foster_home' then null when n.children <= o.within_limit then 2
        when o.empty and (n.siblings or n.children = 1) then 2 else 0 end as c_limit,
      case when o.kind <> 'foster_home' or n.over_three = 0 then null when o.bedrooms is null then 1
        when o.bedrooms >= n.over_three then 2 else 0 end as c_bedrooms,
      case when n.adaptations = '{}' then null when o.adaptations @> n.adaptations then 2 else 0 end as c_adaptations,
      case when n.pets <> 'no' then null when o.pets is null then 1 when o.pets = '{}' then 2 else 0 end as c_no_pets,
      case n.alongside
        when 'solo' then case when o.children_there = 'some' or not o.solo then 0
          when o.children_there = 'none' and o.solo then 2 else 1 end
        when 'only_older' then case when o.children_there = 'none' then 2
          when o.children_there is null or o.others_low is null then 1
          when o.others_low > n.oldest then 2 when o.others_high < n.oldest then 0 else 1 end
        when 'only_younger' then case when o.children_there = 'none' then 2
          when o.children_there is null or o.others_low is null then 1
          when o.others_high < n.youngest then 2 when o.others_low > n.youngest then 0 else 1 end
        end as c_alongside,
      case when n.circle_m = '{}' then null
        when w.easting is not null then
          case when exists (select from unnest(n.circle_e, n.circle_n, n.circle_m) as c (e, n, m)
            where gazetteer.miles(w.easting, w.northing, c.e, c.n) * 1609.344 <= c.m) then 0 else 2 end
        when exists (select from unnest(n.circle_e, n.circle_n, n.circle_m) as c (e, n, m)
          where gazetteer.miles(o.easting, o.northing, c.e, c.n) * 1609.344 <= c.m + o.radius_m) then 1
        else 2 end as c_keep_away,
      case when n.apart then 0 end as c_apart,
      case when n.languages = '{}' then null when o.languages is null then 1
        when o.languages && n.languages then 2 else 0 end as c_language,
      case when n.religion is null then null when o.religions is null then 1
        when n.religion = any(o.religions) then 2 else 0 end as c_religion,
      case when n.culture is null then null when o.cultures is null then 1
        when n.culture = any(o.cultures) then 2 else 0 end as c_culture,
      case when n.pets <> 'must' then null when o.pets is null then 1 when o.pets = '{}' then 0 else 2 end
        as c_pets_wanted,
      case when n.alongside <> 'with_others' then null when o.children_there is null then 1
        when o.children_there = 'some' then 2 else 0 end as c_company,
      case when not n.together or n.children < 2 then null when o.places >= n.children then 2 else 0 end as c_together,
      -- whether what is not met is close enough for a near miss, and whether a bedroom could be shared
      o.age_min - n.youngest <= n.w_near_age_years and n.oldest - o.age_max <= n.w_near_age_years
        and n.children - o.places <= n.w_near_places and o.starts - n.starts <= n.w_near_days
        and (o.kind <> 'supported_accommodation' or n.youngest >= 16 and n.oldest <= 17
          or o.age_min <= n.youngest and n.oldest <= o.age_max) as close,
      case o.sharing when 'no' then false when 'siblings' then n.siblings and o.bedrooms >= 1 else true end as may_share
    from shelf f
    join tenants.offer o on o.shelf_id = f.id
    left join tenants.offer_own w on w.owner_id = o.owner_id and w.offer_id = o.id
    left join said s on s.offer_id = o.id
    where case when n.only_id is not null then o.id = n.only_id
      when n.kinds <> '{}' and o.kind <> all (n.kinds) then false when o.owner_id = me.id then true
      -- of another authority's homes only what could be shown goes on; one's own are counted with the reason
      else o.age_min - n.w_near_age_years <= n.oldest and o.age_max + n.w_near_age_years >= n.youngest
        and o.starts - n.starts <= n.w_near_days and (o.ends is null or o.ends > n.starts) end offset 0) j
  cross join lateral (select
    num_nonnulls(case j.c_age when 0 then 1 end, case j.c_sex when 0 then 1 end, case j.c_places when 0 then 1 end,
      case j.c_care_type when 0 then 1 end, case j.c_free_from when 0 then 1 end, case j.c_limit when 0 then 1 end,
      case j.c_bedrooms when 0 then 1 end, case j.c_free_until when 0 then 1 end,
      case j.c_adaptations when 0 then 1 end, case j.c_no_pets when 0 then 1 end,
      case j.c_alongside when 0 then 1 end, case j.c_keep_away when 0 then 1 end, j.c_apart + 1) as failed,
    num_nonnulls(case j.c_sex when 1 then 1 end, case j.c_free_until when 1 then 1 end,
      case j.c_bedrooms when 1 then 1 end, case j.c_no_pets when 1 then 1 end, case j.c_alongside when 1 then 1 end,
      case j.c_keep_away when 1 then 1 end) as unknown,
    j.close and (coalesce(j.c_bedrooms, 2) <> 0 or j.may_share) and coalesce(j.c_alongside, 2) <> 0
      and j.c_free_until <> 0 and coalesce(j.c_adaptations, 2) <> 0 and coalesce(j.c_no_pets, 2) <> 0
      and coalesce(j.c_keep_away, 2) <> 0 and j.c_apart is null as fixable,
    -- whether the home could be part of a plan: what does not depend on which of the children it is
    j.c_free_from <> 0 and j.c_free_until <> 0 and coalesce(j.c_care_type, 2) <> 0
      and coalesce(j.c_adaptations, 2) <> 0 and coalesce(j.c_no_pets, 2) <> 0
      and coalesce(j.c_keep_away, 2) <> 0 as part) f),
totals as materialized (
  select count(*) filter (where section = 1) as results, count(*) filter (where section = 2) as near_misses,
    count(*) filter (where section = 1 and outcome is distinct from 'said_no') as whole,
    count(*) filter (where own) as own_homes,
    array[count(*) filter (where section = 1 and kind = 'foster_home'),
      count(*) filter (where section = 1 and kind = 'supported_accommodation'),
      count(*) filter (where section = 1 and kind = 'residential_home')] as kinds from ranked),
-- Plans for a group are made of whole results where there are enough; only otherwise are homes for some of them sought.
parts as (
  select distinct on (p.id) p.* from need n cross join totals t
  cross join lateral (select unnest(n.ages) as age, unnest(n.sexes) as sex) c
  cross join lateral (
    (select r.* from ranked r
      where r.part > 0 and r.age_min <= c.age and c.age <= r.age_max and (r.sex = 'any' or c.sex in (r.sex, 'U'))
      order by r.score desc, r.id limit n.parts)
    union all
    (select r.* from ranked r
      where r.part > 0 and r.age_min <= c.age and c.age <= r.age_max and (r.sex = 'any' or c.sex in (r.sex, 'U'))
      order by r.part desc, r.score desc, r.id limit n.parts)) p
  where n.children > 1 and (n.apart or t.whole < n.plans) and n.after_id is null and n.only_id is null),
shown as (
  select 0 as place, r.* from need left join ranked r on false
  union all
  (select 1, r.* from ranked r cross join need n
    where r.section = 1 and (n.after_id is null or r.score < n.after_score
      or r.score = n.after_score and r.id > n.after_id)
    order by r.score desc, r.id limit (select results + 1 from need))
  union all
  (select 2, r.* from ranked r where r.section = 2 and (select after_id from need) is null
    order by r.failed, r.score desc, r.id limit (select near_misses from need))
  union all
  select 3, r.* from ranked r where r.section = 0 and (select only_id from need) is not null
  union all
  select 4, p.* from parts p),
-- What others' foster homes cost for these children by their owner's tariff; row security says whose tariff is told.
-- No two lines of one part hold for one age on one day (tariff_line_once), so one line a child is a price for all.
tariff as materialized (
  select t.authority_id, array[sum(t.weekly) filter (where t.part = 'base'), sum(t.weekly)] as weekly
  from need n cross join (select distinct owner_id from shown where kind = 'foster_home' and not own) s
  cross join lateral unnest(n.ages) c (age)
  join tenants.tariff_line t on t.authority_id = s.owner_id and t.kind = 'foster_home' and t.part in ('base', 'skills')
    and t.age_from <= c.age and c.age <= t.age_to and t.during @> n.starts
  group by t.authority_id
  having count(*) filter (where t.part = 'base') = (select children from need))
-- The first row is about the whole answer: counts, why one's own homes are left out, postcodes nobody knows.
select r.place,
  case r.place when 0 then (select array[t.results, t.near_misses, t.own_homes] || t.kinds from totals t) end as counts,
  case r.place when 0 then (select array[count(*) filter (where c_age = 0), count(*) filter (where c_sex = 0),
    count(*) filter (where c_places = 0), count(*) filter (where c_care_type = 0),
    count(*) filter (where c_free_from = 0), count(*) filter (where c_free_until = 0),
    count(*) filter (where c_limit = 0), count(*) filter (where c_bedrooms = 0),
    count(*) filter (where c_adaptations = 0), count(*) filter (where c_no_pets = 0),
    count(*) filter (where c_alongside = 0), count(*) filter (where c_keep_away = 0),
    count(*) filter (where c_apart = 0)]
    from ranked where section = 0 and own) end as excluded,
  case r.place when 0 then (select unknown_postcodes from need) end as unknown_postcodes,
  case r.place when 0 then (select unmet_id from me) end as unmet_id,
  case r.place when 0 then (select id from kept) end as search_id,
  case r.place when 0 then (select stale from me) end as stale,
  r.score, r.route, r.unknown, r.outcome, r.home_miles, r.school_miles, r.skills_met, r.communication_met,
  array[r.c_age, r.c_sex, r.c_places, r.c_care_type, r.c_free_from, r.c_free_until, r.c_limit, r.c_bedrooms,
    r.c_adaptations, r.c_no_pets, r.c_alongside, r.c_keep_away, r.c_apart] as hard,
  array[r.c_near_home, r.c_near_school, r.c_skills, r.c_communication, r.c_language, r.c_religion, r.c_culture,
    r.c_pets_wanted, r.c_company, r.c_together, r.c_fresh] as soft,
  r.id, r.owner_id, a.name as owner_name, a.duty_number, r.agreement_id, g.title as agreement_title, r.own,
  w.subject_id, w.label, r.exact,
  -- Not named to others where the area shown is larger than it: the notice would then say where one of few homes stands.
  case when r.own or o.area_code like 'outward:%' or o.area_code like 'authority:%' then coalesce(l.name, o.area_gss) end
    as area_authority,
  case when r.kind = 'foster_home'
    then (select t.weekly from tariff t where t.authority_id = r.owner_id)
    else (select array[min(p.weekly * n.children), max(p.weekly * n.children)]
      from tenants.offer_price p cross join need n
      where p.owner_id = r.owner_id and p.offer_id = r.id and p.during @> n.starts
        and (n.need_level is null or p.need_level = n.need_level)) end as price,
  o.kind, o.care_types, o.age_min, o.age_max, o.sex, o.places, o.starts, o.ends, o.within_limit, o.empty, o.bedrooms,
  o.sharing, o.solo, o.children_there, o.others_low, o.others_high, o.pets, o.skills, o.communication, o.adaptations,
  o.languages, o.religions, o.cultures, o.area_name, o.confirmed_on,
  case when o.kind <> 'foster_home' then cast(json_build_object('sector', o.sector, 'kept_as', o.kept_as, 'category',
    o.category, 'purposes', o.purposes, 'need_levels', o.need_levels, 'judgement', o.judgement, 'judged_year',
    o.judged_year, 'staffed_until', o.staffed_until, 'education_on_site', o.education_on_site, 'short_break_only',
    o.short_break_only) as text) end as of_home
from shown r
left join tenants.offer o on o.owner_id = r.owner_id and o.id = r.id
left join tenants.authority a on a.id = r.owner_id
left join tenants.offer_own w on w.owner_id = r.owner_id and w.offer_id = r.id
left join tenants.agreement g on g.id = r.agreement_id
left join gazetteer.local_authority l on l.gss_code = o.area_gss
order by r.place, case r.place when 2 then r.failed end, r.score desc, r.id
