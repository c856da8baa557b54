# Lists and ranges.

row {"title":"b","views":5,"price":2.5,"live":true,"at":"2026-01-31T00:00:00Z","ref":"01890000-0000-7000-8000-00000000000a","owner":"01890000-0000-7000-8000-0000000000b1"}

true {"title":{"_in":["a","b","c"]}}
false {"title":{"_in":["a","B","b "]}}
true {"title":{"_nin":["a","c"]}}
false {"title":{"_nin":["a","b"]}}
true {"views":{"_in":[5]}}
true {"views":{"_in":[1,5.0,9]}}
false {"views":{"_in":[1,2]}}
true {"views":{"_nin":[1,2]}}
false {"views":{"_nin":[5,5]}}
true {"price":{"_in":[2.5,3]}}
false {"price":{"_nin":[2.5]}}
true {"live":{"_in":[true,false]}}
false {"live":{"_nin":[true]}}
true {"at":{"_in":["2026-01-31","2026-02-01"]}}
true {"at":{"_nin":["2026-02-01"]}}
true {"ref":{"_in":["01890000-0000-7000-8000-00000000000A","01890000-0000-7000-8000-00000000000b"]}}
false {"ref":{"_nin":["01890000-0000-7000-8000-00000000000a"]}}
true {"owner":{"_in":["01890000-0000-7000-8000-0000000000b1"]}}

# an empty list has no member; of a null list nothing is known
false {"title":{"_in":[]}}
true {"title":{"_nin":[]}}
null {"title":{"_in":null}}
null {"title":{"_nin":null}}
true {"_not":{"title":{"_in":[]}}}
null {"_not":{"title":{"_in":null}}}

true {"views":{"_between":[1,9]}}
true {"views":{"_between":[5,5]}}
false {"views":{"_between":[6,9]}}
false {"views":{"_between":[9,1]}}
false {"views":{"_nbetween":[1,9]}}
true {"views":{"_nbetween":[6,9]}}
true {"views":{"_nbetween":[9,1]}}
true {"price":{"_between":[2.5,2.6]}}
true {"title":{"_between":["a","b"]}}
false {"title":{"_between":["A","Z"]}}
true {"title":{"_nbetween":["c","d"]}}
true {"at":{"_between":["2026-01-01","2026-01-31"]}}
false {"at":{"_nbetween":["2026-01-01","2026-01-31"]}}
true {"ref":{"_between":["01890000-0000-7000-8000-000000000000","01890000-0000-7000-8000-0000000000ff"]}}

row {}
null {"title":{"_in":["a"]}}
null {"title":{"_nin":["a"]}}
false {"title":{"_in":[]}}
true {"title":{"_nin":[]}}
null {"views":{"_in":[1,2]}}
null {"views":{"_between":[1,9]}}
null {"views":{"_nbetween":[1,9]}}
null {"at":{"_nbetween":["2026-01-01","2026-01-31"]}}
null {"ref":{"_in":["01890000-0000-7000-8000-00000000000a"]}}
