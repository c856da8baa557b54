# Variables, which rules know and filters do not.

mode rule
vars {"user":"01890000-0000-7000-8000-0000000000aa","email":"ann@example.org","roles":["editor","authenticated"],"tenant":"01890000-0000-7000-8000-000000000001","now":"2026-03-31T12:00:00Z","attributes":{"team":"red","level":3,"ratio":0.5,"trusted":true,"since":"2026-01-01","teams":["red","blue"],"none":[],"levels":[1,3],"mixed":["red",null],"chief":"01890000-0000-7000-8000-0000000000AA","nothing":null}}

row {"title":"red","label":"ann@example.org","views":3,"price":0.5,"live":true,"at":"2026-03-24T12:00:00Z","ref":"01890000-0000-7000-8000-000000000001","owner":"01890000-0000-7000-8000-0000000000aa"}
true {"owner":{"_eq":"$user.id"}}
true {"owner":"$user.id"}
false {"owner":{"_neq":"$user.id"}}
true {"label":{"_eq":"$user.email"}}
true {"ref":{"_eq":"$tenant.id"}}
true {"ref":{"_eq":"$user.tenant_id"}}
true {"title":{"_eq":"$user.attributes.team"}}
true {"views":{"_eq":"$user.attributes.level"}}
true {"price":{"_lte":"$user.attributes.ratio"}}
true {"live":"$user.attributes.trusted"}
true {"at":{"_gt":"$user.attributes.since"}}
true {"owner":"$user.attributes.chief"}
true {"title":{"_in":"$user.attributes.teams"}}
false {"title":{"_nin":"$user.attributes.teams"}}
true {"title":{"_in":["x","$user.attributes.team"]}}
true {"title":{"_in":["x","$user.attributes.teams"]}}
true {"views":{"_in":"$user.attributes.levels"}}
true {"views":{"_between":["$user.attributes.level",4]}}
true {"title":{"_starts_with":"$user.attributes.team"}}
true {"label":{"_icontains":"$user.email"}}
false {"title":{"_in":"$user.roles"}}
true {"title":{"_nin":"$user.roles"}}

# an empty list has no member; an attribute that is not there, or of another type, says nothing
false {"title":{"_in":"$user.attributes.none"}}
true {"title":{"_nin":"$user.attributes.none"}}
null {"title":{"_eq":"$user.attributes.absent"}}
null {"title":{"_neq":"$user.attributes.absent"}}
null {"title":{"_eq":"$user.attributes.nothing"}}
null {"title":{"_in":"$user.attributes.absent"}}
null {"title":{"_nin":"$user.attributes.absent"}}
null {"title":{"_eq":"$user.attributes.level"}}
null {"views":{"_eq":"$user.attributes.team"}}
null {"title":{"_eq":"$user.attributes.teams"}}
null {"title":{"_contains":"$user.attributes.absent"}}
null {"owner":{"_eq":"$user.attributes.team"}}
null {"owner":{"_nin":["01890000-0000-7000-8000-0000000000bb","$user.attributes.team"]}}
null {"views":{"_between":[1,"$user.attributes.absent"]}}
false {"views":{"_between":[4,"$user.attributes.absent"]}}
true {"title":{"_in":"$user.attributes.mixed"}}
null {"label":{"_nin":"$user.attributes.mixed"}}

# time
true {"at":{"_lt":"$now"}}
true {"at":{"_eq":{"$now":{"sub":{"days":7}}}}}
true {"at":{"_eq":{"$now":{"sub":{"weeks":1}}}}}
true {"at":{"_gte":{"$now":{"sub":{"days":6,"hours":24}}}}}
false {"at":{"_gt":{"$now":{"sub":{"days":7}}}}}
true {"at":{"_lt":{"$now":{"sub":{"days":6,"hours":23,"minutes":59,"seconds":59}}}}}
true {"at":{"_between":[{"$now":{"sub":{"months":1}}},"$now"]}}
true {"at":{"_lt":{"$now":{"add":{"years":1}}}}}
true {"at":{"_in":["$now",{"$now":{"add":{"days":-7}}}]}}
# the thirty-first of a month cut to February's length
row {"at":"2026-02-28T12:00:00Z"}
true {"at":{"_eq":{"$now":{"sub":{"months":1}}}}}
true {"at":{"_eq":{"$now":{"sub":{"years":1},"add":{"months":11}}}}}
# a moment that does not exist
null {"at":{"_lt":{"$now":{"add":{"years":9000}}}}}
null {"at":{"_neq":{"$now":{"sub":{"seconds":9223372036854775807}}}}}

row {"title":"editor"}
true {"title":{"_in":"$user.roles"}}
false {"title":{"_nin":"$user.roles"}}
row {}
null {"title":{"_in":"$user.roles"}}
null {"owner":{"_eq":"$user.id"}}

# a stranger
vars {"roles":["public"],"tenant":"01890000-0000-7000-8000-000000000001","now":"2026-03-31T12:00:00Z"}
row {"owner":"01890000-0000-7000-8000-0000000000aa","title":"public"}
null {"owner":{"_eq":"$user.id"}}
null {"owner":{"_neq":"$user.id"}}
null {"_not":{"owner":{"_eq":"$user.id"}}}
null {"owner":{"_in":["$user.id"]}}
null {"owner":{"_nin":["$user.id"]}}
null {"title":{"_eq":"$user.attributes.team"}}
true {"title":{"_in":"$user.roles"}}
row {}
null {"owner":{"_eq":"$user.id"}}

# nobody with no role at all
vars {}
row {"title":"public"}
false {"title":{"_in":"$user.roles"}}
true {"title":{"_nin":"$user.roles"}}

# in filters a dollar sign is text
mode filter
row {"title":"$user.id","label":"$now"}
true {"title":{"_eq":"$user.id"}}
true {"title":{"_starts_with":"$user."}}
true {"label":{"_in":["$now","x"]}}
true {"label":"$now"}
