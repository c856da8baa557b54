# Other rows.  MariaDB follows relations; in memory nothing is known of them.

put country {"id":"01890000-0000-7000-8000-0000000000e1","code":"FR"}
put place {"id":"01890000-0000-7000-8000-0000000000d1","name":"Paris","country":"01890000-0000-7000-8000-0000000000e1","guides":["01890000-0000-7000-8000-0000000000b1","01890000-0000-7000-8000-0000000000b2"]}
put place {"id":"01890000-0000-7000-8000-0000000000d2","name":"Rome"}
put person {"id":"01890000-0000-7000-8000-0000000000b1","name":"Ada","age":36,"home":"01890000-0000-7000-8000-0000000000d1","boss":"01890000-0000-7000-8000-0000000000b2"}
put person {"id":"01890000-0000-7000-8000-0000000000b2","name":"Bob","home":"01890000-0000-7000-8000-0000000000d2","boss":"01890000-0000-7000-8000-0000000000b3"}
put person {"id":"01890000-0000-7000-8000-0000000000b3","name":"Cy","age":50,"boss":"01890000-0000-7000-8000-0000000000b1"}
put tag {"id":"01890000-0000-7000-8000-0000000000c1","name":"red","weight":1,"place":"01890000-0000-7000-8000-0000000000d1"}
put tag {"id":"01890000-0000-7000-8000-0000000000c2","name":"blue","weight":2,"place":"01890000-0000-7000-8000-0000000000d2"}
put tag {"id":"01890000-0000-7000-8000-0000000000c3","name":"grey"}

row {"title":"x","owner":"01890000-0000-7000-8000-0000000000b1","keeper":"01890000-0000-7000-8000-0000000000b2","tags":["01890000-0000-7000-8000-0000000000c1","01890000-0000-7000-8000-0000000000c2"]}

# the column itself
true {"owner":"01890000-0000-7000-8000-0000000000b1"}
true {"owner":{"_nnull":true}}

# one, two, three hops; dotted, nested, mixed
true/null {"owner.name":"Ada"}
false/null {"owner.name":{"_eq":"Bob"}}
true/null {"owner.age":{"_gt":30}}
true/null {"owner.id":"01890000-0000-7000-8000-0000000000b1"}
true/null {"owner.home.name":"Paris"}
true/null {"owner.home.country.code":"FR"}
true/null {"owner.boss.boss.name":"Cy"}
true/null {"owner":{"name":{"_eq":"Ada"}}}
true/null {"owner":{"name":"Ada","age":36}}
false/null {"owner":{"name":"Ada","age":50}}
true/null {"owner":{"home":{"country":{"code":{"_in":["DE","FR"]}}}}}
true/null {"owner.home":{"country.code":"FR"}}
true/null {"owner":{"home.name":{"_starts_with":"P"}}}
true/null {"owner":{"_or":[{"name":"Bob"},{"home":{"name":"Paris"}}]}}
false/null {"owner":{"_not":{"name":"Ada"}}}
true/null {"_not":{"owner.name":"Bob"}}

# two ways to the same table do not meet
true/null {"owner.name":"Ada","keeper.name":"Bob"}
false/null {"owner.name":"Ada","keeper.name":"Ada"}
true/null {"owner.home.name":"Paris","keeper.home.name":"Rome","owner.boss.name":"Bob"}
true/null {"owner.boss.home.name":{"_eq":"Rome"},"owner.home.name":"Paris","owner.name":{"_neq":"Bob"}}

# NULL on the way
null/null {"keeper.age":{"_gt":1}}
true/null {"keeper.age":{"_null":true}}
null/null {"_not":{"keeper.home.country.code":"FR"}}
true/null {"keeper.home.country.code":{"_null":true}}

# other fields of the row that was reached
true/null {"owner.name":{"_eq":{"$field":"name"}}}
true/null {"owner.home":{"_neq":{"$field":"boss"}}}

