# Comparisons of every kind of value.  The format of these files is described in rules.h.

row {"title":"Abc","views":5,"price":2.5,"live":true,"open":false,"at":"2026-01-31T09:30:00Z","ref":"01890000-0000-7000-8000-00000000000a","pic":"a/b.png","body":"long"}

# text: byte by byte, in the order of code points
true {"title":{"_eq":"Abc"}}
true {"title":"Abc"}
false {"title":{"_eq":"abc"}}
false {"title":{"_eq":"Abc "}}
false {"title":{"_eq":"Ábc"}}
false {"title":{"_eq":""}}
false {"title":{"_neq":"Abc"}}
true {"title":{"_neq":"abc"}}
true {"title":{"_gt":"Abb"}}
true {"title":{"_gt":"Ab"}}
false {"title":{"_gt":"Abc"}}
false {"title":{"_gt":"Abcd"}}
false {"title":{"_gt":"a"}}
true {"title":{"_gte":"Abc"}}
false {"title":{"_gte":"Abc "}}
true {"title":{"_lt":"a"}}
true {"title":{"_lt":"Abc "}}
true {"title":{"_lte":"Abc"}}
false {"title":{"_lte":"ABC"}}
true {"body":{"_eq":"long"}}
true {"pic":{"_neq":"a/c.png"}}
true {"pic":"a/b.png"}

# integers
true {"views":{"_eq":5}}
true {"views":5}
true {"views":{"_eq":5.0}}
true {"views":{"_eq":0.5e1}}
false {"views":{"_eq":-5}}
false {"views":{"_neq":5}}
true {"views":{"_neq":6}}
true {"views":{"_gt":4}}
false {"views":{"_gt":5}}
true {"views":{"_gte":5}}
false {"views":{"_gte":6}}
true {"views":{"_lt":6}}
false {"views":{"_lt":5}}
true {"views":{"_lte":5}}
false {"views":{"_lte":-9223372036854775808}}
true {"views":{"_lt":9223372036854775807}}

# numbers
true {"price":{"_eq":2.5}}
true {"price":{"_eq":25e-1}}
false {"price":{"_eq":2}}
true {"price":{"_neq":2.4999}}
true {"price":{"_gt":2}}
false {"price":{"_gt":2.5}}
true {"price":{"_gte":2.5}}
true {"price":{"_lt":1e300}}
false {"price":{"_lt":-1e300}}
true {"price":{"_lte":2.5}}

# booleans
true {"live":{"_eq":true}}
true {"live":true}
false {"live":{"_eq":false}}
false {"live":{"_neq":true}}
true {"live":{"_neq":false}}
true {"open":false}
false {"open":{"_eq":true}}

# times: any offset names the same moment
true {"at":{"_eq":"2026-01-31T09:30:00Z"}}
true {"at":"2026-01-31T10:30:00+01:00"}
true {"at":{"_eq":"2026-01-31 09:30:00.000000Z"}}
false {"at":{"_eq":"2026-01-31T09:30:00.000001Z"}}
true {"at":{"_lt":"2026-01-31T09:30:00.000001Z"}}
true {"at":{"_gt":"2026-01-31"}}
false {"at":{"_gt":"2026-02-01"}}
true {"at":{"_gte":"2026-01-31T09:30:00Z"}}
true {"at":{"_lte":"2026-01-31T09:30:00Z"}}
false {"at":{"_neq":"2026-01-31T09:30:00Z"}}
true {"at":{"_neq":"2026-01-30T09:30:00Z"}}

# UUIDs: upper case is the same one
true {"ref":{"_eq":"01890000-0000-7000-8000-00000000000a"}}
true {"ref":"01890000-0000-7000-8000-00000000000A"}
false {"ref":{"_eq":"01890000-0000-7000-8000-00000000000b"}}
true {"ref":{"_neq":"01890000-0000-7000-8000-00000000000b"}}
true {"ref":{"_gt":"01880000-0000-7000-8000-00000000000a"}}
true {"ref":{"_lt":"01890000-0000-7000-8000-00000000000b"}}
true {"ref":{"_gte":"01890000-0000-7000-8000-00000000000a"}}
false {"ref":{"_lte":"01890000-0000-7000-8000-000000000009"}}
# version 4 and 1 have the order in which MariaDB keeps them: last group first
false {"ref":{"_gt":"00000000-0000-4000-8000-ffffffffffff"}}
true {"ref":{"_gt":"ffffffff-ffff-4fff-8fff-000000000000"}}
row {"ref":"ffffffff-0000-4000-8000-000000000001"}
true {"ref":{"_lt":"00000000-0000-4000-8000-000000000002"}}
true {"ref":{"_gt":"ffffffff-ffff-1fff-8fff-000000000000"}}
false {"ref":{"_gt":"00890000-0000-7000-8000-000000000000"}}

# the ends of 64 bits, and integers a double cannot tell apart
row {"views":9007199254740993,"price":0.1,"likes":-9223372036854775808}
true {"views":{"_eq":9007199254740993}}
false {"views":{"_eq":9007199254740992}}
true {"views":{"_gt":9007199254740992}}
true {"likes":-9223372036854775808}
true {"likes":{"_lt":-9223372036854775807}}
true {"price":{"_eq":0.1}}
false {"price":{"_eq":0.10000000000000002}}

# zero has no sign
row {"price":0,"views":0,"live":false,"title":""}
true {"price":{"_eq":-0.0}}
true {"views":{"_eq":-0}}
false {"views":{"_gt":0}}
true {"live":false}
false {"live":true}
true {"title":""}
true {"title":{"_lt":"a"}}
false {"title":{"_eq":" "}}

# text beyond ASCII, in the order of code points
row {"title":"über 𝄞","label":"z"}
true {"title":"über 𝄞"}
false {"title":"über 𝄞"}
true {"title":{"_gt":"z"}}
true {"title":{"_gt":"über ￿"}}
false {"label":{"_gt":"ü"}}

# nothing is known of what is not there
row {}
null {"title":{"_eq":"Abc"}}
null {"title":{"_neq":"Abc"}}
null {"title":{"_gt":"a"}}
null {"title":{"_gte":"a"}}
null {"title":{"_lt":"a"}}
null {"title":{"_lte":"a"}}
null {"views":{"_eq":5}}
null {"views":{"_neq":5}}
null {"views":{"_gt":5}}
null {"views":{"_lte":5}}
null {"price":{"_eq":2.5}}
null {"price":{"_lt":2.5}}
null {"live":{"_eq":false}}
null {"live":{"_neq":true}}
null {"at":{"_eq":"2026-01-31"}}
null {"at":{"_gte":"2026-01-31"}}
null {"ref":{"_eq":"01890000-0000-7000-8000-00000000000a"}}
null {"ref":{"_neq":"01890000-0000-7000-8000-00000000000a"}}
null {"owner":{"_eq":"01890000-0000-7000-8000-00000000000a"}}
null {"pic":{"_eq":"x"}}
null {"body":{"_neq":"x"}}

# system columns, by both their names
row {"id":"01890000-0000-7000-8000-0000000000ff","created_at":"2026-01-31T09:30:00Z","owner_id":"01890000-0000-7000-8000-0000000000aa"}
true {"id":"01890000-0000-7000-8000-0000000000ff"}
true {"createdAt":{"_lt":"2026-02-01"}}
true {"created_at":{"_gte":"2026-01-31T09:30:00Z"}}
true {"owner_id":{"_eq":"01890000-0000-7000-8000-0000000000aa"}}
