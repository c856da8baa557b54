# Operands that are other fields of the same row.

row {"title":"a","label":"b","views":3,"likes":3,"price":3,"live":true,"open":false,"at":"2026-01-01","until":"2026-02-01","owner":"01890000-0000-7000-8000-0000000000b1","keeper":"01890000-0000-7000-8000-0000000000b1","ref":"01890000-0000-7000-8000-0000000000b2"}
false {"title":{"_eq":{"$field":"label"}}}
true {"title":{"_lt":{"$field":"label"}}}
true {"title":{"_eq":{"$field":"title"}}}
true {"views":{"_eq":{"$field":"likes"}}}
true {"views":{"_gte":{"$field":"likes"}}}
false {"views":{"_neq":{"$field":"likes"}}}
true {"views":{"_eq":{"$field":"price"}}}
true {"price":{"_lte":{"$field":"views"}}}
true {"live":{"_neq":{"$field":"open"}}}
true {"at":{"_lt":{"$field":"until"}}}
true {"owner":{"_eq":{"$field":"keeper"}}}
true {"ref":{"_neq":{"$field":"owner"}}}
true {"views":{"_in":[1,{"$field":"likes"}]}}
false {"views":{"_nin":[1,{"$field":"likes"}]}}
true {"views":{"_between":[{"$field":"likes"},9]}}
false {"_not":{"views":{"_eq":{"$field":"likes"}}}}

row {"title":"a","views":9007199254740993,"likes":9007199254740992,"price":9007199254740992}
null {"title":{"_eq":{"$field":"label"}}}
null {"label":{"_eq":{"$field":"title"}}}
null {"_not":{"title":{"_eq":{"$field":"label"}}}}
false {"views":{"_eq":{"$field":"likes"}}}
true {"views":{"_gt":{"$field":"likes"}}}
null {"title":{"_in":["b",{"$field":"label"}]}}
true {"title":{"_in":["a",{"$field":"label"}]}}
null {"title":{"_nin":["b",{"$field":"label"}]}}