# to many: some row, no row, every row
true/null {"tags.name":"red"}
false/null {"tags.name":"grey"}
true/null {"tags":{"name":"blue"}}
true/null {"tags":{"_some":{"name":"red"}}}
false/null {"tags":{"_some":{"name":"red","weight":2}}}
true/null {"tags":{"_some":{"name":"red","weight":1}}}
false/null {"tags":{"name":"red","weight":2}}
true/null {"tags.name":"red","tags.weight":2}
true/null {"tags.weight":{"_gt":1,"_lt":3}}
false/null {"tags.weight":{"_gt":1,"_lt":2}}
true/null {"tags":{"_none":{"name":"grey"}}}
false/null {"tags":{"_none":{"name":"red"}}}
true/null {"tags":{"_every":{"weight":{"_gte":1}}}}
false/null {"tags":{"_every":{"weight":{"_gt":1}}}}
true/null {"tags":{"_some":{}}}
false/null {"tags":{"_none":{}}}
true/null {"tags":{"_every":{}}}
true/null {"tags.id":"01890000-0000-7000-8000-0000000000c2"}
true/null {"tags":{"_some":{"id":{"_in":["01890000-0000-7000-8000-0000000000c2"]}},"_none":{"name":"grey"}}}
true/null {"_not":{"tags.name":"grey"}}
false/null {"_not":{"tags":{"_every":{"weight":{"_gte":1}}}}}
true/null {"_not":{"tags":{"_every":{"weight":1}}}}
true/null {"_not":{"tags":{"_none":{"name":"blue"}}}}
true/null {"tags":{"_some":{"_or":[{"name":"x"},{"weight":2}]}}}
true/null {"tags":{"_some":{"_not":{"name":"red"}}}}

# through many, and from many on
true/null {"tags.place.name":"Paris"}
true/null {"tags":{"_some":{"place.country.code":"FR"}}}
false/null {"tags":{"_every":{"place.country.code":"FR"}}}
true/null {"owner.home.guides.name":"Bob"}
false/null {"owner.home.guides.name":"Cy"}
true/null {"owner":{"home":{"guides":{"_every":{"name":{"_in":["Ada","Bob"]}}}}}}
true/null {"tags.place.guides.name":"Ada"}
true/null {"tags.place.guides":{"_empty":true}}
false/null {"keeper.home.guides.name":"Ada"}
true/null {"keeper.home.guides":{"_none":{"name":"Ada"}}}

# unknown is not met: no row has it, and not every row
row {"tags":["01890000-0000-7000-8000-0000000000c1","01890000-0000-7000-8000-0000000000c3"]}
true/null {"tags":{"_none":{"weight":7}}}
false/null {"tags":{"_every":{"weight":1}}}
true/null {"tags":{"_some":{"weight":{"_null":true}}}}
false/null {"tags":{"_every":{"place.name":"Paris"}}}

# rows that are gone count for nothing
row {"owner":"01890000-0000-7000-8000-0000000000bf","tags":["01890000-0000-7000-8000-0000000000cf","01890000-0000-7000-8000-0000000000c1"]}
null/null {"owner.name":"Ada"}
true/null {"owner.name":{"_null":true}}
true {"owner":{"_nnull":true}}
true/null {"tags":{"_every":{"name":"red"}}}
row {"tags":["01890000-0000-7000-8000-0000000000cf"]}
false/null {"tags":{"_some":{}}}
true/null {"tags":{"_none":{}}}
true/null {"tags":{"_every":{"name":"red"}}}

row {}
null/null {"owner.name":"Ada"}
null/null {"_not":{"owner.name":"Ada"}}
true/null {"owner.name":{"_null":true}}
true/null {"owner.name":{"_empty":true}}
false/null {"tags.name":"red"}
true/null {"_not":{"tags.name":"red"}}
true/null {"tags":{"_none":{"name":"red"}}}
true/null {"tags":{"_every":{"name":"red"}}}
true/null {"_or":[{"owner.name":"Ada"},{"tags":{"_none":{}}}]}
false {"_and":[{"owner.name":"Ada"},{"views":{"_nnull":true}}]}
row {"tags":[]}
false/null {"tags":{"_some":{}}}
true/null {"tags":{"_every":{"name":"red"}}}
# what is in the column, but no list of ids
row {"tags":{"a":1}}
false/null {"tags":{"_some":{}}}
row {"tags":[null,1,["01890000-0000-7000-8000-0000000000c1"],"x"]}
false/null {"tags":{"_some":{}}}

# from another collection
on person {"name":"Dee","home":"01890000-0000-7000-8000-0000000000d1"}
true/null {"home.country.code":"FR"}
true/null {"home":{"guides":{"_some":{"name":"Ada"}}}}
true {"name":"Dee"}
